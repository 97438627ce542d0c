#pragma once

#include <nlohmann/json_fwd.hpp>

namespace kots_export::change {

// True where `live` has every field of `wanted` with the same value: whether an object is as a manifest or a
// merge patch wants it. What the server added is not looked at; null wants the field absent; an empty map or
// list is as good as none, as the server writes it. Lists are compared element by element.
[[nodiscard]] bool holds(const nlohmann::json& live, const nlohmann::json& wanted);

}  // namespace kots_export::change
