#include <kots_export/util/error.h>
#include <kots_export/util/text.h>
#include <kots_export/values/yaml.h>
#include <kots_export/values/yaml_edit.h>

#include "values/yaml_spots.h"
#include "values/yaml_text.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

namespace kots_export::values {

namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::size_t kIndent = 2;

constexpr const char* kIsAnchored = " is an alias or has an anchor";
constexpr const char* kIsNoMap = " is not a map";

[[noreturn]] void fail(const Path& path, std::string_view source, const std::string& why) {
  throw CannotEdit(util::filled("cannot set {path} in {source} and leave all else as it is",
                                {{"path", to_string(path)}, {"source", source}}),
                   why);
}

// "KEY: VALUE" for what is left of the path, a key a line.
std::string lines_of(std::span<const std::string> keys, Value value) {
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    Map map;
    map.set(*key, std::move(value));
    value = std::move(map);
  }
  return to_yaml(value);
}

// What stands behind a key.
std::string scalar_of(const Value& value) {
  constexpr std::string_view kKey = "k: ";
  Map map;
  map.set("k", value);
  const std::string line = to_yaml(map);
  return line.substr(kKey.size(), line.size() - kKey.size() - 1);
}

// Whatever was not thought of: an edited text must mean what it meant before, and the new value.
bool means(std::string_view text, const Value& wanted) {
  try {
    return parse_yaml(text, "the edited values") == wanted;
  } catch (const Error&) {
    return false;
  }
}

class Editor {
 public:
  Editor(std::string_view text, std::string_view source, const Path& path, const Value& value)
      : text_(text), source_(source), path_(path), value_(value) {}

  std::string edit() {
    const Spot root = find_spots(text_, source_);
    require_block(root, 0);
    const Spot* map = &root;
    for (std::size_t depth = 0;; ++depth) {
      const auto entry = std::ranges::find(map->entries, path_[depth], &Spot::Entry::key);
      if (entry == map->entries.end()) return add_to(*map, depth);
      const Spot& found = entry->value;
      if (found.kind == Spot::Kind::alias || found.has_anchor) refuse(depth + 1, kIsAnchored);
      const bool is_last = depth + 1 == path_.size();
      if (is_last) return replace(*entry);
      if (found.kind == Spot::Kind::scalar || is_empty_map(found)) return make_map_of(*entry, depth);
      require_block(found, depth + 1);
      map = &found;
    }
  }

 private:
  // The first `keys` keys of the path.
  [[nodiscard]] Path path_to(std::size_t keys) const {
    return {path_.begin(), path_.begin() + static_cast<std::ptrdiff_t>(keys)};
  }

  // `what` is wrong with what stands at the first `keys` keys.
  [[noreturn]] void refuse(std::size_t keys, const std::string& what) const {
    fail(path_, source_, (keys == 0 ? "the file" : to_string(path_to(keys))) + what);
  }

  // A comment in it would be lost.
  [[nodiscard]] bool is_empty_map(const Spot& spot) const {
    return spot.kind == Spot::Kind::map && spot.style == Spot::Style::flow && spot.entries.empty() &&
           !spot.is_merged &&
           text_.substr(spot.begin, spot.end - spot.begin).find('#') == std::string_view::npos;
  }

  void require_block(const Spot& map, std::size_t keys) const {
    if (map.has_anchor) refuse(keys, kIsAnchored);
    if (map.is_merged) refuse(keys, " has entries from a merge key (<<)");
    if (map.style == Spot::Style::flow) refuse(keys, " is written in brackets");
    if (map.kind != Spot::Kind::map) refuse(keys, kIsNoMap);
  }

  // Where the line ends that byte `at` is in, before its line break.
  [[nodiscard]] std::size_t line_end(std::size_t at) const {
    while (at < text_.size() && break_length(text_.substr(at)) == 0) ++at;
    return at;
  }

  // The line break that the text uses.
  [[nodiscard]] std::string_view line_break() const {
    const std::size_t end = line_end(0);
    return end == text_.size() ? "\n" : text_.substr(end, break_length(text_.substr(end)));
  }

  [[nodiscard]] std::string spliced(std::size_t begin, std::size_t end, std::string_view inserted) const {
    return std::string(text_.substr(0, begin)).append(inserted).append(text_.substr(end));
  }

  // `lines` as lines of this text.
  [[nodiscard]] std::string indented(const std::string& lines, std::size_t column) const {
    std::string out;
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t end = lines.find('\n', at);
      out.append(column, ' ').append(lines, at, end - at).append(line_break());
      at = end + 1;
    }
    return out;
  }

  // `text` with `lines` behind the line that byte `at` is in; a block scalar ends where a line begins.
  [[nodiscard]] std::string with_lines(const std::string& text, std::size_t at, std::string lines) const {
    const bool is_line_start = at > 0 && (text[at - 1] == '\n' || text[at - 1] == '\r');
    if (!is_line_start) {
      while (at < text.size() && break_length(std::string_view(text).substr(at)) == 0) ++at;
      if (at == text.size()) {
        // The last line has no line break, and gets none.
        const std::string_view end = line_break();
        lines.erase(lines.size() - end.size());
        return text + std::string(end) + lines;
      }
      at += break_length(std::string_view(text).substr(at));
    }
    return std::string(text).insert(at, lines);
  }

  [[nodiscard]] std::string add_to(const Spot& map, std::size_t depth) const {
    const std::string lines =
        indented(lines_of(std::span(path_).subspan(depth), value_), map.entries.front().column);
    return with_lines(std::string(text_), map.end, lines);
  }

  // A null or {} becomes a map of what is below it.
  [[nodiscard]] std::string make_map_of(const Spot::Entry& entry, std::size_t depth) const {
    const Spot& spot = entry.value;
    const Value old = parse_yaml(text_, source_);
    const Value* standing = find(old, path_to(depth + 1));
    if (standing == nullptr || !(standing->is_null() || standing->is_map())) refuse(depth + 1, kIsNoMap);
    std::size_t begin = spot.begin;
    while (begin > 0 && kBlanks.find(text_[begin - 1]) != std::string_view::npos && spot.begin < spot.end)
      --begin;
    const std::string without = spliced(begin, spot.end, "");
    return with_lines(
        without, begin,
        indented(lines_of(std::span(path_).subspan(depth + 1), value_), entry.column + kIndent));
  }

  [[nodiscard]] std::string replace(const Spot::Entry& entry) const {
    const Spot& spot = entry.value;
    if (spot.kind != Spot::Kind::scalar) refuse(path_.size(), " is a map or a list");
    const std::string written = scalar_of(value_);
    if (spot.begin == spot.end) return spliced(spot.begin, spot.end, " " + written);
    // A block scalar has its line breaks with it.
    std::size_t end = spot.end;
    while (end > spot.begin && std::string_view(" \t\r\n").find(text_[end - 1]) != std::string_view::npos)
      --end;
    return spliced(spot.begin, end, written);
  }

  std::string_view text_;
  std::string_view source_;
  const Path& path_;
  const Value& value_;
};

}  // namespace

std::string edit_yaml(std::string_view text, std::string_view source, const Path& path, const Value& value) {
  Value wanted = parse_yaml(text, source);
  require_map(wanted);
  const Value* standing = find(wanted, path);
  if (standing != nullptr && *standing == value) return std::string(text);
  std::string edited = Editor(text, source, path, value).edit();
  set(wanted, path, value);
  if (!means(edited, wanted)) fail(path, source, "it is written in a way that is not understood");
  return edited;
}

}  // namespace kots_export::values
