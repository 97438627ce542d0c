#pragma once

#include <kots_export/util/error.h>
#include <kots_export/values/value.h>

#include <string>
#include <string_view>

// Changes of a values file that leave every other byte of it as it is.
namespace kots_export::values {

// The place that is to be edited cannot be, for certain, without changing more.
class CannotEdit : public Error {
 public:
  using Error::Error;
};

// Returns `text` with the text or boolean `value` at `path`. What is missing on the way is added at the end
// of the map that it belongs to, indented by two blanks; a null and an empty map on the way become maps. Text
// that has the value already is returned as it is. Throws what parse_yaml throws, and CannotEdit where the
// place is in brackets (flow style), comes from an anchor, an alias or a merge
// key or would change what an alias stands for, or something else stands on the way.
[[nodiscard]] std::string edit_yaml(std::string_view text, std::string_view source, const Path& path,
                                    const Value& value);

}  // namespace kots_export::values
