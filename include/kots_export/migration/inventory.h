#pragma once

#include <kots_export/migration/context.h>

#include <string_view>
#include <vector>

namespace kots_export::migration {

// The objects that annotate and kots_cleanup look at, read once for both.
struct Inventory {
  std::vector<kube::ObjectMetadata> of_kinds;  // the fourteen kinds in the namespace (names.h)
  std::vector<kube::ObjectMetadata>
      of_manifest;  // other kinds that the release's manifest names and that exist
};

// Lists the namespace, metadata only, and looks up what `manifest` (the release's rendered objects) names
// beyond the fourteen kinds. A kind that the server lacks is skipped. Throws ApiError naming the kind that
// may not be listed.
[[nodiscard]] Inventory read_inventory(Context& context, std::string_view manifest);

}  // namespace kots_export::migration
