#pragma once

#include <kots_export/kube/client.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>

#include <nlohmann/json.hpp>

namespace kots_export::change {

// Reads many objects side by side, and hands each over as it comes: its place in `objects`, and its whole
// content, or nothing where it is not there. Throws ApiError, ConnectionError, Interrupted.
void read_objects(kube::Client& client, std::span<const kube::ObjectRef> objects,
                  const std::function<void(std::size_t, std::optional<nlohmann::json>)>& on_object);

}  // namespace kots_export::change
