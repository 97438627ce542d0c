#pragma once

#include <kots_export/values/value.h>

#include <optional>
#include <string>
#include <string_view>

// What a plain scalar means to Helm's YAML reader. Source: go-yaml v2, resolve.go (YAML 1.1 booleans, octals,
// 0b).
namespace kots_export::values {

struct Scalar {
  enum class Kind { string, null, boolean, number, not_json } kind = Kind::string;  // not_json: .inf and .nan
  bool boolean = false;
  Number number;
};

[[nodiscard]] Scalar resolve_plain(std::string_view text);

// What sigs.k8s.io/yaml makes of a map's key that is a float: Go's 'g' format of its 32-bit value.
[[nodiscard]] std::string float_key(const Number& number);

}  // namespace kots_export::values
