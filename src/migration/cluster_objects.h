#pragma once

#include <kots_export/migration/context.h>

#include <span>
#include <string_view>
#include <vector>

// Objects of the cluster (ClusterRoles) that a release's manifest names: seldom those of a namespace's
// operator.
namespace kots_export::migration {

// For each of `objects` whether it is one of the cluster that this user may not `verb`. Nothing is asked of
// those in a namespace. Throws what kube::review_access throws.
[[nodiscard]] std::vector<bool> denied_of_cluster(Context& context, std::string_view verb,
                                                  std::span<const kube::ObjectRef> objects);

}  // namespace kots_export::migration
