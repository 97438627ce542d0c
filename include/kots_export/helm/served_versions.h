#pragma once

#include <kots_export/helm/manifest.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A manifest whose API versions a server no longer serves: Helm cannot read what it is to compare with, and
// refuses to upgrade.
namespace kots_export::helm {

// A kind at one apiVersion: "apps/v1", "Deployment".
using ApiKind = std::pair<std::string, std::string>;
using IsServed = std::function<bool(const ApiKind&)>;

// A manifest in versions that are served.
struct ServedManifest {
  std::string text;
  struct Mapped {
    ManifestObject object;
    std::string to;  // the apiVersion that it has now; empty: it was taken out
  };
  std::vector<Mapped> mapped;
  struct Unmapped {
    ManifestObject object;
    std::string why;
  };
  std::vector<Unmapped> unmapped;  // objects of versions that are not served, and that stay as they were
};

// The kinds that `manifest` names, each once.
[[nodiscard]] std::vector<ApiKind> kinds_of(std::string_view manifest);
// What the objects of a kind can be mapped to, best first; none for a kind that changed its shape otherwise.
[[nodiscard]] std::vector<ApiKind> successors_of(const ApiKind& kind);

// Maps every object that `is_served` says no of to a version that it says yes of. In the text the apiVersion
// changes, and what an Ingress needs beside it (a backend's service, pathType): the result is also what `helm
// rollback` applies. All else stays byte for byte. A PodSecurityPolicy goes where no version of it is served.
// `manifest` is UTF-8, as it comes out of a release's JSON.
[[nodiscard]] ServedManifest map_to_served(std::string_view manifest, const IsServed& is_served);

}  // namespace kots_export::helm
