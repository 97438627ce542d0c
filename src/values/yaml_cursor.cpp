#include "values/yaml_cursor.h"

#include <kots_export/util/text.h>

#include <algorithm>
#include <charconv>

namespace kots_export::values {

namespace {

[[noreturn]] void fail_at(std::string_view text, std::string_view source, std::size_t offset,
                          const std::string& why, const std::string& hint) {
  const auto line = 1 + std::ranges::count(text.substr(0, offset), '\n');
  throw Error("cannot read " + std::string(source), "line " + std::to_string(line) + ": " + why, hint);
}

// The character starts at `at`, in well-formed UTF-8, and is no ASCII character.
bool is_control(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  if (byte(0) == 0xC2) return byte(1) < 0xA0 && byte(1) != 0x85;  // C1 controls but NEL
  return byte(0) == 0xEF && byte(1) == 0xBF && byte(2) >= 0xBE;   // U+FFFE, U+FFFF
}

}  // namespace

bool Cursor::at_document_indicator() const noexcept {
  if (column() != 0) return false;
  const std::string_view mark = text_.substr(std::min(offset_, text_.size()), 3);
  return (mark == "---" || mark == "...") && at_separation(3);
}

void Cursor::skip_comment() noexcept {
  if (peek() != '#') return;
  while (!at_end() && !at_break()) skip();
}

std::size_t Cursor::unicode_break_length(std::size_t ahead) const noexcept {
  if (peek(ahead) == '\xC2') return peek(ahead + 1) == '\x85' ? 2 : 0;
  const char third = peek(ahead + 2);
  return peek(ahead + 1) == '\x80' && (third == '\xA8' || third == '\xA9') ? 3 : 0;
}

std::string_view Cursor::read_break() noexcept {
  const std::size_t length = break_length(0);
  const std::string_view as_written = text_.substr(offset_, length);
  offset_ += length;
  line_start_ = offset_;
  ++line_;
  return length == 3 ? as_written : "\n";
}

std::optional<std::uint32_t> Cursor::read_hex(std::size_t digits) noexcept {
  const std::string_view text = text_.substr(std::min(offset_, text_.size()), digits);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.size() < digits || end != text.data() + digits || error != std::errc()) return std::nullopt;
  offset_ += digits;
  return value;
}

void Cursor::fail(const Mark& where, const std::string& why) const {
  const std::string_view before = text_.substr(where.offset - where.column, where.column);
  const auto column = std::ranges::count_if(before, [](char c) { return (c & 0xC0) != 0x80; });
  throw Error("cannot read " + std::string(source_), "line " + std::to_string(where.line + 1) + ", column " +
                                                         std::to_string(column + 1) + ": " + why);
}

void require_yaml_characters(std::string_view text, std::string_view source) {
  if (const auto bad = util::first_invalid_utf8(text))
    fail_at(text, source, *bad, "it is not UTF-8", "Save the file as UTF-8.");
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool is_printable = c >= 0x20 && c < 0x7F;
    if (is_printable || c == '\n' || c == '\t' || c == '\r') continue;
    if (c < 0x80 || ((c == 0xC2 || c == 0xEF) && is_control(text, i)))
      fail_at(text, source, i, "a control character", "In double quotes it can be written as \\xNN.");
  }
}

}  // namespace kots_export::values
