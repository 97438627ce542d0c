#include "values/yaml_node.h"

#include <kots_export/util/base64.h>
#include <kots_export/util/text.h>
#include <kots_export/util/yaml_scalar.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace kots_export::values {

namespace {

using util::YamlScalar;

constexpr std::string_view kYamlTag = "tag:yaml.org,2002:";

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

std::string_view read_while(Cursor& cursor, bool (*belongs)(char)) {
  const std::size_t start = cursor.offset();
  while (belongs(cursor.peek())) cursor.skip();
  return cursor.since(start);
}

bool is_uri_character(char c) {
  constexpr std::string_view kPunctuation = ";/?:@&=+$,.!~*'()[]%";
  return is_name_character(c) || (c != '\0' && kPunctuation.find(c) != std::string_view::npos);
}

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

std::string decode_binary(const Cursor& cursor, const Mark& where, std::string text) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  auto bytes = util::base64_decode(text);
  if (!bytes) cursor.fail(where, "!!binary that is not base64");
  if (!util::is_utf8(*bytes)) cursor.fail(where, "!!binary that is no text; Helm would damage it");
  return std::move(*bytes);
}

// go-yaml takes "!!float 3" as well; every other tag must name what the text is.
void require_tag_fits(const Cursor& cursor, const Mark& where, std::string_view tag,
                      const YamlScalar& meaning) {
  const std::string_view name = name_of(meaning);
  if (tag == name || (tag == "float" && name == "int") || (tag == "timestamp" && name == "str")) return;
  cursor.fail(where, "the tag !!" + std::string(tag) + " on something that is none");
}

}  // namespace

std::string read_anchor_name(Cursor& cursor) {
  const Mark start = cursor.mark();
  cursor.skip();
  std::string name(read_while(cursor, is_name_character));
  constexpr std::string_view kMayFollow = "?:,]}%@`";
  if (name.empty() || (!cursor.at_separation() && kMayFollow.find(cursor.peek()) == std::string_view::npos))
    cursor.fail(start, "the name of an anchor has letters, digits, - and _ only");
  return name;
}

std::string read_tag(Cursor& cursor) {
  const Mark start = cursor.mark();
  std::string tag;
  if (cursor.peek(1) == '<') {
    cursor.skip(2);
    tag = read_while(cursor, is_uri_character);
    if (tag.empty() || cursor.peek() != '>') cursor.fail(start, "a tag without its closing >");
    cursor.skip();
  } else {
    tag = read_while(cursor, is_uri_character);
    if (tag == "!!") cursor.fail(start, "a tag without its name");
    if (tag.starts_with("!!")) {
      tag.replace(0, 2, kYamlTag);
    } else if (tag.find('!', 1) != std::string::npos) {
      cursor.fail(start, "a tag with a handle of its own");
    }
  }
  if (!cursor.at_separation()) cursor.fail(start, "a tag that does not end with a blank");
  return tag;
}

Value scalar_value(const Cursor& cursor, const Mark& where, std::string text, Style style,
                   const std::optional<std::string>& tag) {
  if (!tag && style == Style::quoted) return text;
  std::string_view name = tag ? std::string_view(*tag) : std::string_view();
  if (tag) {
    if (!name.starts_with(kYamlTag)) return text;
    name.remove_prefix(kYamlTag.size());
    if (name == "binary") return decode_binary(cursor, where, std::move(text));
    constexpr std::array<std::string_view, 5> kResolved = {"bool", "int", "float", "null", "timestamp"};
    if (std::ranges::find(kResolved, name) == kResolved.end()) return text;
  }
  YamlScalar meaning = util::resolve_plain_scalar(text);
  if (tag) require_tag_fits(cursor, where, name, meaning);
  switch (meaning.kind) {
    case YamlScalar::Kind::null:
      return {};
    case YamlScalar::Kind::boolean:
      return meaning.boolean;
    case YamlScalar::Kind::number:
      return Number{std::move(meaning.number), meaning.number_kind == YamlScalar::Number::integer};
    case YamlScalar::Kind::not_json:
      cursor.fail(where, text + " is a number that Helm cannot hold; quote it if it is text");
    case YamlScalar::Kind::string:
      break;
  }
  return text;
}

std::string key_text(const Cursor& cursor, const Mark& where, Value key) {
  if (key.is_string()) return key.as_string();
  if (key.is_bool()) return key.as_bool() ? "true" : "false";
  if (key.is_number())
    return key.as_number().is_integer ? key.as_number().text : util::float_key(key.as_number().text);
  cursor.fail(where, key.is_null() ? "a key that is null" : "a list or map as a key");
}

}  // namespace kots_export::values
