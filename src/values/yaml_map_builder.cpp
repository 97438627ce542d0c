#include "values/yaml_map_builder.h"

#include <kots_export/util/text.h>

#include <limits>
#include <utility>

namespace kots_export::values {

namespace {

constexpr std::size_t kMerged = std::numeric_limits<std::size_t>::max();

}  // namespace

void MapBuilder::fail_twice(const std::string& key, const Mark& where, std::size_t line) const {
  constexpr std::size_t kShown = 60;
  const std::string shown = util::printable(std::string_view(key).substr(0, kShown));
  yaml_.fail(where, util::filled("key \"{key}\" stands here and in line {line}",
                                 {{"key", shown}, {"line", line + 1}}));
}

void MapBuilder::set(std::optional<std::size_t> present, std::string key, std::size_t line, Value value,
                     Place place) {
  if (present) {
    map_.at(*present).second = std::move(value);
    lines_[*present] = line;
    if (places_ != nullptr) (*places_)[*present] = std::move(place);
    return;
  }
  map_.append(std::move(key), std::move(value));
  lines_.push_back(line);
  if (places_ != nullptr) places_->push_back(std::move(place));
}

void MapBuilder::add(std::string key, const Mark& where, Value value, Place place) {
  const auto present = map_.index_of(key);
  if (present && lines_[*present] != kMerged) fail_twice(key, where, lines_[*present]);
  set(present, std::move(key), where.line, std::move(value), std::move(place));
}

void MapBuilder::merge_map(const Map& from, const Mark& where) {
  for (const auto& [key, value] : from)
    set(map_.index_of(key), key, kMerged, value, {.line = where.line + 1, .children = {}});
}

void MapBuilder::merge(const Value& from, const Mark& where, Written written) {
  constexpr const char* kNoMap = "a merge key (<<) of something that is no map";
  if (from.is_map()) return merge_map(from.as_map(), where);
  if (!from.is_list() || written == Written::as_alias) yaml_.fail(where, kNoMap);
  const List& maps = from.as_list();
  for (auto item = maps.rbegin(); item != maps.rend(); ++item) {
    if (!item->is_map()) yaml_.fail(where, kNoMap);
    merge_map(item->as_map(), where);
  }
}

}  // namespace kots_export::values
