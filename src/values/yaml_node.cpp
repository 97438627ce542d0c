#include "values/yaml_node.h"

#include <kots_export/util/text.h>
#include <kots_export/util/yaml_scalar.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace kots_export::values {

namespace {

using util::YamlScalar;

constexpr std::string_view kYamlTag = "tag:yaml.org,2002:";

std::string_view name_of(const YamlScalar& meaning) {
  switch (meaning.kind) {
    case YamlScalar::Kind::null:
      return "null";
    case YamlScalar::Kind::boolean:
      return "bool";
    case YamlScalar::Kind::number:
      return meaning.number_kind == YamlScalar::Number::integer ? "int" : "float";
    case YamlScalar::Kind::not_json:
      return "float";
    case YamlScalar::Kind::string:
      break;
  }
  return "str";
}

bool fits_63_bits(std::string_view digits) {
  std::int64_t value = 0;
  return std::from_chars(digits.data(), digits.data() + digits.size(), value).ec == std::errc();
}

std::string decode_binary(const YamlText& yaml, const Mark& where, std::string text) {
  auto bytes = util::decode_yaml_binary(std::move(text));
  if (!bytes) yaml.fail(where, "!!binary that is not base64");
  if (!util::is_utf8(*bytes)) yaml.fail(where, "!!binary that is no text; Helm would damage it");
  return std::move(*bytes);
}

// go-yaml takes "!!float 3" as well; every other tag must name what the text is.
void require_tag_fits(const YamlText& yaml, const Mark& where, std::string_view tag,
                      const YamlScalar& meaning) {
  const std::string_view name = name_of(meaning);
  if (tag == name || (tag == "float" && name == "int")) return;
  yaml.fail(where, util::filled("the tag !!{tag} on something that is none", {{"tag", tag}}));
}

}  // namespace

Value scalar_value(const YamlText& yaml, const Mark& where, std::string text, Style style,
                   std::string_view tag) {
  if (tag.empty() && style == Style::quoted) return text;
  std::string_view name;
  if (!tag.empty()) {
    if (!tag.starts_with(kYamlTag)) return text;
    name = tag.substr(kYamlTag.size());
    if (name == "timestamp") yaml.fail(where, "!!timestamp; for Helm it is a text: leave the tag away");
    if (name == "binary") return decode_binary(yaml, where, std::move(text));
    constexpr std::array<std::string_view, 4> kResolved = {"bool", "int", "float", "null"};
    if (std::ranges::find(kResolved, name) == kResolved.end()) return text;
  }
  YamlScalar meaning = util::resolve_plain_scalar(text);
  if (!tag.empty()) require_tag_fits(yaml, where, name, meaning);
  switch (meaning.kind) {
    case YamlScalar::Kind::null:
      return {};
    case YamlScalar::Kind::boolean:
      return meaning.boolean;
    case YamlScalar::Kind::number:
      return Number{std::move(meaning.number), meaning.number_kind == YamlScalar::Number::integer};
    case YamlScalar::Kind::not_json:
      yaml.fail(where, util::filled("{text} is a number that Helm cannot hold; quote it if it is text",
                                    {{"text", text}}));
    case YamlScalar::Kind::string:
      break;
  }
  return text;
}

std::string key_text(const YamlText& yaml, const Mark& where, Value key) {
  if (key.is_string()) return std::move(key.as_string());
  if (key.is_bool()) return key.as_bool() ? "true" : "false";
  if (key.is_number()) {
    const Number& number = key.as_number();
    if (!number.is_integer) return util::float_key(number.text);
    if (!fits_63_bits(number.text)) yaml.fail(where, "a whole number as a key that has more than 63 bits");
    return number.text;
  }
  yaml.fail(where, key.is_null() ? "a key that is null" : "a list or map as a key");
}

}  // namespace kots_export::values
