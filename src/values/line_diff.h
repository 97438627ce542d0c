#pragma once

#include <kots_export/values/diff.h>

#include <string_view>
#include <vector>

namespace kots_export::values {

struct LineDiff {
  std::vector<LineChange> lines;
  bool is_rough = false;  // as in TextChange
};

// Returns the fewest lines by which two texts differ; where too many do to look for the fewest, all between
// their common start and end.
[[nodiscard]] LineDiff line_diff(std::string_view before, std::string_view after);

}  // namespace kots_export::values
