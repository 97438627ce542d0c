#include "values/line_diff.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

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

// Lines as numbers, and where in their text they stand. Only those that both texts have: another belongs to
// none.
struct Numbered {
  std::vector<std::size_t> lines;
  std::vector<std::size_t> places;
};

std::pair<Numbered, Numbered> numbered(const std::vector<std::string_view>& before,
                                       const std::vector<std::string_view>& after) {
  struct Known {
    std::size_t number = 0;
    bool is_after = false;
  };
  std::unordered_map<std::string_view, Known> known;
  for (const std::string_view line : before) known.try_emplace(line, Known{.number = known.size()});
  std::pair<Numbered, Numbered> both;
  const auto add = [](Numbered& to, const Known& line, std::size_t place) {
    to.lines.push_back(line.number);
    to.places.push_back(place);
  };
  for (std::size_t j = 0; j < after.size(); ++j) {
    const auto found = known.find(after[j]);
    if (found == known.end()) continue;
    found->second.is_after = true;
    add(both.second, found->second, j);
  }
  for (std::size_t i = 0; i < before.size(); ++i)
    if (const Known& line = known.at(before[i]); line.is_after) add(both.first, line, i);
  return both;
}

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

// The places of the most lines that both have in the same order; nothing where more than kMostEdits lines
// would have to go or come. Source: Myers, "An O(ND) Difference Algorithm and Its Variations", 1986.
class CommonLines {
 public:
  CommonLines(const std::vector<std::size_t>& before, const std::vector<std::size_t>& after)
      : before_(before),
        after_(after),
        most_(std::min(length(before) + length(after), kMostEdits)),
        reached_(static_cast<std::size_t>(2 * most_ + 3), 0) {}

  std::optional<Pairs> find() {
    for (Place edits = 0; edits <= most_; ++edits) {
      const auto first = reached_.begin() + (most_ - edits);
      rounds_.emplace_back(first, first + 2 * edits + 3);
      for (Place diagonal = -edits; diagonal <= edits; diagonal += 2) {
        Place i = start(edits, diagonal).second;
        while (i < length(before_) && i - diagonal < length(after_) && is_same(i, i - diagonal)) ++i;
        reached_[static_cast<std::size_t>(most_ + 1 + diagonal)] = i;
        if (i >= length(before_) && i - diagonal >= length(after_)) return way_back();
      }
    }
    return std::nullopt;
  }

 private:
  using Place = std::ptrdiff_t;  // a diagonal, before less after, may be negative
  // Rounds are kept for the way back: 18 MB of them.
  static constexpr Place kMostEdits = 1'500;

  static Place length(const std::vector<std::size_t>& lines) { return static_cast<Place>(lines.size()); }
  [[nodiscard]] bool is_same(Place i, Place j) const {
    return before_[static_cast<std::size_t>(i)] == after_[static_cast<std::size_t>(j)];
  }
  // How far `diagonal` was reached before the round of `edits`.
  [[nodiscard]] Place reached_before(Place edits, Place diagonal) const {
    return rounds_[static_cast<std::size_t>(edits)][static_cast<std::size_t>(diagonal + edits + 1)];
  }
  // The diagonal that `diagonal` is reached from with one edit more, and where in `before` that leads.
  [[nodiscard]] std::pair<Place, Place> start(Place edits, Place diagonal) const {
    const Place above = reached_before(edits, diagonal + 1);
    const Place left = reached_before(edits, diagonal - 1);
    const bool came = diagonal == -edits || (diagonal != edits && left < above);
    return came ? std::pair(diagonal + 1, above) : std::pair(diagonal - 1, left + 1);
  }

  [[nodiscard]] Pairs way_back() const {
    Pairs pairs;
    Place i = length(before_);
    Place j = length(after_);
    for (auto edits = length_of_rounds() - 1; edits >= 0; --edits) {
      const auto [from, started] = start(edits, i - j);
      for (; i > started; --i, --j)
        pairs.emplace_back(static_cast<std::size_t>(i - 1), static_cast<std::size_t>(j - 1));
      if (edits == 0) break;
      i = reached_before(edits, from);
      j = i - from;
    }
    std::ranges::reverse(pairs);
    return pairs;
  }
  [[nodiscard]] Place length_of_rounds() const { return static_cast<Place>(rounds_.size()); }

  const std::vector<std::size_t>& before_;
  const std::vector<std::size_t>& after_;
  Place most_;
  std::vector<Place> reached_;
  std::vector<std::vector<Place>> rounds_;
};

}  // namespace

LineDiff line_diff(std::string_view before, std::string_view after) {
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
  LineDiff found;
  const bool ends_differ = before.ends_with('\n') != after.ends_with('\n');
  const auto add = [&](Side side, std::size_t index, std::string_view line) {
    const bool has_break = line.ends_with('\n');
    if (has_break) line.remove_suffix(1);
    found.lines.push_back({.side = side,
                           .line = common + index + 1,
                           .text = std::string(line),
                           .is_cut = ends_differ && !has_break});
  };
  const auto [both_a, both_b] = numbered(a, b);
  const auto pairs = CommonLines(both_a.lines, both_b.lines).find();
  found.is_rough = !pairs.has_value();
  std::size_t i = 0;
  std::size_t j = 0;
  const auto tell_until = [&](std::size_t i_met, std::size_t j_met) {
    for (; i < i_met; ++i) add(Side::before, i, a[i]);
    for (; j < j_met; ++j) add(Side::after, j, b[j]);
  };
  for (const auto& [met_a, met_b] : pairs.value_or(Pairs())) {
    tell_until(both_a.places[met_a], both_b.places[met_b]);
    ++i;
    ++j;
  }
  tell_until(a.size(), b.size());
  return found;
}

}  // namespace kots_export::values
