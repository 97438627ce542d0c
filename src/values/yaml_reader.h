#pragma once

#include <kots_export/values/yaml.h>

#include "values/yaml_cursor.h"
#include "values/yaml_node.h"
#include "values/yaml_scalars.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kots_export::values {

class MapBuilder;

inline constexpr const char* kNoPropertiesOfAliases = "an alias has no anchor or tag of its own";

// Reads one YAML document in a single pass, by recursive descent; what it accepts is what libyaml's scanner
// and parser accept. One function a production; each leaves the cursor behind what it read.
class YamlReader {
 public:
  enum class Places { no, yes };
  YamlReader(std::string_view text, std::string_view source, Places places);

  // Throws Error as parse_yaml says.
  [[nodiscard]] YamlDocument read();

 private:
  // May a "-" in the column of the parent start a list? Yes for the value of a key: its list need not be
  // indented.
  enum class Dashes { deeper, at_parent };
  // May what begins here be the key of a block map? Not behind another key on its line.
  enum class KeyHere { no, yes };
  // A list that is not indented ends at the next key of the map around it.
  enum class Indented { no, yes };

  struct Key {
    Mark mark;
    Value value;
    bool merges = false;  // "<<" without quotes
  };
  // What an alias stands for. Empty while the anchor's own node is being read.
  struct Anchor {
    std::size_t id = 0;
    std::optional<Value> value;
    std::size_t nodes = 0;
    std::size_t bytes = 0;
  };
  // An anchor whose node is being read; id 0 for none.
  struct OpenAnchor {
    std::string_view name;
    std::size_t id = 0;
    std::size_t nodes_before = 0;
    std::size_t bytes_before = 0;
  };
  // A node before its tag is known: the text of a scalar, or a value that no tag changes.
  struct Content {
    Mark mark;
    std::string text;
    std::optional<Style> style;  // of a scalar
    Value value;
  };
  class Level;  // one level of nesting while it lives

  // --- Block context. `parent` is the column of the collection that a node stands in, -1 at the root. ---
  Value block_node(int parent, Dashes dashes, Place& place);
  Value block_content(int parent, const Properties& outer, const Properties& inner, const Mark& start,
                      KeyHere key_here, Place& place);
  Value block_map(std::size_t column, std::optional<Key> first, Place& place);
  void block_entry(std::size_t column, std::optional<Key> key, MapBuilder& map);
  void explicit_entry(std::size_t column, MapBuilder& map);
  Value block_list(std::size_t column, Indented indented, Place& place);
  Key simple_key(std::size_t column);
  [[nodiscard]] bool block_ends(int parent, Dashes dashes) const;
  [[nodiscard]] bool at_document_end() const { return cursor_.at_end() || cursor_.at_document_indicator(); }

  // --- Flow context ---
  Value flow_list(Place& place);
  Value flow_map(Place& place);
  void flow_entry(MapBuilder& map);
  Value flow_list_item(Place& place);
  Key flow_key(bool& has_value);
  Value flow_node(Place& place);
  Value flow_value(Place& place);
  [[nodiscard]] bool at_flow_end() const;
  // Passes over a "," before all but the first item. Returns whether the collection ended with `close`.
  bool flow_closes(char close, bool& is_first, const Mark& start);

  // --- Both ---
  // A node that starts on this line: alias, scalar or flow collection.
  Value inline_node(Context context, int parent, const Properties& properties, Place& place);
  Content inline_content(Context context, int parent, Place& place);
  std::string plain_scalar(Context context, int parent);
  Value resolve(Content&& content, const std::optional<std::string>& tag);
  Value alias();
  Value empty_node(const Properties& properties);
  // The properties that stand on this line, and what separates them from the next token.
  Properties read_properties(Context context);
  [[nodiscard]] bool is_near(const Mark& key) const;
  void add_entry(MapBuilder& map, Key key, Value value, Place place) const;
  void skip_to_token();
  void start_document();
  void require_end();

  OpenAnchor open_anchor(const std::string& name);
  void close_anchor(const OpenAnchor& anchor, const Value& value);
  void count(std::size_t nodes, std::size_t bytes);
  std::vector<Place>* children(Place& place) const {
    return places_ == Places::yes ? &place.children : nullptr;
  }

  Cursor cursor_;
  std::string_view source_;
  Places places_;
  // A simple key ("key:") or a block collection may start here: at the start of a line, and behind "-" and
  // "?".
  bool key_allowed_ = true;
  bool read_merge_key_ = false;  // the last node was "<<" without quotes
  std::size_t flow_level_ = 0;
  int flow_parent_ = -1;  // the column of the block collection around the outermost [ or {
  std::size_t depth_ = 0;
  std::unordered_map<std::string, Anchor> anchors_;
  std::size_t anchor_ids_ = 0;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace kots_export::values
