#pragma once

#include <kots_export/change/change.h>

#include <nlohmann/json.hpp>

namespace kots_export::ui {

// Returns a copy of `image` (an object, a patch, or a part of one) of `kind` with what may be secret masked:
// every value of a Secret's data and stringData, and literal env values of containers whose names sound like
// secrets. The keys stay.
[[nodiscard]] nlohmann::json masked(const nlohmann::json& image, const std::string& kind);

}  // namespace kots_export::ui
