#pragma once

#include <kots_export/migration/context.h>
#include <kots_export/migration/inventory.h>

#include <span>

namespace kots_export::migration {

enum class DeleteVolumes { no, yes };

// Plans the removal of what KOTS left: its labels and annotations on the objects of the inventory, and its
// own objects (label kots.io/kotsadm=true, two Secrets, the inject Jobs), each with its whole before-image.
// A PersistentVolumeClaim among them is deleted only once its volume keeps its data (a first patch to
// Retain), or with `delete_volumes`; where the volume cannot be changed the claim stays and the observer is
// told.
[[nodiscard]] change::Plan plan_kots_cleanup(Context& context, const Inventory& inventory,
                                             DeleteVolumes delete_volumes);

// Its parts, for objects that arrive one at a time. KOTS's own objects are deleted, all others only lose its
// marks.
[[nodiscard]] bool is_of_kots(const kube::ObjectMetadata& object);
[[nodiscard]] ObjectPlanner cleanup_planner();
[[nodiscard]] change::Plan plan_deletes(Context& context, std::span<const kube::ObjectMetadata> of_kots,
                                        DeleteVolumes delete_volumes);

}  // namespace kots_export::migration
