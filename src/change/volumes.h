#pragma once

#include <kots_export/change/object_history.h>
#include <kots_export/change/rollback.h>

#include <optional>

// What a rollback must know of PersistentVolumes, so that no data is lost on the way back.
namespace kots_export::change {

// True for a patch that sets a volume's reclaim policy to anything but Retain: it comes last, once the claim
// is bound again.
[[nodiscard]] bool lets_data_go(const kube::ObjectRef& object, const nlohmann::json& patch);
// True for what ties a volume to one claim: Kubernetes' controller sets it anew, it is not put back.
[[nodiscard]] bool is_binding(const kube::ObjectRef& object, const PatchedKey& key);

struct VolumeReady {
  enum class Verdict { ready, taken } verdict = Verdict::ready;  // taken: by another claim
  std::optional<Change> patch;                                   // what frees the volume for the claim
};
// Looks at the volume that `claim` (a manifest to create) names. A volume that waits for the deleted claim is
// freed for the new one of that name: name and namespace in its claimRef stay, so that no other claim gets it
// in between, UID and resourceVersion go. Where the volume is gone the claim is changed to ask for a new one,
// and the observer is told that the data is lost.
[[nodiscard]] VolumeReady prepare_volume(kube::Client& client, Observer& observer, nlohmann::json& claim);

// What frees the volume that `claim` waits for: one that is there, is not bound, and was made by a rollback
// whose own freeing did not come through. Nothing where the volume is the claim's, is gone or another
// claim's.
[[nodiscard]] std::optional<Change> free_volume_of(kube::Client& client, const nlohmann::json& claim);

// Takes out of `plan` the deletion of every claim whose volume would go with it, and tells the observer.
void require_safe_volumes(kube::Client& client, Observer& observer, RollbackPlan& plan);

// bound: to a claim that exists by UID, so that no policy can make the volume go. none: there is no claim
// that could be waited for.
enum class Binding { bound, waiting, none };
[[nodiscard]] Binding binding_of(kube::Client& client, const kube::ObjectRef& volume);

// Whether `claim` (a whole one, or a manifest) names `volume`.
[[nodiscard]] bool names_volume(const nlohmann::json& claim, const std::string& volume);

}  // namespace kots_export::change
