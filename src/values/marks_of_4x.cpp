#include "values/marks_of_4x.h"

#include "values/check_context.h"

#include <algorithm>
#include <array>

namespace kots_export::values {

bool has_marks_of_4x(const Value& values) {
  // Not global.container: 3.x has it too.
  static const std::array<Path, 4> kMarks = {
      {{"global", "domainName"}, {"global", "license"}, {"postgresql", "auth"}, {"nginx"}}};
  return std::ranges::any_of(kMarks, [&](const Path& path) { return !is_blank(values, path); });
}

}  // namespace kots_export::values
