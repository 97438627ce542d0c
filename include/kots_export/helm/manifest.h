#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kots_export::helm {

// One object that a release's manifest names. `ns` is empty where the manifest leaves it to the release.
struct ManifestObject {
  std::string api_version;
  std::string kind;
  std::string ns;
  std::string name;
};

// The objects of `manifest` (documents divided by "---" lines), those inside of Lists too. A document that
// cannot be read, or that names no kind and name, is left out: Helm applied it once, so nothing of ours can
// mend it.
[[nodiscard]] std::vector<ManifestObject> manifest_objects(std::string_view manifest);

}  // namespace kots_export::helm
