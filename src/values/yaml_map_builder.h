#pragma once

#include <kots_export/values/yaml.h>

#include "values/yaml_text.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace kots_export::values {

// Fills one map of a YAML text: keys once each, merge keys as go-yaml v2 takes them. Source: decode.go,
// `mapping` and `merge`.
class MapBuilder {
 public:
  enum class Written { in_full, as_alias };

  // `places` gets the places of the entries; may be nullptr.
  MapBuilder(const YamlText& yaml, std::vector<Place>* places) : yaml_(yaml), places_(places) {}

  // Throws Error, with both lines, where `key` was written before in this map.
  void add(std::string key, const Mark& where, Value value, Place place);
  // Merges in the order of writing: what stands later counts; of a list of maps the first counts most.
  // Throws Error where `from` is no map and no list of maps, or a list that an alias stands for.
  void merge(const Value& from, const Mark& where, Written written);

  // Exactly as large as it must be: to touch fresh memory takes longer than to move a few entries.
  [[nodiscard]] Map take() {
    map_.shrink();
    return std::move(map_);
  }

 private:
  void merge_map(const Map& from, const Mark& where);
  void set(std::optional<std::size_t> present, std::string key, std::size_t line, Value value, Place place);
  [[noreturn]] void fail_twice(const std::string& key, const Mark& where, std::size_t line) const;

  const YamlText& yaml_;
  std::vector<Place>* places_;
  Map map_;
  std::vector<std::size_t> lines_;  // of each entry's key; kMerged where it was not written here
};

}  // namespace kots_export::values
