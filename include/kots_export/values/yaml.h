#pragma once

#include <kots_export/values/value.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// YAML as Helm reads it: sigs.k8s.io/yaml over go-yaml v2, whose plain scalars follow YAML 1.1 (resolve.go).
namespace kots_export::values {

// Returns the one document of `text`; an empty document is null. Anchors, aliases and merge keys are
// resolved; keys that are no strings become strings. `source` names the text in errors. Throws Error with
// line and column: not YAML, not UTF-8, more than one document, a key twice in one map (both lines), nested
// deeper or longer by aliases than any values file, a number that JSON cannot hold (.inf, .nan).
[[nodiscard]] Value parse_yaml(std::string_view text, std::string_view source);

// The lines of a value and of what it holds, beside it: child i belongs to entry i of a map, item i of a
// list. Without children where the value came through an alias.
struct Place {
  std::size_t line = 0;  // from 1; of an entry its key's
  std::vector<Place> children;
};

struct YamlDocument {
  Value root;
  Place place;
};

// The same as parse_yaml, with the place of every value.
[[nodiscard]] YamlDocument parse_yaml_with_places(std::string_view text, std::string_view source);

// Returns `value` as a block-style document that parse_yaml and Helm read as the very same value: keys in
// their order, strings of several lines as block scalars where those are exact, otherwise the shortest exact
// quoting. Throws Error where a string is not UTF-8.
[[nodiscard]] std::string to_yaml(const Value& value);

}  // namespace kots_export::values
