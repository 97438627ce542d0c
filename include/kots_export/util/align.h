#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace kots_export::util {

// The places of two things that belong together, or of one that stands alone.
struct AlignedPair {
  std::optional<std::size_t> before;
  std::optional<std::size_t> after;
};

// Goes through both side by side. Where they part, what lies before the nearest place at which they meet
// again went and came.
template <typename T, typename Same>
std::vector<AlignedPair> align(const std::vector<T>& before, const std::vector<T>& after, Same same) {
  std::vector<AlignedPair> pairs;
  const auto meet = [&](std::size_t i, std::size_t j) -> std::pair<std::size_t, std::size_t> {
    const std::size_t left = before.size() - i + after.size() - j;
    for (std::size_t apart = 1; apart < left; ++apart) {
      for (std::size_t k = 0; k <= apart; ++k) {
        if (i + k < before.size() && j + apart - k < after.size() &&
            same(before[i + k], after[j + apart - k]))
          return {i + k, j + apart - k};
      }
    }
    return {before.size(), after.size()};
  };
  for (std::size_t i = 0, j = 0; i < before.size() || j < after.size();) {
    if (i < before.size() && j < after.size() && same(before[i], after[j])) {
      pairs.push_back({i++, j++});
      continue;
    }
    const auto [i_met, j_met] = meet(i, j);
    while (i < i_met) pairs.push_back({i++, std::nullopt});
    while (j < j_met) pairs.push_back({std::nullopt, j++});
  }
  return pairs;
}

}  // namespace kots_export::util
