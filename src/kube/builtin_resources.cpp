#include "kube/builtin_resources.h"

#include <kots_export/kube/http_status.h>
#include <kots_export/util/text.h>

#include "kube/client_state.h"

#include <algorithm>

namespace kots_export::kube {

using nlohmann::json;

namespace {

using Scope = ApiResource::Scope;

ApiResource builtin(const char* group, const char* kind, const char* resource,
                    Scope scope = Scope::namespaced) {
  return {.gvr = {group, "v1", resource}, .kind = kind, .scope = scope, .verbs = {}};
}

// Stable at v1 on every server from 1.16 on.
const std::vector<ApiResource>& builtins() {
  static const std::vector<ApiResource> all = {
      builtin("", "ConfigMap", "configmaps"),
      builtin("", "Secret", "secrets"),
      builtin("", "Service", "services"),
      builtin("", "ServiceAccount", "serviceaccounts"),
      builtin("", "PersistentVolumeClaim", "persistentvolumeclaims"),
      builtin("", "Pod", "pods"),
      builtin("", "Namespace", "namespaces", Scope::cluster),
      builtin("", "PersistentVolume", "persistentvolumes", Scope::cluster),
      builtin("apps", "Deployment", "deployments"),
      builtin("apps", "DaemonSet", "daemonsets"),
      builtin("apps", "StatefulSet", "statefulsets"),
      builtin("batch", "Job", "jobs"),
      builtin("networking.k8s.io", "NetworkPolicy", "networkpolicies"),
      builtin("rbac.authorization.k8s.io", "Role", "roles"),
      builtin("rbac.authorization.k8s.io", "RoleBinding", "rolebindings"),
      builtin("rbac.authorization.k8s.io", "ClusterRole", "clusterroles", Scope::cluster),
      builtin("rbac.authorization.k8s.io", "ClusterRoleBinding", "clusterrolebindings", Scope::cluster),
  };
  return all;
}

// Whether the server is of the release that moved the kinds, or newer: it serves the first of them at v1.
bool has_moved_kinds(Client& client) {
  const MovedKind& first = kMovedKinds.front();
  const std::string version = std::string(first.group) + "/v1";
  const std::string action = util::filled("ask the server which kinds {version} has", {{"version", version}});
  const Reply reply = client.send(get_json(version_path(version), {"APIResourceList"}), action);
  if (!http::is_success(reply.status)) throw api_error(action, reply);
  const json list = parse_body(reply.body, action);
  return std::ranges::any_of(list.value("resources", json::array()), [&](const json& item) {
    return item.is_object() && item.value("name", "") == first.resource;
  });
}

}  // namespace

const ApiResource* find_builtin(std::string_view group, std::string_view kind) {
  const auto found = std::ranges::find_if(builtins(), [&](const ApiResource& resource) {
    return resource.gvr.group == group && resource.kind == kind;
  });
  return found == builtins().end() ? nullptr : &*found;
}

std::string_view kind_of_builtin(std::string_view group, std::string_view resource) {
  const auto builtin = std::ranges::find_if(builtins(), [&](const ApiResource& known) {
    return known.gvr.group == group && known.gvr.resource == resource;
  });
  if (builtin != builtins().end()) return builtin->kind;
  const auto moved = std::ranges::find_if(kMovedKinds, [&](const MovedKind& known) {
    return known.group == group && known.resource == resource;
  });
  return moved == kMovedKinds.end() ? std::string_view() : moved->kind;
}

bool is_below_builtin_version(std::string_view path) {
  return std::ranges::any_of(builtins(), [&](const ApiResource& resource) {
    const std::string version = version_path(api_version(resource.gvr));
    return path.starts_with(version) && (path.size() == version.size() || path[version.size()] == '/');
  });
}

bool is_known(std::string_view group, std::string_view kind) {
  return find_builtin(group, kind) != nullptr ||
         std::ranges::any_of(
             kMovedKinds, [&](const MovedKind& moved) { return moved.group == group && moved.kind == kind; });
}

std::vector<ApiResource> read_moved_kinds(Client& client) {
  const std::string version = has_moved_kinds(client) ? "v1" : "v1beta1";
  std::vector<ApiResource> resources;
  for (const MovedKind& moved : kMovedKinds) {
    resources.push_back({.gvr = {std::string(moved.group), version, std::string(moved.resource)},
                         .kind = std::string(moved.kind),
                         .scope = Scope::namespaced,
                         .verbs = {}});
  }
  return resources;
}

}  // namespace kots_export::kube
