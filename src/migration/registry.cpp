#include <kots_export/kube/client.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/migration/registry.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/interrupt.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <cctype>
#include <optional>

namespace kots_export::migration {

using nlohmann::json;

struct RegistryClient::Question {
  std::string path;
  std::string scope;  // what a token is asked for; empty: for nothing
};

namespace {

using Kind = RegistryAnswer::Kind;
using Parameters = std::map<std::string, std::string>;

constexpr std::chrono::seconds kLongest{20};

// What an image or a chart may be: a manifest, or an index of one for each platform.
constexpr const char* kManifests =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json";

RegistryAnswer unknown(std::string why) { return {.kind = Kind::unknown, .why = std::move(why)}; }

// The parameters of a challenge after its scheme: realm="...",service="...".
Parameters parameters_of(std::string_view rest) {
  Parameters parameters;
  while (!rest.empty()) {
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos) break;
    const std::string key = util::lower(util::trim(rest.substr(0, equals)));
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

// The challenge of this scheme, one header each; nothing where there is none.
std::optional<Parameters> challenge_of(const kube::Reply& reply, std::string_view scheme) {
  for (const auto& [name, value] : reply.headers) {
    if (name != "www-authenticate") continue;
    const std::string_view text = value;
    const auto end = std::min(text.find(' '), text.size());
    if (util::lower(text.substr(0, end)) == scheme) return parameters_of(text.substr(end));
  }
  return std::nullopt;
}

// Whether a registry answers, and not the page of something on the way: that gets no credentials, and what it
// says is nothing of the image.
bool is_of_a_registry(const kube::Reply& reply) {
  return util::lower(reply.header("docker-distribution-api-version").value_or("")).starts_with("registry/") ||
         json::parse(reply.body, nullptr, false).is_object();
}

// What is said there; empty where nothing is, or it repeats the password.
std::string message_in(const kube::Reply& reply, const RegistryLogin& login) {
  constexpr std::size_t kLongestMessage = 300;
  const json body = json::parse(reply.body, nullptr, false);
  const json* errors = util::find_at(body, {"errors"});
  if (errors == nullptr || !errors->is_array() || errors->empty()) return {};
  const std::string message = util::text_at(errors->front(), {"message"});
  if (message.find(login.password.reveal()) != std::string::npos) return {};
  return util::printable(message.substr(0, kLongestMessage));
}

// "it answers 401 (...)", of the registry.
std::string reason_in(const kube::Reply& reply, const RegistryLogin& login) {
  const std::string message = message_in(reply, login);
  const char* words = message.empty() ? "it answers {status}" : "it answers {status} ({message})";
  return util::filled(words, {{"status", reply.status}, {"message", message}});
}

std::string reason_of_token_server(const kube::Reply& reply, const RegistryLogin& login,
                                   const std::string& server) {
  const std::string message = message_in(reply, login);
  const char* words = message.empty() ? "its token server {server} answers {status}"
                                      : "its token server {server} answers {status} ({message})";
  return util::filled(words, {{"server", server}, {"status", reply.status}, {"message", message}});
}

RegistryAnswer answer_in(const kube::Reply& reply, const RegistryLogin& login) {
  const std::string reason = reason_in(reply, login);
  const bool is_registry = is_of_a_registry(reply);
  switch (reply.status) {
    case kube::http::kOk:
      if (is_registry) return {.kind = Kind::yes};
      break;
    case kube::http::kUnauthorized:
    case kube::http::kForbidden:
      if (is_registry) return {.kind = Kind::refused, .why = reason};
      break;
    case kube::http::kNotFound:
      if (is_registry) return {.kind = Kind::missing, .why = reason};
      break;
    default:
      return unknown(reason);
  }
  const auto type = reply.header("content-type");
  const char* words = type ? "the server there is not a registry ({status}, {type})"
                           : "the server there is not a registry ({status}, no content type)";
  return unknown(
      util::filled(words, {{"status", reply.status}, {"type", util::printable(type.value_or(""))}}));
}

std::string basic(const RegistryLogin& login) {
  return "Basic " + util::base64_encode(login.username + ":" + login.password.reveal());
}

// A realm as origin and path: "https://auth.example.com", "/token?a=b".
std::optional<std::pair<std::string, std::string>> split(const std::string& url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string::npos) return std::nullopt;
  const auto path_start = std::min(url.find_first_of("/?", scheme_end + 3), url.size());
  std::string path = url.substr(path_start);
  if (!path.starts_with('/')) path.insert(0, "/");
  return std::pair(url.substr(0, path_start), std::move(path));
}

// Empty where the token server's answer holds none that can stand in a header.
Secret<std::string> token_in(const std::string& body) {
  const json answer = json::parse(body, nullptr, false);
  std::string token = util::text_at(answer, {"token"});
  if (token.empty()) token = util::text_at(answer, {"access_token"});
  const bool is_visible = std::ranges::all_of(token, [](unsigned char c) { return std::isgraph(c) != 0; });
  return Secret<std::string>(is_visible ? std::move(token) : std::string());
}

}  // namespace

RegistryClient::RegistryClient(const std::string& server, TransportTo transport_to)
    : url_(split(server.find("://") == std::string::npos ? "https://" + server : server)->first),
      transport_to_(std::move(transport_to)) {}

RegistryAnswer RegistryClient::log_in(const RegistryLogin& login) {
  return ask({.path = "/v2/", .scope = {}}, login);
}

RegistryAnswer RegistryClient::find(const std::string& repository, const std::string& reference,
                                    const RegistryLogin& login) {
  return ask({.path = "/v2/" + repository + "/manifests/" + util::percent_encode(reference),
              .scope = "repository:" + repository + ":pull"},
             login);
}

RegistryAnswer RegistryClient::ask(const Question& question, const RegistryLogin& login) {
  deadline_ = std::chrono::steady_clock::now() + kLongest;
  try {
    const kube::Reply first = get(url_, question.path, {});
    // Nobody has shown credentials yet: a 403 is about where the question comes from.
    if (first.status == kube::http::kForbidden) return unknown(reason_in(first, login));
    if (first.status != kube::http::kUnauthorized || !is_of_a_registry(first)) return answer_in(first, login);
    if (const auto challenge = challenge_of(first, "bearer"))
      return ask_with_token(question, login, *challenge);
    if (challenge_of(first, "basic")) return answer_in(get(url_, question.path, basic(login)), login);
    return unknown("it asks for neither Basic nor Bearer authentication");
  } catch (const kube::ConnectionError& error) {
    return unknown(error.failure().text);
  }
}

RegistryAnswer RegistryClient::ask_with_token(const Question& question, const RegistryLogin& login,
                                              const Parameters& challenge) {
  const auto realm = challenge.find("realm");
  const auto place = realm == challenge.end() ? std::nullopt : split(realm->second);
  if (!place) return unknown("it names no place to get a token from");
  auto [origin, path] = *place;
  const std::string server = util::printable(origin);
  if (!origin.starts_with("https://") && !url_.starts_with("http://"))
    return unknown(util::filled("its token server {server} does not use TLS, so it gets no credentials",
                                {{"server", server}}));
  const auto add = [&path](std::string_view key, const std::string& value) {
    path += (path.find('?') == std::string::npos ? "?" : "&") + std::string(key) + "=" +
            util::percent_encode(value);
  };
  if (const auto service = challenge.find("service"); service != challenge.end())
    add("service", service->second);
  if (!question.scope.empty()) add("scope", question.scope);

  const kube::Reply reply = get(origin, path, basic(login));
  if (reply.status == kube::http::kUnauthorized || reply.status == kube::http::kForbidden)
    return {.kind = Kind::refused, .why = reason_of_token_server(reply, login, server)};
  if (reply.status != kube::http::kOk) return unknown(reason_of_token_server(reply, login, server));
  const Secret<std::string> token = token_in(reply.body);
  if (token.empty())
    return unknown(util::filled("its token server {server} gives no token", {{"server", server}}));
  return answer_in(get(url_, question.path, "Bearer " + token.reveal()), login);
}

kube::Reply RegistryClient::get(const std::string& origin, const std::string& path,
                                const std::string& authorization) {
  auto& transport = transports_[origin];
  if (!transport) transport = transport_to_(origin);
  kube::Headers headers{{"Accept", kManifests}};
  if (!authorization.empty()) headers.emplace_back("Authorization", authorization);
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
  return kube::Client(*transport, {.attempts = 1, .attempts_when_asked = 1}, util::interrupted)
      .send({.method = kube::Method::get,
             .path = path,
             .headers = std::move(headers),
             .body = {},
             .timeout = std::max(left, std::chrono::milliseconds(1))},
            util::filled("ask {server}", {{"server", util::printable(origin)}}));
}

}  // namespace kots_export::migration
