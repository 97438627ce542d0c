// Flow context: [lists] and {maps}.
#include "values/yaml_level.h"
#include "values/yaml_map_builder.h"

#include <utility>

namespace kots_export::values {

bool YamlReader::at_flow_end() const {
  const char c = cursor_.peek();
  return c == ',' || c == ']' || c == '}';
}

bool YamlReader::flow_closes(char close, bool& is_first, const Mark& start) {
  skip_to_token();
  if (!std::exchange(is_first, false) && cursor_.peek() != close) {
    if (cursor_.at_end()) cursor_.fail(start, "it is not closed");
    if (cursor_.peek() != ',') cursor_.fail(std::string("\",\" or \"") + close + "\" is expected");
    cursor_.skip();
    skip_to_token();
  }
  if (cursor_.at_end()) cursor_.fail(start, "it is not closed");
  if (cursor_.peek() != close) return false;
  cursor_.skip();
  return true;
}

Value YamlReader::flow_list(Place& place) {
  const Level level(*this);
  count(1, 0);
  const Mark start = cursor_.mark();
  List list;
  cursor_.skip();
  ++flow_level_;
  for (bool is_first = true; !flow_closes(']', is_first, start);) {
    Place item{.line = cursor_.line() + 1, .children = {}};
    list.push_back(flow_list_item(item));
    if (auto* items = children(place)) items->push_back(std::move(item));
  }
  --flow_level_;
  return list;
}

// "[a: b]" is a list of one map with one key.
Value YamlReader::flow_list_item(Place& place) {
  const bool is_explicit = cursor_.peek() == '?';
  const Mark start = cursor_.mark();
  if (!is_explicit) {
    Value value = flow_node(place);
    cursor_.skip_blanks();
    if (cursor_.peek() != ':' || !is_near(start)) return value;
    place.children.clear();
    Key key{.mark = start, .value = std::move(value), .merges = read_merge_key_};
    MapBuilder map(cursor_, children(place));
    Place entry{.line = start.line + 1, .children = {}};
    Value entry_value = flow_value(entry);
    add_entry(map, std::move(key), std::move(entry_value), std::move(entry));
    return map.take();
  }
  MapBuilder map(cursor_, children(place));
  flow_entry(map);
  return map.take();
}

Value YamlReader::flow_map(Place& place) {
  const Level level(*this);
  count(1, 0);
  const Mark start = cursor_.mark();
  MapBuilder map(cursor_, children(place));
  cursor_.skip();
  ++flow_level_;
  for (bool is_first = true; !flow_closes('}', is_first, start);) flow_entry(map);
  --flow_level_;
  return map.take();
}

void YamlReader::flow_entry(MapBuilder& map) {
  bool has_value = false;
  Key key = flow_key(has_value);
  Place place{.line = key.mark.line + 1, .children = {}};
  Value value = has_value ? flow_value(place) : Value();
  add_entry(map, std::move(key), std::move(value), std::move(place));
}

// A key, and whether a ":" stands behind it.
YamlReader::Key YamlReader::flow_key(bool& has_value) {
  const bool is_explicit = cursor_.peek() == '?';
  if (is_explicit) {
    cursor_.skip();
    skip_to_token();
  }
  Place ignored;
  const Mark start = cursor_.mark();
  Key key{.mark = start, .value = flow_node(ignored), .merges = false};
  key.merges = read_merge_key_;
  if (is_explicit) {
    skip_to_token();
  } else {
    cursor_.skip_blanks();
  }
  has_value = cursor_.peek() == ':' && (is_explicit || is_near(start));
  return key;
}

// Behind a key: ":" and the value, which may be missing.
Value YamlReader::flow_value(Place& place) {
  cursor_.skip();
  skip_to_token();
  return at_flow_end() ? empty_node({}) : flow_node(place);
}

Value YamlReader::flow_node(Place& place) {
  const Properties properties = read_properties(Context::flow);
  const bool is_empty = !properties.empty() && (at_flow_end() || cursor_.peek() == ':');
  if (is_empty) read_merge_key_ = false;
  return is_empty ? empty_node(properties) : inline_node(Context::flow, flow_parent_, properties, place);
}

}  // namespace kots_export::values
