#pragma once

#include "values/yaml_cursor.h"

#include <string>

// The four written forms of a scalar, as libyaml (and so Go, and so Helm) reads them. Each starts with the
// cursor on the scalar's first character and leaves it behind the scalar.
namespace kots_export::values {

enum class Context { block, flow };

struct PlainScalar {
  std::string text;
  bool ends_its_line = false;  // line breaks behind it were passed over
};

// Lines below the first belong to it while they start at `least_column` or further right (in block context).
[[nodiscard]] PlainScalar read_plain_scalar(Cursor& cursor, Context context, std::size_t least_column);

// In single or double quotes.
[[nodiscard]] std::string read_quoted(Cursor& cursor);

// "|" and ">". `parent` is the column of the collection it stands in, -1 for none.
[[nodiscard]] std::string read_block_scalar(Cursor& cursor, int parent);

}  // namespace kots_export::values
