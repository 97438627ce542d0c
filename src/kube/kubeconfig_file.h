#pragma once

#include <kots_export/kube/kubeconfig.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

// The files, merged; not yet checked for use.
namespace kots_export::kube {

// One entry of clusters, contexts or users, as kubeconfig_document.h describes its body.
struct KubeconfigEntry {
  nlohmann::ordered_json body;
  std::filesystem::path file;    // that it stands in
  std::filesystem::path folder;  // from which its relative paths start
};

using KubeconfigEntries = std::map<std::string, KubeconfigEntry>;

struct Kubeconfig {
  std::string current_context;
  KubeconfigEntries clusters;
  KubeconfigEntries contexts;
  KubeconfigEntries users;
  nlohmann::ordered_json preferences = nlohmann::ordered_json::object();
  std::map<std::string, nlohmann::ordered_json> extensions;
  std::vector<std::filesystem::path> sources;  // files that were read
  std::vector<std::filesystem::path> missing;  // files that were looked for
};

// Reads and merges the files that flags and environment name. Throws Error.
[[nodiscard]] Kubeconfig load_kubeconfig(const KubeconfigOverrides& overrides,
                                         const Environment& environment);

// No cluster, context or user in any file.
[[nodiscard]] bool is_empty(const Kubeconfig& kubeconfig);

// The Pod's service account as the entries of a kubeconfig, so that flags go over it in the same way.
struct InCluster {
  KubeconfigEntry cluster;
  KubeconfigEntry user;
  std::string ns;
};

// Nothing where this process runs in no Pod, or in one without a service account token.
[[nodiscard]] std::optional<InCluster> in_cluster(const Environment& environment);

// The text of a field of an entry's body; empty where it is absent.
[[nodiscard]] std::string text_of(const nlohmann::ordered_json& body, const char* name);

}  // namespace kots_export::kube
