#pragma once

#include <kots_export/kube/metadata_lists.h>
#include <kots_export/migration/context.h>

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace kots_export::migration {

// The objects that annotate and kots_cleanup look at, read once for both.
struct Inventory {
  std::vector<kube::ObjectMetadata> of_kinds;  // the fourteen kinds in the namespace (names.h)
  std::vector<kube::ObjectMetadata>
      of_manifest;  // other kinds that the release's manifest names and that exist
  // Objects of the cluster that the manifest names too, and that this user may not read.
  std::vector<kube::ObjectRef> unseen;
  // Where the lists of a large namespace go on after `of_kinds`; empty where that is everything.
  std::vector<kube::ListPosition> rest;
};

// whole: every page. first_pages: one page of each kind: enough to know that each may be listed; what follows
// is left in `rest` and can be patched as it arrives (metadata_stream.h).
enum class Extent { whole, first_pages };

// Lists the namespace, metadata only, and looks up what `manifest` (the release's rendered objects) names
// beyond the fourteen kinds. A kind that the server lacks is skipped. Throws ApiError naming the kind that
// may not be listed.
[[nodiscard]] Inventory read_inventory(Context& context, std::string_view manifest,
                                       Extent extent = Extent::whole);

// What `manifest` names, each once, as this server serves its kind. A kind that the server lacks is left out.
// Throws ApiError, ConnectionError.
[[nodiscard]] std::vector<kube::ObjectRef> objects_named_by(Context& context, std::string_view manifest);

// Those of them that are not in the lists of the fourteen kinds: each is read by its name.
[[nodiscard]] std::vector<kube::ObjectRef> objects_beyond_lists(Context& context, std::string_view manifest);

// What a step wants of one object; nothing where it is right already or none of the step's business.
using ObjectPlanner = std::function<std::optional<change::Change>(const kube::ObjectMetadata&)>;

}  // namespace kots_export::migration
