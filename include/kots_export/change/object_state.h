#pragma once

#include <kots_export/change/change.h>
#include <kots_export/kube/client.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>

// What of an object counts where a plan is carried out later than it was made: all but its status. A
// Deployment that scales its Pods, or whose controller reports, is still the one that somebody looked at.
namespace kots_export::change {

struct ObjectState {
  kube::ObjectRef object;  // as it was read: with UID and resourceVersion
  // Counts the changes of the spec; nothing where the kind has none (meta/v1 ObjectMeta, "generation").
  std::optional<std::int64_t> generation;
  nlohmann::json labels;       // maps
  nlohmann::json annotations;  //
  nlohmann::json finalizers;   // lists
  nlohmann::json owners;       // of UIDs
  // A kind that has a status and no generation (Service, PersistentVolumeClaim): everything but metadata and
  // status. Null for all others: the generation tells, or, where there is no status, the resourceVersion.
  nlohmann::json content;
};

// What counts of `live`, the whole object as a read answered it.
[[nodiscard]] ObjectState state_of(const kube::ObjectRef& object, const nlohmann::json& live);

// What tells `now` from `then`, as people look for it: "label team", "annotation a/b", "finalizers",
// "owners", "spec (generation 3, now 4)", "spec.type", "its content". Empty: nothing that counts.
[[nodiscard]] std::vector<std::string> differences(const ObjectState& then, const ObjectState& now);

// Who wrote `live` last, its status aside: "by kubectl-edit at 2026-11-24T10:15:30Z"; empty where the server
// keeps no field managers (they came with Kubernetes 1.18).
[[nodiscard]] std::string last_writer(const nlohmann::json& live);

using ObjectStates = std::unordered_map<kube::ObjectKey, ObjectState>;

// The objects that `plan` patches or deletes, as they are now; what does not exist is left out. Reads them
// whole, side by side. Throws ApiError, ConnectionError, Interrupted.
[[nodiscard]] ObjectStates read_states(kube::Client& client, const Plan& plan);

[[nodiscard]] nlohmann::json to_json(const ObjectState& state);
// `place` as for change_from_json(). Throws Error.
[[nodiscard]] ObjectState state_from_json(const nlohmann::json& value, const std::string& place);

}  // namespace kots_export::change
