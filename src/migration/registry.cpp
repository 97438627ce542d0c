#include <kots_export/kube/http_status.h>
#include <kots_export/migration/secret.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/interrupt.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <cctype>
#include <map>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

kube::Reply get(kube::Transport& transport, std::string path, const std::string& authorization,
                const std::string& action) {
  kube::Headers headers;
  if (!authorization.empty()) headers.emplace_back("Authorization", authorization);
  return kube::Client(transport, {}, util::interrupted)
      .send({.method = kube::Method::get,
             .path = std::move(path),
             .headers = std::move(headers),
             .body = {},
             .timeout = std::chrono::seconds(30)},
            action);
}

// The parameters of a challenge `Bearer realm="...",service="..."` (RFC 7235); empty for another scheme.
std::map<std::string, std::string> bearer_challenge(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  std::string scheme(header.substr(0, kScheme.size()));
  std::ranges::transform(scheme, scheme.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::map<std::string, std::string> parameters;
  if (scheme != kScheme) return parameters;
  std::string_view rest = header.substr(kScheme.size());
  while (!rest.empty()) {
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos) break;
    const std::string key(util::trim(rest.substr(0, equals)));
    rest.remove_prefix(equals + 1);
    std::string_view value;
    if (rest.starts_with('"')) {
      const auto end = std::min(rest.find('"', 1), rest.size());
      value = rest.substr(1, end - 1);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    } else {
      value = rest.substr(0, rest.find(','));
      rest.remove_prefix(value.size());
    }
    parameters[key] = value;
    rest.remove_prefix(std::min(rest.find_first_not_of(", "), rest.size()));
  }
  return parameters;
}

[[noreturn]] void refuse(const SecretOptions& options, const std::string& why) {
  throw Error("the registry " + options.server + " does not accept the credentials of " + options.username,
              why, "Check user name and password with your CircleCI contact; nothing was changed.");
}

void fetch_token(const SecretOptions& options, const std::map<std::string, std::string>& challenge,
                 const std::string& basic, const TransportTo& transport_to) {
  const auto realm = challenge.find("realm");
  const auto scheme_end = realm == challenge.end() ? std::string::npos : realm->second.find("://");
  if (scheme_end == std::string::npos) refuse(options, "its answer names no place to get a token from");
  // The credentials go to the token server only over TLS, but for a registry that is itself reached without.
  const auto path_start = realm->second.find('/', scheme_end + 3);
  const std::string origin = realm->second.substr(0, path_start);
  std::string path = path_start == std::string::npos ? "/" : realm->second.substr(path_start);
  if (!origin.starts_with("https://") && !options.server.starts_with("http://")) {
    refuse(options, "its token server " + origin + " does not use TLS");
  }
  if (const auto service = challenge.find("service"); service != challenge.end()) {
    path += (path.find('?') == std::string::npos ? "?" : "&") +
            ("service=" + util::percent_encode(service->second));
  }
  const auto token_server = transport_to(origin);
  const kube::Reply reply = get(*token_server, path, basic, "get a token from " + origin);
  if (reply.status != kube::http::kOk)
    refuse(options, "its token server answered " + std::to_string(reply.status));
  const json answer = json::parse(reply.body, nullptr, false);
  if (!answer.is_object() || (!answer.contains("token") && !answer.contains("access_token"))) {
    refuse(options, "its token server gave no token");
  }
}

}  // namespace

void verify_registry_credentials(const SecretOptions& options, const TransportTo& transport_to) {
  const std::string url =
      options.server.find("://") == std::string::npos ? "https://" + options.server : options.server;
  const auto registry = transport_to(url);
  const kube::Reply first = get(*registry, "/v2/", {}, "reach the registry " + options.server);
  if (first.status == kube::http::kOk) return;  // open to everybody
  if (first.status != kube::http::kUnauthorized)
    refuse(options, "it answered " + std::to_string(first.status) + " to GET /v2/");
  const std::string basic =
      "Basic " + util::base64_encode(options.username + ":" + options.password.reveal());
  const auto challenge = bearer_challenge(first.header("www-authenticate").value_or(""));
  if (!challenge.empty()) return fetch_token(options, challenge, basic, transport_to);
  const kube::Reply second = get(*registry, "/v2/", basic, "reach the registry " + options.server);
  if (second.status != kube::http::kOk) refuse(options, "it answered " + std::to_string(second.status));
}

}  // namespace kots_export::migration
