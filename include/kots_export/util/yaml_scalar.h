#pragma once

#include <optional>
#include <string>
#include <string_view>

// What a plain scalar means to the YAML reader of Kubernetes and Helm (sigs.k8s.io/yaml over go-yaml v2).
// Source: go-yaml v2, resolve.go (YAML 1.1 booleans, octals, 0b).
namespace kots_export::util {

struct YamlScalar {
  enum class Kind { string, null, boolean, number, not_json } kind = Kind::string;  // not_json: .inf and .nan
  bool boolean = false;
  std::string number;  // in JSON's grammar, with every digit of an integer
  enum class Number { integer, fraction } number_kind = Number::integer;
};

[[nodiscard]] YamlScalar resolve_plain_scalar(std::string_view text);

// What stands behind the tag !!binary: base64 in which line breaks do not count. Nothing where it is
// something else. Source: go-yaml v2, decode.go.
[[nodiscard]] std::optional<std::string> decode_yaml_binary(std::string text);

// What sigs.k8s.io/yaml makes of a map's key that is the float `digits`: Go's 'g' format of its 32-bit value.
[[nodiscard]] std::string float_key(const std::string& digits);

}  // namespace kots_export::util
