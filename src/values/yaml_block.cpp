// Block context: maps and lists by indentation.
#include "values/yaml_level.h"
#include "values/yaml_map_builder.h"

#include <utility>

namespace kots_export::values {

namespace {

constexpr const char* kBehindAValue = "text behind a value; it belongs on a line of its own";

}  // namespace

bool YamlReader::block_ends(int parent, Dashes dashes) const {
  if (at_document_end()) return true;
  const int column = static_cast<int>(cursor_.column());
  if (column > parent) return false;
  return column < parent || dashes == Dashes::deeper || !cursor_.at_indicator('-');
}

Value YamlReader::block_node(int parent, Dashes dashes, Place& place) {
  skip_to_token();
  Properties outer;
  while (!block_ends(parent, dashes)) {
    const Mark start = cursor_.mark();
    const KeyHere key_here = key_allowed_ ? KeyHere::yes : KeyHere::no;
    Properties inner = read_properties(Context::block);
    if (cursor_.line() == start.line && !cursor_.at_end())
      return block_content(parent, outer, inner, start, key_here, place);
    // They stand on a line of their own, above their node.
    if ((!outer.anchor.empty() && !inner.anchor.empty()) || (outer.tag && inner.tag))
      cursor_.fail(start, "a second anchor or tag");
    if (!inner.anchor.empty()) outer.anchor = std::move(inner.anchor);
    if (inner.tag) outer.tag = std::move(inner.tag);
  }
  return empty_node(outer);
}

// `outer` stood on the lines above, `inner` before the content on its line, which begins at `start`.
Value YamlReader::block_content(int parent, const Properties& outer, const Properties& inner,
                                const Mark& start, KeyHere key_here, Place& place) {
  const OpenAnchor anchor = open_anchor(outer.anchor);
  const auto finish = [&](Value value) {
    close_anchor(anchor, value);
    return value;
  };
  if (cursor_.at_indicator('-')) {
    if (!key_allowed_) cursor_.fail("a list cannot start here; put the - on a line of its own");
    const auto indented = static_cast<int>(start.column) > parent ? Indented::yes : Indented::no;
    return finish(block_list(start.column, indented, place));
  }
  if (cursor_.at_indicator('?')) {
    if (!key_allowed_) cursor_.fail("a key cannot start here");
    return finish(block_map(start.column, std::nullopt, place));
  }
  if (cursor_.at_indicator(':')) cursor_.fail("a key is missing in front of the \":\"");
  const bool is_alias = cursor_.peek() == '*';
  const OpenAnchor inner_anchor = open_anchor(inner.anchor);
  Content content = inline_content(Context::block, parent, place);
  if (!key_allowed_) cursor_.skip_blanks();
  const bool is_key = cursor_.at_indicator(':') && !key_allowed_;
  if (is_key && (key_here == KeyHere::no || !is_near(start)))
    cursor_.fail("a second \": \" on this line; quote the text if it is one");
  if (is_alias && !(inner.empty() && (is_key || outer.empty()))) cursor_.fail(start, kNoPropertiesOfAliases);
  // Before a key, what stands above belongs to its map.
  if (!is_key && !inner.anchor.empty() && !outer.anchor.empty()) cursor_.fail(start, "a second anchor");
  if (!is_key && inner.tag && outer.tag) cursor_.fail(start, "a second tag");
  Value value = resolve(std::move(content), is_key || inner.tag ? inner.tag : outer.tag);
  close_anchor(inner_anchor, value);
  if (!is_key) return finish(std::move(value));
  place.children.clear();
  Key key{.mark = start, .value = std::move(value), .merges = read_merge_key_};
  return finish(block_map(start.column, std::move(key), place));
}

Value YamlReader::block_map(std::size_t column, std::optional<Key> first, Place& place) {
  const Level level(*this);
  count(1, 0);
  MapBuilder map(cursor_, children(place));
  for (;;) {
    block_entry(column, std::exchange(first, std::nullopt), map);
    skip_to_token();
    if (at_document_end() || cursor_.column() < column) return map.take();
    if (cursor_.column() > column) cursor_.fail("no key of this map: it is indented deeper than the others");
    if (!key_allowed_) cursor_.fail(kBehindAValue);
  }
}

void YamlReader::block_entry(std::size_t column, std::optional<Key> key, MapBuilder& map) {
  if (!key && cursor_.at_indicator('?')) return explicit_entry(column, map);
  if (!key) key = simple_key(column);
  cursor_.skip();  // the colon
  key_allowed_ = false;
  Place place{.line = key->mark.line + 1, .children = {}};
  Value value = block_node(static_cast<int>(column), Dashes::at_parent, place);
  add_entry(map, std::move(*key), std::move(value), std::move(place));
}

YamlReader::Key YamlReader::simple_key(std::size_t column) {
  const Mark start = cursor_.mark();
  if (cursor_.at_indicator('-')) cursor_.fail("a list item where a key is expected");
  if (cursor_.at_indicator(':')) cursor_.fail("a key is missing");
  const Properties properties = read_properties(Context::block);
  const bool is_block_scalar = cursor_.peek() == '|' || cursor_.peek() == '>';
  if (is_block_scalar || cursor_.line() != start.line) cursor_.fail(start, "a key is expected");
  Place ignored;
  Key key{.mark = start,
          .value = inline_node(Context::block, static_cast<int>(column), properties, ignored),
          .merges = read_merge_key_};
  if (!key_allowed_) cursor_.skip_blanks();
  if (!cursor_.at_indicator(':') || !is_near(start)) cursor_.fail(start, "the key has no \":\"");
  return key;
}

// "? key" and, on a line of its own, ": value".
void YamlReader::explicit_entry(std::size_t column, MapBuilder& map) {
  const Mark start = cursor_.mark();
  const auto part = [&](Place& place) {
    cursor_.skip();
    key_allowed_ = true;
    return block_node(static_cast<int>(column), Dashes::at_parent, place);
  };
  Place ignored;
  read_merge_key_ = false;
  Key key{.mark = start, .value = part(ignored), .merges = false};
  key.merges = read_merge_key_ && key.value.is_string();
  skip_to_token();
  Place place{.line = start.line + 1, .children = {}};
  const bool has_value = cursor_.column() == column && key_allowed_ && cursor_.at_indicator(':');
  Value value = has_value ? part(place) : Value();
  add_entry(map, std::move(key), std::move(value), std::move(place));
}

Value YamlReader::block_list(std::size_t column, Indented indented, Place& place) {
  const Level level(*this);
  count(1, 0);
  List list;
  for (;;) {
    Place item{.line = cursor_.line() + 1, .children = {}};
    cursor_.skip();  // the dash
    key_allowed_ = true;
    list.push_back(block_node(static_cast<int>(column), Dashes::deeper, item));
    if (auto* items = children(place)) items->push_back(std::move(item));
    skip_to_token();
    if (at_document_end() || cursor_.column() < column) return list;
    if (!key_allowed_) cursor_.fail(kBehindAValue);
    if (cursor_.column() == column && cursor_.at_indicator('-')) continue;
    if (indented == Indented::no) return list;
    cursor_.fail("no \"-\" of this list here");
  }
}

}  // namespace kots_export::values
