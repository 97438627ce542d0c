#include <kots_export/change/holds.h>

#include <algorithm>

#include <nlohmann/json.hpp>

namespace kots_export::change {

using nlohmann::json;

bool holds(const json& live, const json& wanted) {
  if (wanted.is_object()) {
    if (!live.is_object()) return wanted.empty() && live.is_null();
    for (const auto& [key, value] : wanted.items()) {
      const auto found = live.find(key);
      if (!holds(found == live.end() ? json(nullptr) : *found, value)) return false;
    }
    return true;
  }
  if (wanted.is_array()) {
    if (!live.is_array()) return wanted.empty() && live.is_null();
    return std::ranges::equal(live, wanted, [](const json& l, const json& w) { return holds(l, w); });
  }
  return live == wanted;
}

}  // namespace kots_export::change
