#pragma once

#include <kots_export/values/value.h>

#include "values/yaml_cursor.h"

#include <optional>
#include <string>
#include <string_view>

namespace kots_export::values {

// The anchor and the tag of a node.
struct Properties {
  std::string anchor;              // empty: none
  std::optional<std::string> tag;  // in full: "tag:yaml.org,2002:str", "!custom", "!"

  [[nodiscard]] bool empty() const noexcept { return anchor.empty() && !tag; }
};

// "&name" or "*name": the name. Throws Error where there is none.
[[nodiscard]] std::string read_anchor_name(Cursor& cursor);
// "!!str", "!custom", "!<uri>", "!": the tag in full, its %XX decoded.
[[nodiscard]] std::string read_tag(Cursor& cursor);

enum class Style { plain, quoted };

// "<<" that stands for the entries of its value. Source: go-yaml v2, decode.go, isMerge.
[[nodiscard]] bool is_merge_key(std::string_view text, Style style, const std::optional<std::string>& tag);

// What a scalar of this text, style and tag means to Helm. Throws Error where the tag does not fit, and for
// numbers that JSON cannot hold.
[[nodiscard]] Value scalar_value(const Cursor& cursor, const Mark& where, std::string text, Style style,
                                 const std::optional<std::string>& tag);

// The key as the string that Helm makes of it (sigs.k8s.io/yaml). Throws Error where it takes none of that
// kind.
[[nodiscard]] std::string key_text(const Cursor& cursor, const Mark& where, Value key);

}  // namespace kots_export::values
