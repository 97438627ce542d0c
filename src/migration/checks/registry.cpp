#include <kots_export/migration/names.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/json.h>

#include "migration/checks/checking.h"

#include <algorithm>

#include <fnmatch.h>
#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

constexpr std::string_view kDockerConfigType = "kubernetes.io/dockerconfigjson";

// How the kubelet reads a key of `auths`: without scheme, and without the path that Docker's own tools write.
// Source: k8s.io/kubernetes/pkg/credentialprovider/keyring.go, ParseSchemelessURL and URLsMatch.
std::string host_of(std::string_view key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
  }
  return std::string(key.substr(0, key.find('/')));
}

// Label by label: `*` stands for a part of one, never for a dot.
bool matches(const std::string& pattern, const std::string& host) {
  if (std::ranges::count(pattern, '.') != std::ranges::count(host, '.')) return false;
  return ::fnmatch(pattern.c_str(), host.c_str(), 0) == 0;
}

std::optional<std::string> entry_for(const std::string& host, const json& auths) {
  if (!auths.is_object()) return std::nullopt;
  for (const auto& [key, entry] : auths.items()) {
    if (matches(host_of(key), host)) return key;
  }
  return std::nullopt;
}

}  // namespace

CheckFinding check_pull_secret(Checking& checking) {
  Context& context = checking.context;
  const std::string host = checking.options.registry.host();
  const std::string name(names::kPullSecret);
  const auto unusable = [&](const std::string& why) {
    return problem("Secret " + name + " in namespace " + context.ns.name + " cannot be used: " + why,
                   "Make it with: " + context.commands.kots_export("secret") +
                       (checking.options.registry.name == names::kDevRegistry ? " --dev" : "") +
                       " --docker-username USER (add --force where it exists).");
  };
  const auto secret = context.client.get(object_ref(context, "", "Secret", name));
  if (!secret) return unusable("it does not exist");
  const std::string type = util::text_at(*secret, {"type"});
  if (type != kDockerConfigType)
    return unusable("its type is " + type + ", not " + std::string(kDockerConfigType));
  const auto decoded = util::base64_decode(util::text_at(*secret, {"data", ".dockerconfigjson"}));
  const json config = json::parse(decoded.value_or(""), nullptr, false);
  if (!config.is_object()) return unusable("its .dockerconfigjson is not JSON");
  if (const auto entry = entry_for(host, config.value("auths", json::object())))
    return ok("Secret " + name + " has an entry for " + host);
  return unusable("it has no entry for " + host);
}

}  // namespace kots_export::migration
