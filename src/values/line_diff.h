#pragma once

#include <kots_export/values/diff.h>

#include <string_view>

namespace kots_export::values {

// Returns the lines that differ between two texts; where the texts are too long to look for them, all between
// their common start and end.
[[nodiscard]] std::vector<LineChange> line_diff(std::string_view before, std::string_view after);

}  // namespace kots_export::values
