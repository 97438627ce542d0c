#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

// Which kinds the server knows, and which versions of them each Kubernetes minor serves.
// Source: the deprecated API migration guide and the release notes of Kubernetes 1.16 to 1.33.
namespace kots_export::apiserver {

inline constexpr int kFirstMinor = 16;
inline constexpr int kLastMinor = 33;

// One group and version under which a kind is served, by the minors from `first` to `last`.
struct ServedVersion {
  std::string group;
  std::string version;
  int first = kFirstMinor;
  int last = kLastMinor;

  // "apps/v1", or "v1" in the core group.
  [[nodiscard]] std::string api_version() const { return group.empty() ? version : group + '/' + version; }
};

enum class Scope { namespaced, cluster };

// Which names an object may have (apimachinery/pkg/util/validation).
enum class NameRule { subdomain, label, label_1035, path_segment };

// A kind of objects that are stored. `versions` begins with the one that objects are kept in.
struct ResourceType {
  std::string group;
  std::string plural;
  std::string singular;
  std::string kind;
  Scope scope = Scope::namespaced;
  std::vector<std::string> short_names = {};
  std::vector<ServedVersion> versions = {};
  std::vector<std::string> subresources = {};
  NameRule name_rule = NameRule::subdomain;
  bool has_generation = false;      // metadata.generation counts changes of the spec
  bool returns_deleted = false;     // DELETE answers with the object, not with a Status
  bool in_category_all = false;     // kubectl get all
  bool is_custom = false;           // served where the server is told to have its definition
  bool orphans_by_default = false;  // DELETE without propagationPolicy leaves dependents (batch Jobs)

  [[nodiscard]] bool namespaced() const { return scope == Scope::namespaced; }
  [[nodiscard]] bool has_subresource(std::string_view name) const;
};

// A type under one of its versions.
struct ServedResource {
  const ResourceType* type = nullptr;
  const ServedVersion* version = nullptr;
};

// The kinds of one Kubernetes minor. Lives as long as the server; ResourceType pointers identify kinds.
class Registry {
 public:
  // Throws std::runtime_error where `minor` is not between kFirstMinor and kLastMinor.
  // `custom`: the groups of custom resources that are served.
  explicit Registry(int minor, std::span<const std::string> custom = {});

  [[nodiscard]] int minor() const { return minor_; }
  // Everything served, in the order of discovery.
  [[nodiscard]] const std::vector<ServedResource>& served() const { return served_; }
  // Returns what `/apis/group/version/plural` means, or nulls.
  [[nodiscard]] ServedResource find(std::string_view group, std::string_view version,
                                    std::string_view plural) const;
  // Returns what `apiVersion` and `kind` in an object mean, served or not by this minor's discovery, or
  // nulls.
  [[nodiscard]] ServedResource find_kind(std::string_view api_version, std::string_view kind) const;
  // Returns the type of that kind or plural in any group, or null. For owners, seeds and rules.
  [[nodiscard]] const ResourceType* type_named(std::string_view kind_or_plural) const;
  // The groups in discovery order, and the versions of a group, the preferred one first.
  [[nodiscard]] std::vector<std::string> groups() const;
  [[nodiscard]] std::vector<std::string> versions_of(std::string_view group) const;
  // The version in which this minor keeps objects of `type` (the newest that it serves).
  [[nodiscard]] const ServedVersion* storage_version(const ResourceType& type) const;

 private:
  int minor_;
  std::vector<ServedResource> served_;
};

// Every kind the server knows at any minor.
[[nodiscard]] const std::vector<ResourceType>& all_resource_types();

}  // namespace kots_export::apiserver
