#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace kots_export::util {

// The one of `names` that is so near to `word` that it may have been meant, without regard to case; the first
// of those that are as near. Empty where none is. At most a third of the letters differ, and `most`.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> names,
                                       std::size_t most = std::numeric_limits<std::size_t>::max());

// ", did you mean plan?": the end of an error's sentence; empty where none is near.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string_view> names);

}  // namespace kots_export::util
