#include "values/line_diff.h"

#include <kots_export/util/align.h>

#include <algorithm>
#include <functional>

namespace kots_export::values {

namespace {

using Side = LineChange::Side;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return lines;
}

}  // namespace

std::vector<LineChange> line_diff(std::string_view before, std::string_view after) {
  std::vector<std::string_view> a = lines_of(before);
  std::vector<std::string_view> b = lines_of(after);
  const auto [end_a, end_b] = std::ranges::mismatch(a, b);
  const auto common = static_cast<std::size_t>(end_a - a.begin());
  a.erase(a.begin(), end_a);
  b.erase(b.begin(), end_b);
  while (!a.empty() && !b.empty() && a.back() == b.back()) {
    a.pop_back();
    b.pop_back();
  }
  std::vector<LineChange> changes;
  const bool ends_differ = before.ends_with('\n') != after.ends_with('\n');
  const auto add = [&](Side side, std::size_t index, std::string_view line) {
    const bool has_break = line.ends_with('\n');
    if (has_break) line.remove_suffix(1);
    changes.push_back({.side = side,
                       .line = common + index + 1,
                       .text = std::string(line),
                       .is_cut = ends_differ && !has_break});
  };
  constexpr std::size_t kMost = 4'000'000;  // comparisons
  if (a.size() * b.size() > kMost) {
    for (std::size_t i = 0; i < a.size(); ++i) add(Side::before, i, a[i]);
    for (std::size_t j = 0; j < b.size(); ++j) add(Side::after, j, b[j]);
    return changes;
  }
  for (const auto& [i, j] : util::align(a, b, std::equal_to<>())) {
    if (i && j) continue;
    if (i) add(Side::before, *i, a[*i]);
    if (j) add(Side::after, *j, b[*j]);
  }
  return changes;
}

}  // namespace kots_export::values
