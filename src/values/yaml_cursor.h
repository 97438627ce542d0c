#pragma once

#include <kots_export/util/error.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kots_export::values {

// A place in a YAML text. Lines and columns count from 0; a column is a number of bytes.
struct Mark {
  std::size_t offset = 0;
  std::size_t line = 0;
  std::size_t column = 0;
};

// Walks over a YAML text. Beyond its end it sees NUL, which no YAML text holds (require_yaml_characters).
class Cursor {
 public:
  Cursor(std::string_view text, std::string_view source) : text_(text), source_(source) {}

  [[nodiscard]] Mark mark() const noexcept { return {offset_, line_, column()}; }
  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }
  [[nodiscard]] std::size_t line() const noexcept { return line_; }
  [[nodiscard]] std::size_t column() const noexcept { return offset_ - line_start_; }
  [[nodiscard]] std::string_view since(std::size_t start) const {
    return text_.substr(start, offset_ - start);
  }

  [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept {
    return offset_ + ahead < text_.size() ? text_[offset_ + ahead] : '\0';
  }
  [[nodiscard]] bool at_end() const noexcept { return offset_ >= text_.size(); }
  [[nodiscard]] bool at_blank(std::size_t ahead = 0) const noexcept {
    return peek(ahead) == ' ' || peek(ahead) == '\t';
  }
  [[nodiscard]] bool at_break(std::size_t ahead = 0) const noexcept { return break_length(ahead) > 0; }
  // A blank, a line break or the end: what must follow the indicators "-", "?" and ":".
  [[nodiscard]] bool at_separation(std::size_t ahead = 0) const noexcept {
    return at_blank(ahead) || offset_ + ahead >= text_.size() || at_break(ahead);
  }
  [[nodiscard]] bool at_indicator(char indicator) const noexcept {
    return peek() == indicator && at_separation(1);
  }
  // "---" or "..." at the start of a line.
  [[nodiscard]] bool at_document_indicator() const noexcept;

  // Moves over bytes of the same line.
  void skip(std::size_t bytes = 1) noexcept { offset_ += bytes; }
  void skip_blanks() noexcept {
    while (at_blank()) skip();
  }
  void skip_comment() noexcept;  // where there is one: to the end of its line
  // Moves over a line break and returns it as YAML has it: LF for CR LF, CR, LF and NEL; LS and PS stay.
  std::string_view read_break() noexcept;
  // Reads so many hexadecimal digits; nothing where they are not all there.
  std::optional<std::uint32_t> read_hex(std::size_t digits) noexcept;

  // Throws Error with the place as people count it: lines and characters from 1.
  [[noreturn]] void fail(const Mark& where, const std::string& why) const;
  [[noreturn]] void fail(const std::string& why) const { fail(mark(), why); }

 private:
  [[nodiscard]] std::size_t break_length(std::size_t ahead) const noexcept {
    const char c = peek(ahead);
    if (c == '\n') return 1;
    if (c == '\r') return peek(ahead + 1) == '\n' ? 2 : 1;
    return c == '\xC2' || c == '\xE2' ? unicode_break_length(ahead) : 0;
  }
  [[nodiscard]] std::size_t unicode_break_length(std::size_t ahead) const noexcept;

  std::string_view text_;
  std::string_view source_;
  std::size_t offset_ = 0;
  std::size_t line_ = 0;
  std::size_t line_start_ = 0;
};

// Throws Error where `text` is not UTF-8 or holds a character that YAML has no place for (control
// characters).
void require_yaml_characters(std::string_view text, std::string_view source);

}  // namespace kots_export::values
