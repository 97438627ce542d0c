#include <kots_export/kube/http_status.h>
#include <kots_export/kube/identity.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/certificate.h>
#include <kots_export/util/json.h>

#include "kube/retry.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include <nlohmann/json.hpp>

namespace kots_export::kube {

using nlohmann::json;

namespace {

constexpr std::string_view kBearer = "Bearer ";

// The payload of a JWT, or null: base64url without padding (RFC 7515, 2).
json claims_of(std::string_view token) {
  const auto start = token.find('.');
  const auto end = start == std::string_view::npos ? start : token.find('.', start + 1);
  if (end == std::string_view::npos) return nullptr;
  std::string text(token.substr(start + 1, end - start - 1));
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  constexpr std::size_t kQuantum = 4;
  text.append((kQuantum - text.size() % kQuantum) % kQuantum, '=');
  const auto decoded = util::base64_decode(text);
  return decoded ? json::parse(*decoded, nullptr, false) : json();
}

// Claim `exp` is a NumericDate, which may have a fraction. What no clock here can tell is never.
std::optional<std::time_t> end_of(const json& claims) {
  constexpr double kLast = 253402300799.0;  // the end of the year 9999
  const json* const end = util::find_at(claims, {"exp"});
  if (end == nullptr || !end->is_number()) return std::nullopt;
  const auto seconds = end->get<double>();
  if (seconds < 0 || seconds > kLast) return std::nullopt;
  return static_cast<std::time_t>(seconds);
}

void earlier(std::optional<std::time_t>& ends, std::optional<std::time_t> other) {
  if (other && (!ends || *other < *ends)) ends = other;
}

void read_certificate(const std::string& pem, CredentialFacts& facts) {
  const auto chain = util::certificates_in(pem);
  if (chain.empty()) return;
  const util::Certificate& own = chain.front();
  facts.kind = "client certificate";
  facts.user = {.name = own.common_name, .groups = own.organizations};
  for (const util::Certificate& certificate : chain) earlier(facts.ends, certificate.not_after);
}

void read_token(std::string_view token, CredentialFacts& facts) {
  const json claims = claims_of(token);
  if (!claims.is_object()) return;
  facts.kind = facts.kind.empty() ? "token" : "client certificate and token";
  earlier(facts.ends, end_of(claims));
  // The server tries a certificate first. Source: kubernetes, pkg/kubeapiserver/authenticator/config.go.
  const std::string subject = util::text_at(claims, {"sub"});
  if (!facts.user && !subject.empty()) facts.user = {.name = subject, .groups = {}};
}

Request review_at(const std::string& version) {
  const std::string group_version = "authentication.k8s.io/" + version;
  return {.method = Method::post,
          .path = std::string(kIdentityPath) + version + "/selfsubjectreviews",
          .headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}},
          .body = json{{"apiVersion", group_version}, {"kind", "SelfSubjectReview"}}.dump(),
          .timeout = {},
          .expected = {.kinds = {"SelfSubjectReview"}, .name = {}}};
}

std::optional<User> user_in(const std::string& body) {
  const json review = json::parse(body, nullptr, false);
  User user{.name = util::text_at(review, {"status", "userInfo", "username"}), .groups = {}};
  if (user.name.empty()) return std::nullopt;
  const json* const groups = util::find_at(review, {"status", "userInfo", "groups"});
  if (groups == nullptr || !groups->is_array()) return user;
  for (const json& group : *groups) {
    if (group.is_string()) user.groups.push_back(group.get<std::string>());
  }
  return user;
}

}  // namespace

CredentialFacts credential_facts(const ResolvedConfig& config, CredentialSource& source) {
  const RequestCredentials now = source.current();
  CredentialFacts facts;
  read_certificate(now.client_cert_pem, facts);
  if (now.authorization && now.authorization->reveal().starts_with(kBearer))
    read_token(std::string_view(now.authorization->reveal()).substr(kBearer.size()), facts);
  earlier(facts.ends, now.expires);
  facts.is_renewed = now.is_renewed;
  if (!config.impersonation.user.empty())
    facts.user = {.name = config.impersonation.user, .groups = config.impersonation.groups};
  return facts;
}

std::optional<User> ask_who_i_am(Client& client) {
  const std::string action = "ask who this user is";
  for (const char* version : {"v1", "v1beta1"}) {
    const Reply reply = client.send(review_at(version), action);
    if (http::is_success(reply.status)) return user_in(reply.body);
    if (reply.status == http::kUnauthorized) throw api_error(action, reply);
    if (reply.status != http::kNotFound) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace kots_export::kube
