#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

// One kubeconfig file as client-go decodes it. The fields, their types and which of them are left out where
// empty stand in one table (source: k8s.io/client-go/tools/clientcmd/api/v1, types.go and defaults.go), so
// that what is read is also what `kubectl config view` prints.
namespace kots_export::kube {

// Every body holds the known fields alone, in client-go's order and with their right types; an absent field
// is absent or has its empty value.
struct KubeconfigDocument {
  std::string current_context;
  nlohmann::ordered_json preferences = nlohmann::ordered_json::object();
  std::map<std::string, nlohmann::ordered_json> clusters;
  std::map<std::string, nlohmann::ordered_json> contexts;
  std::map<std::string, nlohmann::ordered_json> users;
  std::map<std::string, nlohmann::ordered_json> extensions;
};

// Throws Error that names `file` and the field (never its value): not YAML, another kind or apiVersion, a
// field of the wrong type, *-data that is not base64, a name that stands twice in one list.
[[nodiscard]] KubeconfigDocument read_kubeconfig_document(std::string_view text,
                                                          const std::filesystem::path& file);

}  // namespace kots_export::kube
