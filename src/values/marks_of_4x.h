#pragma once

#include <kots_export/values/value.h>

namespace kots_export::values {

// True where `values` have something that no 3.x installation has: somebody wrote them for 4.x, or
// `transform` did.
[[nodiscard]] bool has_marks_of_4x(const Value& values);

}  // namespace kots_export::values
