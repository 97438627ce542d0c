#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kots_export::values {

// Where a node of a YAML text is written: bytes of the text, from and to.
struct Spot {
  enum class Kind { scalar, map, list, alias } kind = Kind::scalar;
  enum class Style { block, flow } style = Style::block;  // in brackets: flow, and so is all that is in them
  bool has_anchor = false;
  bool is_merged = false;  // a map into which "<<" puts others
  std::size_t begin = 0;
  std::size_t end = 0;  // of a map or list in block style: of the last thing in it
  struct Entry;
  std::vector<Entry> entries;  // of a map; those of "<<" are left out
};

struct Spot::Entry {
  std::string key;         // as text, where it is written as a scalar
  std::size_t column = 0;  // characters before it in its line
  std::size_t begin = 0;
  Spot value;
};

// The root of `text`, which parse_yaml reads without an error.
[[nodiscard]] Spot find_spots(std::string_view text, std::string_view source);

}  // namespace kots_export::values
