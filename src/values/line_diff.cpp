#include "values/line_diff.h"

#include <algorithm>
#include <cstdint>

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

// Lengths of the longest common subsequences of what lies from (i, j) on.
class Lengths {
 public:
  Lengths(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b)
      : width_(b.size() + 1), lengths_((a.size() + 1) * width_) {
    for (std::size_t i = a.size(); i-- > 0;)
      for (std::size_t j = b.size(); j-- > 0;)
        lengths_[i * width_ + j] = a[i] == b[j] ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
  }
  [[nodiscard]] std::uint32_t at(std::size_t i, std::size_t j) const { return lengths_[i * width_ + j]; }

 private:
  std::size_t width_;
  std::vector<std::uint32_t> lengths_;
};

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
  const auto add = [&](Side side, std::size_t index, std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    changes.push_back({.side = side, .line = common + index + 1, .text = std::string(line)});
  };
  constexpr std::size_t kMost = 4'000'000;  // 16 MB of lengths
  const bool is_long = a.size() * b.size() > kMost;
  const Lengths lengths(is_long ? std::vector<std::string_view>() : a,
                        is_long ? std::vector<std::string_view>() : b);
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (!is_long && i < a.size() && j < b.size() && a[i] == b[j]) {
      ++i;
      ++j;
    } else if (i < a.size() && (is_long || j == b.size() || lengths.at(i + 1, j) >= lengths.at(i, j + 1))) {
      add(Side::before, i, a[i]);
      ++i;
    } else {
      add(Side::after, j, b[j]);
      ++j;
    }
  }
  return changes;
}

}  // namespace kots_export::values
