#pragma once

#include <kots_export/migration/registry.h>

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

// The content of Secret regcred as the kubelet reads it.
// Source: k8s.io/kubernetes, pkg/credentialprovider, config.go and keyring.go.
namespace kots_export::migration {

inline constexpr std::string_view kDockerConfigType = "kubernetes.io/dockerconfigjson";
inline constexpr std::string_view kDockerConfigKey = ".dockerconfigjson";

struct PullSecret {
  std::vector<RegistryLogin> logins = {};  // in the order in which the kubelet tries them
  std::string unusable = {};               // why nothing can be pulled with it; empty where it can be tried
};

// Reads `secret`, a whole object, for every image of `host`. A key of its `auths` names the host with or
// without scheme, trailing slash, /v1/ or /v2/, each label may be a glob; one that goes on with a path is for
// the images below it alone, and no entry for the host. `auth` counts before `username` and `password`.
[[nodiscard]] PullSecret read_pull_secret(const nlohmann::json& secret, std::string_view host);

}  // namespace kots_export::migration
