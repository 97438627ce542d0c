#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kots_export::values {

// A place in a YAML text as libyaml counts it: lines, characters of the line, and characters of the whole
// text, all from 0.
struct Mark {
  std::size_t line = 0;
  std::size_t column = 0;
  std::size_t index = 0;
};

// How many bytes the line break has that `rest` begins with: CR LF, CR, LF, NEL, LS or PS; 0 where it begins
// with none.
[[nodiscard]] std::size_t break_length(std::string_view rest);

// A YAML text and its name in errors.
class YamlText {
 public:
  // Throws Error where `text` is not UTF-8 or holds a character that YAML has no place for (control
  // characters). Takes a byte order mark off.
  YamlText(std::string_view text, std::string_view source);

  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  // What stands at `mark` and behind it. It is looked for from the place that was asked for last: what it
  // costs is the distance between the two.
  [[nodiscard]] std::string_view from(const Mark& mark);
  // Over how many characters `from` has gone so far.
  [[nodiscard]] std::size_t steps() const noexcept { return steps_; }

  // Throw Error with the place as people count it: lines and characters from 1.
  [[noreturn]] void fail(const Mark& where, const std::string& why) const;
  [[noreturn]] void fail_whole(const std::string& why, const std::string& hint) const;

 private:
  std::string_view text_;
  std::string_view source_;
  std::size_t index_ = 0;   // of the character that `from` was asked for last, and
  std::size_t offset_ = 0;  // its byte
  std::size_t steps_ = 0;
};

}  // namespace kots_export::values
