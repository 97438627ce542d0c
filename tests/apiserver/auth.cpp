#include "apiserver/auth.h"

#include <stdexcept>

namespace kots_export::apiserver {
namespace {

constexpr std::string_view kBearer = "Bearer ";

std::vector<std::string> with_authenticated(std::vector<std::string> groups) {
  groups.emplace_back("system:authenticated");
  return groups;
}

}  // namespace

std::pair<std::string, User> parse_token(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    throw std::runtime_error("a token is given as TOKEN=USER[:GROUP,...]");
  }
  // Names that begin with "system:" have colons of their own, so they cannot be followed by groups.
  std::string name = text.substr(equals + 1);
  User user;
  const std::size_t colon = name.starts_with("system:") ? std::string::npos : name.find(':');
  if (colon != std::string::npos) {
    std::string groups = name.substr(colon + 1) + ',';
    name.resize(colon);
    for (std::size_t comma = groups.find(','); comma != std::string::npos; comma = groups.find(',')) {
      if (comma > 0) user.groups.push_back(groups.substr(0, comma));
      groups.erase(0, comma + 1);
    }
  }
  user.name = std::move(name);
  return {text.substr(0, equals), std::move(user)};
}

std::optional<User> Authenticator::authenticate(const Request& request) const {
  const std::string_view header = request.header("authorization");
  if (header.starts_with(kBearer)) {
    const auto found = tokens_.find(std::string(header.substr(kBearer.size())));
    if (found == tokens_.end()) return std::nullopt;
    return User{found->second.name, with_authenticated(found->second.groups)};
  }
  if (!header.empty()) return std::nullopt;
  if (request.peer == nullptr || request.peer->subject.empty()) {
    return User{kAnonymous, {"system:unauthenticated"}};
  }
  if (request.peer->verified && !request.peer->common_name.empty()) {
    return User{request.peer->common_name, with_authenticated(request.peer->organisations)};
  }
  return std::nullopt;
}

std::optional<User> impersonated_user(const Request& request) {
  const std::string_view name = request.header("impersonate-user");
  if (name.empty()) return std::nullopt;
  return User{std::string(name), with_authenticated(request.header_values("impersonate-group"))};
}

}  // namespace kots_export::apiserver
