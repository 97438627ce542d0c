#pragma once

#include <kots_export/values/value.h>

#include <optional>

namespace kots_export::values {

// True where `values` have something that no 3.x installation has: somebody wrote them for 4.x, or
// `transform` did. What holds nothing (`nginx: {}`) is no mark.
[[nodiscard]] bool has_marks_of_4x(const Value& values);

// The first key of `values` that only 3.x has, where something is missing that `transform` would make: the
// domain or the license of 4.x, or what PostgreSQL's credentials become. Such values are 3.x to `transform`,
// whatever they have of 4.x. Nothing where they are whole: a key of 3.x is then a leftover.
[[nodiscard]] std::optional<Path> sign_of_3x(const Value& values);

}  // namespace kots_export::values
