#pragma once

#include <kots_export/values/value.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

// Two values compared by meaning: the order of keys, comments, quotes and the form of numbers do not count.
namespace kots_export::values {

// Of two texts of which one has several lines.
struct LineChange {
  enum class Side { before, after } side = Side::before;  // removed or added
  std::size_t line = 1;                                   // of its own text
  std::string text;                                       // empty where it is hidden
  bool is_cut = false;  // the last of its text, which has no line break at its end where the other has one
};

struct TextChange {
  std::vector<LineChange> lines;  // what differs, in the order of the texts
  std::size_t bytes_before = 0;
  std::size_t bytes_after = 0;
  bool is_rough = false;  // too many lines differ to look for the fewest: some of these may be in both
};

struct Difference {
  std::string path;             // "telegraf.args[2]"; empty where the documents themselves differ in kind
  std::optional<Value> before;  // nothing: it was added
  std::optional<Value> after;   // nothing: it was removed
  std::optional<TextChange> text = std::nullopt;  // where both are texts and one has several lines
};

enum class ShowSecrets { no, yes };

// Returns what differs, in the order of `before`'s keys, then what `after` added. A map that is on one side
// only is one difference. Without ShowSecrets, what may be secret is masked as `masked` does it, and of a
// secret text's lines only their numbers are told.
[[nodiscard]] std::vector<Difference> diff(const Value& before, const Value& after, ShowSecrets show_secrets);

}  // namespace kots_export::values
