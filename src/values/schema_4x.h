#pragma once

#include <kots_export/values/validate.h>

#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <string_view>

// What the circleci-server chart of 4.x takes as values.
namespace kots_export::values {

enum class SchemaType { boolean, integer, number, string, list, map, open };
enum class Versions { both, only_4_0, only_4_1 };

// One known key and those below it.
struct SchemaNode {
  SchemaType type = SchemaType::map;
  Versions versions = Versions::both;
  std::map<std::string, SchemaNode, std::less<>> children;

  [[nodiscard]] bool is_in(Target target) const {
    return versions == Versions::both || (versions == Versions::only_4_0) == (target == Target::v4_0);
  }
};

// The root of all known keys.
[[nodiscard]] const SchemaNode& schema_4x();

// Whether the chart of `target` has a value at `path`.
[[nodiscard]] bool is_in_chart(const Path& path, Target target);

// The child of `node` whose name is so near to `key` that it may have been meant: a third of its letters
// differ, and no more than `most`. Empty where none is.
[[nodiscard]] std::string nearest_key(const SchemaNode& node, std::string_view key,
                                      std::size_t most = std::numeric_limits<std::size_t>::max());

}  // namespace kots_export::values
