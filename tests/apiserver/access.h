#pragma once

#include "apiserver/auth.h"
#include "apiserver/json.h"
#include "apiserver/resources.h"
#include "apiserver/status.h"

#include <mutex>
#include <string>
#include <vector>

namespace kots_export::apiserver {

// What a request wants to do, in the words of RBAC.
struct AccessRequest {
  std::string verb;
  std::string group;
  std::string resource;
  std::string subresource;
  std::string name_space;
  std::string name;
};

// "USER verb resource[.group][/subresource][/name] [namespace]"; any word may be `*`.
struct DenyRule {
  std::string user;
  std::string verb;
  std::string resource;  // with the subresource: "pods/log"
  std::string group = "*";
  std::string name = "*";
  std::string name_space = "*";
};

// Reads one rule. Throws std::runtime_error where it is none.
[[nodiscard]] DenyRule parse_deny_rule(const std::string& text);

// Everything is allowed but what a rule denies. Rules may be added while the server runs.
class AccessRules {
 public:
  void deny(DenyRule rule);
  void allow_all_again();
  [[nodiscard]] bool allows(const User& user, const AccessRequest& request) const;
  // Throws the 403 that the real server sends.
  void require(const User& user, const AccessRequest& request) const;

 private:
  mutable std::mutex mutex_;
  std::vector<DenyRule> rules_;
};

// Returns the 403 of RBAC for that request.
[[nodiscard]] ApiError forbidden(const User& user, const AccessRequest& request);
// The same for what is no resource.
[[nodiscard]] ApiError forbidden_path(const User& user, const std::string& method, const std::string& path);

// The answers of POST /apis/authorization.k8s.io/v1/selfsubject{accessreviews,rulesreviews}: `body` with
// `status`.
[[nodiscard]] Json review_access(const AccessRules& rules, const User& user, Json body);
[[nodiscard]] Json review_rules(const AccessRules& rules, const Registry& registry, const User& user,
                                Json body);

}  // namespace kots_export::apiserver
