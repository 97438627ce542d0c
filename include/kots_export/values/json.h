#pragma once

#include <kots_export/values/value.h>

#include <string>
#include <string_view>

namespace kots_export::values {

// Returns the JSON document `text` with the digits of its numbers and the order of its keys. Of a key that
// stands twice the last counts, as in Go. Throws Error ("SOURCE is not JSON: ...") with the place.
[[nodiscard]] Value parse_json(std::string_view text, std::string_view source);

// Returns `value` as JSON on one line.
[[nodiscard]] std::string to_json(const Value& value);

}  // namespace kots_export::values
