#pragma once

#include <kots_export/migration/context.h>
#include <kots_export/migration/inventory.h>

namespace kots_export::migration {

enum class TakeOwnership { no, yes };

// Plans what makes `helm upgrade` adopt the installation: annotations meta.helm.sh/release-name and
// -namespace and label app.kubernetes.io/managed-by on every object of the inventory. Objects that belong to
// another release whose release Secret is in the namespace are left alone and told to the observer, unless
// `take_ownership`.
[[nodiscard]] change::Plan plan_annotate(Context& context, const Inventory& inventory,
                                         TakeOwnership take_ownership);
// The same for one object at a time. `context` outlives the planner.
[[nodiscard]] ObjectPlanner annotate_planner(Context& context, TakeOwnership take_ownership);

}  // namespace kots_export::migration
