#pragma once

#include <kots_export/values/value.h>

#include <string_view>

namespace kots_export::values {

// Throws Error, which names the file, where what was read from `file` as values is no map, or nothing.
void require_map_in(const Value& values, std::string_view file);

}  // namespace kots_export::values
