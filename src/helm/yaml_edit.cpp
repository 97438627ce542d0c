#include "helm/yaml_edit.h"

#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <utility>

namespace kots_export::helm {

namespace {

constexpr std::string_view kBlanks = " \t";

bool is_quote(char c) { return c == '"' || c == '\''; }

[[noreturn]] void give_up(const YAML::Node& node) {
  throw Error(
      util::filled("line {line} is written in a way that is not understood", {{"line", node.Mark().line}}));
}

}  // namespace

Entry YamlEdit::find(const YAML::Node& map, std::string_view key) {
  Entry found{.key = YAML::Node(YAML::NodeType::Undefined), .value = YAML::Node(YAML::NodeType::Undefined)};
  if (!map.IsDefined() || !map.IsMap()) return found;
  for (const auto& entry : map) {
    if (!entry.first.IsScalar() || entry.first.Scalar() != key) continue;
    if (found.key.IsDefined()) throw Error(util::filled("{key} stands twice", {{"key", key}}));
    found = {.key = entry.first, .value = entry.second};
  }
  return found;
}

// A plain or quoted scalar on one line that says what it means: no anchor, tag or escape before or in it.
YamlEdit::Place YamlEdit::place_of(const YAML::Node& scalar) const {
  const YAML::Mark mark = scalar.Mark();
  if (!scalar.IsScalar() || mark.is_null() || mark.pos < 0) give_up(scalar);
  const auto begin = static_cast<std::size_t>(mark.pos);
  if (begin >= text_.size()) give_up(scalar);
  const std::string& word = scalar.Scalar();
  const std::size_t quotes = is_quote(text_[begin]) ? 1 : 0;
  const std::size_t end = begin + quotes + word.size() + quotes;
  const bool is_there = text_.substr(begin + quotes, word.size()) == word && end <= text_.size() &&
                        (quotes == 0 || text_[end - 1] == text_[begin]);
  if (!is_there || word.empty()) give_up(scalar);
  return {.begin = begin, .end = end};
}

std::string YamlEdit::in_quotes_of(const Place& place, std::string_view word) const {
  const char quote = text_[place.begin];
  return is_quote(quote) ? quote + std::string(word) + quote : std::string(word);
}

void YamlEdit::edit(Place place, std::string text) {
  const auto [known, is_new] = edits_.try_emplace(place.begin, Edit{place.end, text});
  // The same node may be reached twice: by an alias.
  if (!is_new && known->second != Edit{place.end, std::move(text)})
    throw Error("two changes meet at one place");
}

void YamlEdit::replace_scalar(const YAML::Node& scalar, std::string_view word) {
  const Place place = place_of(scalar);
  edit(place, in_quotes_of(place, word));
}

void YamlEdit::replace_entry(const Entry& entry, std::string_view key, std::string_view json_value) {
  replace_scalar(entry.key, key);
  edit(place_of(entry.value), std::string(json_value));
}

void YamlEdit::erase_entry(const YAML::Node& map, const Entry& entry) {
  Place place{.begin = place_of(entry.key).begin, .end = place_of(entry.value).end};
  if (map.Style() == YAML::EmitterStyle::Flow) {
    const std::size_t next = text_.find_first_not_of(kBlanks, place.end);
    if (next < text_.size() && text_[next] == ',') {
      place.end = std::min(text_.find_first_not_of(kBlanks, next + 1), text_.size());
    } else {
      const std::size_t before = text_.find_last_not_of(kBlanks, place.begin - 1);
      if (before == std::string_view::npos || text_[before] != ',') give_up(entry.key);
      place.begin = before;
    }
    return edit(place, "");
  }
  // The whole line, with what may stand behind it: a comment.
  const std::size_t line = text_.rfind('\n', place.begin) + 1;  // 0 where there is none
  if (text_.substr(line, place.begin - line).find_first_not_of(kBlanks) != std::string_view::npos)
    give_up(entry.key);
  const std::size_t end = text_.find('\n', place.end);
  edit({.begin = line, .end = end == std::string_view::npos ? text_.size() : end + 1}, "");
}

void YamlEdit::insert_before(const YAML::Node& map, const Entry& entry, std::string_view key,
                             std::string_view value) {
  const Place place = place_of(entry.key);
  std::string inserted = in_quotes_of(place, key) + ": " + in_quotes_of(place, value);
  if (map.Style() == YAML::EmitterStyle::Flow) {
    inserted += ", ";
  } else {
    const std::size_t line = text_.rfind('\n', place.begin) + 1;
    inserted += '\n' + std::string(place.begin - line, ' ');
  }
  edit({.begin = place.begin, .end = place.begin}, std::move(inserted));
}

std::string YamlEdit::result() const {
  std::string result;
  std::size_t at = 0;
  for (const auto& [begin, edit] : edits_) {
    if (begin < at) throw Error("two changes meet at one place");
    result.append(text_.substr(at, begin - at)).append(edit.text);
    at = edit.end;
  }
  return result.append(text_.substr(at));
}

}  // namespace kots_export::helm
