#include "values/yaml_text.h"

#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <array>

namespace kots_export::values {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The character starts at `at`, in well-formed UTF-8, and is no ASCII character.
bool is_control(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  if (byte(0) == 0xC2) return byte(1) < 0xA0 && byte(1) != 0x85;  // C1 controls but NEL
  return byte(0) == 0xEF && byte(1) == 0xBF && byte(2) >= 0xBE;   // U+FFFE, U+FFFF
}

// libyaml passes over a byte order mark at the start of any line, Go's copy of it reads it as text.
bool is_mark_at_line_start(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  constexpr std::array<std::string_view, 6> kLineStarts = {"\n",           "\r",           "\xC2\x85",
                                                           "\xE2\x80\xA8", "\xE2\x80\xA9", kByteOrderMark};
  return at > 0 && text.substr(at).starts_with(kByteOrderMark) &&
         std::ranges::any_of(kLineStarts, [&](std::string_view end) { return before.ends_with(end); });
}

std::size_t character_length(unsigned char first) {
  if (first < 0x80) return 1;
  return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

bool is_inside_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

std::size_t break_length(std::string_view rest) {
  if (rest.starts_with("\r\n")) return 2;
  if (rest.starts_with('\n') || rest.starts_with('\r')) return 1;
  if (rest.starts_with("\xC2\x85")) return 2;
  return rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9") ? 3 : 0;
}

YamlText::YamlText(std::string_view text, std::string_view source) : text_(text), source_(source) {
  const auto fail_at = [&](std::size_t offset, const std::string& why, const std::string& hint) {
    const auto line = 1 + std::ranges::count(text.substr(0, offset), '\n');
    fail_whole(util::filled("line {line}: {why}", {{"line", line}, {"why", why}}), hint);
  };
  if (const auto bad = util::first_invalid_utf8(text))
    fail_at(*bad, "it is not UTF-8", "Save the file as UTF-8.");
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool is_printable = c >= 0x20 && c < 0x7F;
    if (is_printable || c == '\n' || c == '\t' || c == '\r') continue;
    if (c < 0x80 || ((c == 0xC2 || c == 0xEF) && is_control(text, i)))
      fail_at(i, "a control character", "In double quotes it can be written as \\xNN.");
    if (c == 0xEF && is_mark_at_line_start(text, i))
      fail_at(i, "a byte order mark inside of the text", "Files that were put together have one; delete it.");
  }
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
}

std::string_view YamlText::from(const Mark& mark) {
  while (index_ < mark.index && offset_ < text_.size()) {
    offset_ += character_length(static_cast<unsigned char>(text_[offset_]));
    ++index_;
    ++steps_;
  }
  while (index_ > mark.index) {
    do --offset_;
    while (is_inside_character(text_[offset_]));
    --index_;
    ++steps_;
  }
  return text_.substr(offset_);
}

void YamlText::fail(const Mark& where, const std::string& why) const {
  fail_whole(util::filled("line {line}, column {column}: {why}",
                          {{"line", where.line + 1}, {"column", where.column + 1}, {"why", why}}),
             {});
}

void YamlText::fail_whole(const std::string& why, const std::string& hint) const {
  throw Error(util::filled("cannot read {source}", {{"source", source_}}), why, hint);
}

}  // namespace kots_export::values
