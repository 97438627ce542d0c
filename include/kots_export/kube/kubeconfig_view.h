#pragma once

#include <kots_export/kube/kubeconfig.h>

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

// What was loaded and from where, for people: nothing is checked for use and nothing is sent.
namespace kots_export::kube {

enum class Minify { no, yes };
enum class SecretView { masked, raw };

struct KubeconfigView {
  nlohmann::ordered_json document;             // as `kubectl config view -o json` prints it
  std::vector<std::filesystem::path> read;     // files, in the order in which they count
  std::vector<std::filesystem::path> missing;  // files that were looked for
  std::string in_cluster_server;  // where no file says anything and a Pod's service account is used
};

// The merged kubeconfig. Minify::yes keeps the context of --context or else the current one, with its cluster
// and user; throws Error where one of them is not there. SecretView::masked puts DATA+OMITTED in place of
// *-data and REDACTED in place of tokens and passwords, as kubectl does, and beyond kubectl in place of the
// secrets of an auth-provider's config, a plugin's environment and proxy-url.
[[nodiscard]] KubeconfigView view_kubeconfig(const KubeconfigOverrides& overrides,
                                             const Environment& environment, Minify minify,
                                             SecretView secrets);

struct ContextSummary {
  std::string name;
  std::string cluster;
  std::string server;  // of the cluster; empty where that is not there
  std::string user;
  std::string ns;
  std::filesystem::path file;  // that defines the context
  enum class Current { no, yes } current = Current::no;
};

// Every context, by name.
[[nodiscard]] std::vector<ContextSummary> list_contexts(const KubeconfigOverrides& overrides,
                                                        const Environment& environment);

}  // namespace kots_export::kube
