#include <kots_export/util/nearest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <utility>

namespace kots_export::util {

namespace {

constexpr std::size_t kLongest = 64;  // of a word that is worth comparing

char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Levenshtein's, or `enough` where it is no less: a row's least never shrinks. `word` has at most kLongest
// characters.
std::size_t distance(std::string_view name, std::string_view word, std::size_t enough) {
  std::array<std::size_t, kLongest + 1> row;
  std::iota(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(word.size()) + 1, std::size_t{0});
  for (std::size_t i = 0; i < name.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    std::size_t least = row[0];
    for (std::size_t j = 0; j < word.size(); ++j) {
      const std::size_t replaced = diagonal + (lower_case(name[i]) == lower_case(word[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min(replaced, std::min(row[j], diagonal) + 1);
      least = std::min(least, row[j + 1]);
    }
    if (least >= enough) return enough;
  }
  return row[word.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> names, std::size_t most) {
  if (word.size() > kLongest) return {};
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
  return meant.empty() ? "" : ", did you mean " + std::string(meant) + "?";
}

}  // namespace kots_export::util
