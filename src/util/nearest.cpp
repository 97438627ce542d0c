#include <kots_export/util/nearest.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <utility>

namespace kots_export::util {

namespace {

constexpr std::size_t kLongest = 64;  // of a word that is worth comparing

char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Damerau's, of which two letters that changed places are one step (optimal string alignment), or `enough`
// where it is no less: two rows' least never shrinks. `word` has at most kLongest characters.
std::size_t distance(std::string_view name, std::string_view word, std::size_t enough) {
  using Row = std::array<std::size_t, kLongest + 1>;
  const auto same = [&](std::size_t i, std::size_t j) { return lower_case(name[i]) == lower_case(word[j]); };
  Row before{};  // the row above `above`
  Row above{};
  Row row{};
  std::iota(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(word.size()) + 1, std::size_t{0});
  std::size_t least = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    before = std::exchange(above, row);
    row[0] = i + 1;
    const std::size_t least_above = std::exchange(least, row[0]);
    for (std::size_t j = 0; j < word.size(); ++j) {
      row[j + 1] = std::min({above[j] + (same(i, j) ? 0 : 1), row[j] + 1, above[j + 1] + 1});
      const bool are_swapped = i > 0 && j > 0 && same(i, j - 1) && same(i - 1, j);
      if (are_swapped) row[j + 1] = std::min(row[j + 1], before[j - 1] + 1);
      least = std::min(least, row[j + 1]);
    }
    if (std::min(least, least_above) >= enough) return enough;
  }
  return row[word.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> names, std::size_t most) {
  // One step from a single letter is any other.
  if (word.size() < 2 || word.size() > kLongest) return {};
  std::string_view found;
  std::size_t least = std::min(std::max<std::size_t>(1, word.size() / 3), most) + 1;
  for (const std::string_view name : names) {
    if (std::max(name.size(), word.size()) - std::min(name.size(), word.size()) >= least) continue;
    if (const std::size_t steps = distance(name, word, least); steps < least) {
      least = steps;
      found = name;
    }
  }
  return found;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> names) {
  const std::string_view meant = nearest(word, names);
  return meant.empty() ? "" : filled(", did you mean {name}?", {{"name", meant}});
}

}  // namespace kots_export::util
