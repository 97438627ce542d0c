#pragma once

#include <kots_export/values/value.h>

#include <optional>

namespace kots_export::values {

// True where `values` have something that no 3.x installation has: somebody wrote them for 4.x, or
// `transform` did. What holds nothing (`nginx: {}`) is no mark.
[[nodiscard]] bool has_marks_of_4x(const Value& values);

// The first key of `values` that only 3.x has, where `transform` has something to move: the domain, or
// PostgreSQL's credentials; or where the domain alone was moved by hand, and several keys of 3.x are left.
// Such values are 3.x to `transform`, whatever they have of 4.x. Nothing otherwise: a key of 3.x is then a
// leftover.
[[nodiscard]] std::optional<Path> sign_of_3x(const Value& values);

}  // namespace kots_export::values
