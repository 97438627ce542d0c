#pragma once

#include <concepts>
#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Small questions about text that several rooms ask.
namespace kots_export::util {

// Returns `word` so that a POSIX shell reads it as one word: as it stands where every character is safe
// (letters, digits and _@%+=:,./-), else in single quotes. Empty gives ''.
[[nodiscard]] std::string shell_quote(std::string_view word);

// Returns `text` with every byte outside RFC 3986's unreserved set percent-encoded (%XX, upper case).
[[nodiscard]] std::string percent_encode(std::string_view text);

// True where `bytes` are well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view bytes);

// Returns the offset of the first byte that breaks UTF-8, or nothing.
[[nodiscard]] std::optional<std::size_t> first_invalid_utf8(std::string_view bytes);

// Returns `text` with control characters (but tab and line feed) and invalid UTF-8 as \xNN, and the
// characters that turn the direction of writing or break lines (Unicode's bidirectional controls, U+2028,
// U+2029) as \uNNNN, so that foreign text (a server's message, a Pod's log) cannot move the cursor, change
// colours of the operator's terminal or look like something else.
[[nodiscard]] std::string printable(std::string_view text);

// Returns `text` without blanks, tabs, CR and LF at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);

// Returns `text` with the letters A to Z in lower case.
[[nodiscard]] std::string lower(std::string_view text);

// What stands for {name} in a sentence.
struct Argument {
  Argument(std::string_view argument, std::string text) : name(argument), value(std::move(text)) {}
  Argument(std::string_view argument, std::string_view text) : name(argument), value(text) {}
  Argument(std::string_view argument, const char* text) : name(argument), value(text) {}
  Argument(std::string_view argument, const std::filesystem::path& path)
      : name(argument), value(path.string()) {}
  Argument(std::string_view argument, std::integral auto number)
      : name(argument), value(std::to_string(number)) {}

  std::string_view name;
  std::string value;
};

// A sentence taken apart, in its order: the words between the names, and each {name}.
struct SentencePart {
  std::string_view text;  // of a name: without its braces
  enum class Kind { words, name } kind = Kind::words;
};
[[nodiscard]] std::vector<SentencePart> parts_of(std::string_view sentence);

// Returns `sentence` with each {name} of `arguments` filled in, in one pass: the braces of a value are its
// own. A name that is not among them stays as it is. Sentences stand whole where they are used, never glued
// from parts: they are to be found by what a person reads, and translated.
//   filled("cannot read {file}: {why}", {{"file", path}, {"why", "permission denied"}})
[[nodiscard]] std::string filled(std::string_view sentence, std::span<const Argument> arguments);
[[nodiscard]] std::string filled(std::string_view sentence, std::initializer_list<Argument> arguments);

// "1 change", "2 changes": `word` is one that takes an s.
[[nodiscard]] std::string counted(std::size_t count, std::string_view word);

// "a, b, c"; of more than `most` the first of them "and 3 more".
[[nodiscard]] std::string listed(std::span<const std::string> names, std::size_t most = 10);

// True where `a` comes before `b` in an order for people, in which numbers count as numbers: "a-2" before
// "a-10". A strict order: two texts that differ are never equal.
[[nodiscard]] bool natural_less(std::string_view a, std::string_view b);

}  // namespace kots_export::util
