#include <kots_export/migration/pull_secret.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include <fnmatch.h>
#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

// A key of `auths` without what the kubelet does not look at: scheme, trailing slash, and the path that
// Docker's own tools write.
std::string place_in(std::string_view key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!key.starts_with(scheme)) continue;
    key.remove_prefix(scheme.size());
    break;
  }
  const auto slash = std::min(key.find('/'), key.size());
  std::string_view path = key.substr(slash);
  if (path.starts_with("/v1/") || path.starts_with("/v2/")) path.remove_prefix(3);
  return std::string(key.substr(0, slash)) + (path == "/" ? std::string() : std::string(path));
}

// Label by label: `*` is for a part of one, never for a dot.
bool matches(const std::string& pattern, const std::string& host) {
  if (std::ranges::count(pattern, '.') != std::ranges::count(host, '.')) return false;
  return ::fnmatch(pattern.c_str(), host.c_str(), FNM_PATHNAME) == 0;
}

// What an entry logs in with; nothing where its `auth` is damaged, which makes the whole Secret useless.
std::optional<RegistryLogin> login_in(const json& entry) {
  std::string auth = util::text_at(entry, {"auth"});
  if (auth.empty())
    return RegistryLogin{.username = util::text_at(entry, {"username"}),
                         .password = Secret<std::string>(util::text_at(entry, {"password"}))};
  // It may be written without padding, and in lines.
  std::erase_if(auth, [](char c) { return c == '\n' || c == '\r'; });
  if (!auth.ends_with('=')) auth.append((4 - auth.size() % 4) % 4, '=');
  const Secret<std::string> decoded(util::base64_decode(auth).value_or(""));
  const auto colon = decoded.reveal().find(':');
  if (colon == std::string::npos) return std::nullopt;
  return RegistryLogin{.username = decoded.reveal().substr(0, colon),
                       .password = Secret<std::string>(decoded.reveal().substr(colon + 1))};
}

PullSecret unusable(std::string why) { return {.unusable = std::move(why)}; }

}  // namespace

PullSecret read_pull_secret(const json& secret, std::string_view host) {
  const std::string type = util::text_at(secret, {"type"});
  if (type != kDockerConfigType)
    return unusable(
        util::filled("its type is {type}, not {wanted}", {{"type", type}, {"wanted", kDockerConfigType}}));
  const auto decoded = util::base64_decode(util::text_at(secret, {"data", kDockerConfigKey}));
  const json config = json::parse(decoded.value_or(""), nullptr, false);
  if (!config.is_object()) return unusable("its .dockerconfigjson is not JSON");

  const std::string wanted(host);
  std::multimap<std::string, RegistryLogin, std::greater<>>
      found;  // the kubelet goes backwards through the keys
  const json* given = util::find_at(config, {"auths"});
  const json auths = given != nullptr && given->is_object() ? *given : json::object();
  for (const auto& [key, entry] : auths.items()) {
    auto login = login_in(entry);
    if (!login)
      return unusable(util::filled("the auth of its entry {entry} is not base64 of USER:PASSWORD",
                                   {{"entry", util::printable(key)}}));
    const std::string place = place_in(key);
    if (matches(place, wanted)) found.emplace(place, std::move(*login));
  }
  if (found.empty()) return unusable(util::filled("it has no entry for {host}", {{"host", wanted}}));
  PullSecret result;
  for (auto& [place, login] : found) {
    if (!login.username.empty()) result.logins.push_back(std::move(login));
  }
  if (result.logins.empty())
    return unusable(util::filled(
        "its entry for {host} has no user name and password, which the kubelet needs", {{"host", wanted}}));
  return result;
}

}  // namespace kots_export::migration
