#pragma once

#include <kots_export/kube/kubeconfig.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <yaml-cpp/yaml.h>

// The files themselves, merged but not yet read for meaning.
namespace kots_export::kube {

// One entry of clusters, contexts or users, with the folder that its relative paths start from.
struct KubeconfigEntry {
  YAML::Node body;
  std::filesystem::path folder;
};

struct Kubeconfig {
  std::string current_context;
  std::map<std::string, KubeconfigEntry> clusters;
  std::map<std::string, KubeconfigEntry> contexts;
  std::map<std::string, KubeconfigEntry> users;
  std::vector<std::filesystem::path> sources;  // files that were read
  std::vector<std::filesystem::path> missing;  // files that were looked for
};

// Reads and merges the files that flags and environment name. Throws Error.
[[nodiscard]] Kubeconfig load_kubeconfig(const KubeconfigOverrides& overrides,
                                         const Environment& environment);

// The text of a scalar field; empty where it is absent or null.
[[nodiscard]] std::string field(const YAML::Node& node, const char* name);

}  // namespace kots_export::kube
