#pragma once

#include <kots_export/change/object_history.h>
#include <kots_export/kube/client.h>

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include <nlohmann/json.hpp>

namespace kots_export::change {

// What is there of one object, as far as it matters to its history.
struct Seen {
  std::optional<nlohmann::json> live;  // nothing: it is not there
  enum class Need { nothing, whole } need = Need::nothing;
};

// Looks at the objects of `histories` at `places`, at their metadata where that is enough. Another object
// than the one that was planned for is needed whole: it may be one that a run created.
[[nodiscard]] std::vector<Seen> look_at_metadata(kube::Client& client,
                                                 std::span<const ObjectHistory> histories,
                                                 std::span<const std::size_t> places);

}  // namespace kots_export::change
