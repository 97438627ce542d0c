#include "values/yaml_node.h"

#include <kots_export/util/base64.h>
#include <kots_export/util/text.h>
#include <kots_export/util/yaml_scalar.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>

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

// Of a tag; "%" begins an escape.
bool is_uri_character(char c) {
  constexpr std::string_view kPunctuation = ";/?:@&=+$,.!~*'()[]";
  return is_name_character(c) || (c != '\0' && kPunctuation.find(c) != std::string_view::npos);
}

// How many octets a character of UTF-8 has that begins with this one; 0 where none does. As libyaml takes
// them.
std::size_t width_of(std::uint32_t octet) {
  if (octet < 0x80) return 1;
  if (octet >= 0xC0 && octet < 0xE0) return 2;
  if (octet >= 0xE0 && octet < 0xF0) return 3;
  return octet >= 0xF0 && octet < 0xF8 ? 4 : 0;
}

// "%C3%A9": one character. Source: libyaml, yaml_parser_scan_uri_escapes.
void read_uri_escape(Cursor& cursor, const Mark& start, std::string& uri) {
  const auto octet = [&] {
    const bool is_escape = cursor.peek() == '%';
    cursor.skip();
    const auto value = is_escape ? cursor.read_hex(2) : std::nullopt;
    if (!value) cursor.fail(start, "a tag with a % without two hexadecimal digits");
    uri += static_cast<char>(*value);
    return *value;
  };
  const std::size_t width = width_of(octet());
  bool is_utf8 = width > 0;
  for (std::size_t i = 1; i < width; ++i) is_utf8 = (octet() & 0xC0U) == 0x80 && is_utf8;
  if (!is_utf8) cursor.fail(start, "a tag with escapes that are not UTF-8");
}

// What a tag names, its escapes decoded.
std::string read_uri(Cursor& cursor, const Mark& start) {
  std::string uri;
  for (;;) {
    uri += read_while(cursor, is_uri_character);
    if (cursor.peek() != '%') return uri;
    read_uri_escape(cursor, start, uri);
  }
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

bool fits_63_bits(std::string_view digits) {
  std::int64_t value = 0;
  return std::from_chars(digits.data(), digits.data() + digits.size(), value).ec == std::errc();
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
  if (tag == name || (tag == "float" && name == "int")) return;
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
  cursor.skip();
  if (cursor.peek() == '<') {
    cursor.skip();
    tag = read_uri(cursor, start);
    if (tag.empty() || cursor.peek() != '>') cursor.fail(start, "a tag without its closing >");
    cursor.skip();
  } else if (const auto word = read_while(cursor, is_name_character); cursor.peek() != '!') {
    tag = "!" + std::string(word) + read_uri(cursor, start);
  } else {
    if (!word.empty()) cursor.fail(start, "a tag with a handle of its own");
    cursor.skip();
    const std::string name = read_uri(cursor, start);
    if (name.empty()) cursor.fail(start, "a tag without its name");
    tag = std::string(kYamlTag) + name;
  }
  if (!cursor.at_separation()) cursor.fail(start, "a tag that does not end with a blank");
  return tag;
}

bool is_merge_key(std::string_view text, Style style, const std::optional<std::string>& tag) {
  if (text != "<<") return false;
  return tag ? *tag == "!" || *tag == "tag:yaml.org,2002:merge" : style == Style::plain;
}

Value scalar_value(const Cursor& cursor, const Mark& where, std::string text, Style style,
                   const std::optional<std::string>& tag) {
  if (!tag && style == Style::quoted) return text;
  std::string_view name = tag ? std::string_view(*tag) : std::string_view();
  if (tag) {
    if (!name.starts_with(kYamlTag)) return text;
    name.remove_prefix(kYamlTag.size());
    if (name == "timestamp") cursor.fail(where, "!!timestamp; for Helm it is a text: leave the tag away");
    if (name == "binary") return decode_binary(cursor, where, std::move(text));
    constexpr std::array<std::string_view, 4> kResolved = {"bool", "int", "float", "null"};
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
  if (key.is_string()) return std::move(key.as_string());
  if (key.is_bool()) return key.as_bool() ? "true" : "false";
  if (key.is_number()) {
    const Number& number = key.as_number();
    if (!number.is_integer) return util::float_key(number.text);
    if (!fits_63_bits(number.text)) cursor.fail(where, "a whole number as a key that has more than 63 bits");
    return number.text;
  }
  cursor.fail(where, key.is_null() ? "a key that is null" : "a list or map as a key");
}

}  // namespace kots_export::values
