#include "apiserver/access.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <stdexcept>

namespace kots_export::apiserver {
namespace {

bool matches(const std::string& pattern, const std::string& value) {
  return pattern == "*" || pattern == value;
}

bool is_subresource(const std::string& resource, const std::string& name) {
  for (const ResourceType& type : all_resource_types()) {
    if (type.plural == resource) return type.has_subresource(name);
  }
  return false;
}

std::string with_subresource(const std::string& resource, const std::string& subresource) {
  return subresource.empty() ? resource : resource + '/' + subresource;
}

}  // namespace

DenyRule parse_deny_rule(const std::string& text) {
  std::istringstream words(text);
  DenyRule rule;
  std::string target;
  if (!(words >> rule.user >> rule.verb >> target)) {
    throw std::runtime_error("a rule is given as 'USER verb resource[/name] [namespace]', not '" + text +
                             "'");
  }
  words >> rule.name_space;
  std::string rest;
  if (const std::size_t slash = target.find('/'); slash != std::string::npos) {
    rest = target.substr(slash + 1);
    target.resize(slash);
  }
  if (const std::size_t dot = target.find('.'); dot != std::string::npos) {
    rule.group = target.substr(dot + 1);
    target.resize(dot);
  }
  const std::string first = rest.substr(0, rest.find('/'));
  if (is_subresource(target, first)) {
    target += '/' + first;
    rest.erase(0, first.size() + 1);
  }
  if (!rest.empty()) rule.name = rest;
  rule.resource = target;
  return rule;
}

void AccessRules::deny(DenyRule rule) {
  const std::lock_guard lock(mutex_);
  rules_.push_back(std::move(rule));
}

void AccessRules::allow_all_again() {
  const std::lock_guard lock(mutex_);
  rules_.clear();
}

bool AccessRules::allows(const User& user, const AccessRequest& request) const {
  if (user.name == kAnonymous) return false;
  const std::lock_guard lock(mutex_);
  const std::string resource = with_subresource(request.resource, request.subresource);
  for (const DenyRule& rule : rules_) {
    if (matches(rule.user, user.name) && matches(rule.verb, request.verb) &&
        matches(rule.resource, resource) && matches(rule.group, request.group) &&
        matches(rule.name, request.name) && matches(rule.name_space, request.name_space)) {
      return false;
    }
  }
  return true;
}

ApiError forbidden(const User& user, const AccessRequest& request) {
  const std::string resource = with_subresource(request.resource, request.subresource);
  const std::string qualified =
      request.group.empty() ? request.resource : request.resource + '.' + request.group;
  const std::string where =
      request.name_space.empty() ? "at the cluster scope" : "in the namespace \"" + request.name_space + '"';
  std::string message = qualified;
  if (!request.name.empty()) message += " \"" + request.name + '"';
  message += " is forbidden: User \"" + user.name + "\" cannot " + request.verb + " resource \"" + resource +
             "\" in API group \"" + request.group + "\" " + where;
  Json details = {{"kind", request.resource}};
  if (!request.name.empty()) details["name"] = request.name;
  if (!request.group.empty()) details["group"] = request.group;
  return {403, "Forbidden", message, std::move(details)};
}

ApiError forbidden_path(const User& user, const std::string& method, const std::string& path) {
  std::string verb = method;
  std::transform(verb.begin(), verb.end(), verb.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return {403, "Forbidden", "forbidden: User \"" + user.name + "\" cannot " + verb + " path \"" + path + '"',
          Json::object()};
}

void AccessRules::require(const User& user, const AccessRequest& request) const {
  if (!allows(user, request)) throw forbidden(user, request);
}

Json review_access(const AccessRules& rules, const User& user, Json body) {
  const Json& wanted = member(body, {"spec", "resourceAttributes"});
  bool allowed = true;
  if (wanted.is_object()) {
    allowed = rules.allows(user, {text_member(wanted, {"verb"}), text_member(wanted, {"group"}),
                                  text_member(wanted, {"resource"}), text_member(wanted, {"subresource"}),
                                  text_member(wanted, {"namespace"}), text_member(wanted, {"name"})});
  }
  body["status"] = {{"allowed", allowed}};
  if (!allowed) body["status"]["reason"] = "a rule of the test denies it";
  return body;
}

Json review_rules(const AccessRules& rules, const Registry& registry, const User& user, Json body) {
  const std::string name_space = text_member(body, {"spec", "namespace"});
  Json resource_rules = Json::array();
  for (const ServedResource& served : registry.served()) {
    std::vector<std::string> resources{served.type->plural};
    for (const std::string& sub : served.type->subresources)
      resources.push_back(served.type->plural + '/' + sub);
    for (const std::string& resource : resources) {
      const std::size_t slash = resource.find('/');
      Json verbs = Json::array();
      for (const char* verb :
           {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}) {
        const AccessRequest request{verb,
                                    served.version->group,
                                    served.type->plural,
                                    slash == std::string::npos ? "" : resource.substr(slash + 1),
                                    name_space,
                                    ""};
        if (rules.allows(user, request)) verbs.emplace_back(verb);
      }
      if (verbs.empty()) continue;
      resource_rules.push_back({{"verbs", std::move(verbs)},
                                {"apiGroups", Json::array({served.version->group})},
                                {"resources", Json::array({resource})}});
    }
  }
  body["status"] = {{"resourceRules", std::move(resource_rules)},
                    {"nonResourceRules", Json::array({{{"verbs", {"get"}}, {"nonResourceURLs", {"*"}}}})},
                    {"incomplete", false}};
  return body;
}

}  // namespace kots_export::apiserver
