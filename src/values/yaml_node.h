#pragma once

#include <kots_export/values/value.h>

#include "values/yaml_text.h"

#include <string>
#include <string_view>

// What the nodes of a YAML text mean to Helm. Tags in full, as libyaml has them; "" where there is none.
namespace kots_export::values {

enum class Style { plain, quoted };

// What a scalar of this text, style and tag means to Helm. Throws Error where the tag does not fit, and for
// numbers that JSON cannot hold.
[[nodiscard]] Value scalar_value(const YamlText& yaml, const Mark& where, std::string text, Style style,
                                 std::string_view tag);

// The key as the string that Helm makes of it (sigs.k8s.io/yaml). Throws Error where it takes none of that
// kind.
[[nodiscard]] std::string key_text(const YamlText& yaml, const Mark& where, Value key);

}  // namespace kots_export::values
