#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kots_export::util {

// Returns `length` characters, each drawn evenly from `alphabet` (1 to 256 characters) with the system's
// random source (getrandom(2)). Throws Error where the source fails; never falls back to a weaker one.
[[nodiscard]] std::string random_string(std::size_t length, std::string_view alphabet);

}  // namespace kots_export::util
