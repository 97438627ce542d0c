#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

// The nouns of the Kubernetes API that every room above shares.
namespace kots_export::kube {

// A namespace's name, so that it is not mixed up with the other strings of a call.
struct Namespace {
  std::string name;
  friend auto operator<=>(const Namespace&, const Namespace&) = default;
};

// Where a kind is served: group "" is the core group. `resource` is the plural of the path ("configmaps").
struct GroupVersionResource {
  std::string group;
  std::string version;
  std::string resource;
  friend auto operator<=>(const GroupVersionResource&, const GroupVersionResource&) = default;
};

// One object. `ns` is empty for cluster-scoped kinds; `uid` and `resource_version` are empty where unknown.
struct ObjectRef {
  GroupVersionResource gvr;
  std::string kind;
  std::string ns;
  std::string name;
  std::string uid;
  std::string resource_version;
};

// What an object is, whichever version it is reached through and whatever becomes of it: no two objects of a
// cluster share it at one time.
struct ObjectKey {
  std::string group;
  std::string resource;
  std::string ns;  // empty for cluster-scoped kinds
  std::string name;
  friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
};

[[nodiscard]] inline ObjectKey key_of(const ObjectRef& object) {
  return {object.gvr.group, object.gvr.resource, object.ns, object.name};
}

// What people call an object: "Secret regcred", with the namespace where it is not obvious left to the
// caller.
[[nodiscard]] inline std::string describe(const ObjectRef& object) { return object.kind + " " + object.name; }

// The group and version as a manifest writes them: "apps/v1", "v1".
[[nodiscard]] inline std::string api_version(const GroupVersionResource& gvr) {
  return gvr.group.empty() ? gvr.version : gvr.group + "/" + gvr.version;
}

// The path below which a version's kinds are ("/apis/apps/v1", "/api/v1"), which itself tells what they are.
[[nodiscard]] std::string version_path(const std::string& api_version);

// The path of a collection ("/apis/apps/v1/namespaces/x/deployments"; all namespaces where `ns` is empty and
// the kind is namespaced) and of one object. Names are percent-encoded. Source: the API concepts page.
[[nodiscard]] std::string collection_path(const GroupVersionResource& gvr, const std::string& ns);
[[nodiscard]] std::string object_path(const ObjectRef& object);

}  // namespace kots_export::kube

template <>
struct std::hash<kots_export::kube::ObjectKey> {
  std::size_t operator()(const kots_export::kube::ObjectKey& key) const noexcept {
    constexpr std::size_t kPrime = 1099511628211U;  // FNV's
    std::size_t mixed = 0;
    for (const std::string* part : {&key.group, &key.resource, &key.ns, &key.name})
      mixed = (mixed ^ std::hash<std::string>()(*part)) * kPrime;
    return mixed;
  }
};
