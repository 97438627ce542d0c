#include "ui/prose.h"

#include <algorithm>
#include <array>
#include <string>

namespace kots_export::ui {

namespace {

// As GFM 6.9 and GitHub's mentions begin.
bool looks_like_a_link(std::string_view word) {
  constexpr std::array<std::string_view, 3> kSigns = {"@", "://", "www."};
  return std::ranges::any_of(
      kSigns, [&](std::string_view sign) { return word.find(sign) != std::string_view::npos; });
}

void add(Line& line, std::string_view text, Style style) {
  if (text.empty()) return;
  if (style == Style::plain && !line.empty() && line.back().style == Style::plain) {
    line.back().text += text;
  } else {
    line.push_back({.text = std::string(text), .style = style});
  }
}

void add_words(Line& line, std::string_view words) {
  while (!words.empty()) {
    const std::string_view blanks = words.substr(0, words.find_first_not_of(" \t\n"));
    add(line, blanks, Style::plain);
    words.remove_prefix(blanks.size());
    const std::string_view word = words.substr(0, words.find_first_of(" \t\n"));
    add(line, word, looks_like_a_link(word) ? Style::name : Style::plain);
    words.remove_prefix(word.size());
  }
}

}  // namespace

Line line_of(std::string_view prose) {
  Line line;
  while (!prose.empty()) {
    const auto open = prose.find('`');
    const auto close = open == std::string_view::npos ? open : prose.find('`', open + 1);
    if (close == std::string_view::npos) {
      add_words(line, prose);
      break;
    }
    add_words(line, prose.substr(0, open));
    add(line, prose.substr(open + 1, close - open - 1), Style::name);
    prose.remove_prefix(close + 1);
  }
  return line;
}

}  // namespace kots_export::ui
