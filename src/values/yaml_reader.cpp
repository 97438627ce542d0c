// From libyaml's events to values: anchors and aliases, merge keys, places, bounds.
#include <kots_export/util/text.h>
#include <kots_export/values/yaml.h>

#include "values/yaml_events.h"
#include "values/yaml_map_builder.h"
#include "values/yaml_node.h"

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace kots_export::values {

namespace {

// Far above any values file, far below what a bomb of aliases makes.
constexpr std::size_t kMostNodes = 2'000'000;
constexpr std::size_t kMostBytes = std::size_t{512} << 20U;
constexpr std::size_t kDeepest = 400;
constexpr std::string_view kMergeTag = "tag:yaml.org,2002:merge";

enum class Places { no, yes };

std::string text_of(const unsigned char* text) {
  return text == nullptr ? std::string() : reinterpret_cast<const char*>(text);
}

// "<<" that stands for the entries of its value. Source: go-yaml v2, decode.go, isMerge.
bool is_merge_key(const yaml_event_t& event) {
  if (event.type != YAML_SCALAR_EVENT) return false;
  const auto& scalar = event.data.scalar;
  const std::string_view value(reinterpret_cast<const char*>(scalar.value), scalar.length);
  return value == "<<" && (scalar.plain_implicit != 0 || text_of(scalar.tag) == kMergeTag);
}

// Of a document without content, which libyaml gives for "---" alone.
bool is_nothing(const yaml_event_t& event) {
  if (event.type != YAML_SCALAR_EVENT) return false;
  const auto& scalar = event.data.scalar;
  return scalar.length == 0 && scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.tag == nullptr &&
         scalar.anchor == nullptr;
}

class YamlReader {
 public:
  YamlReader(std::string_view text, std::string_view source, Places places)
      : yaml_(text, source), events_(yaml_), places_(places) {}

  // Throws Error as parse_yaml says.
  YamlDocument read() {
    YamlDocument document;
    events_.next();  // of the stream
    if (events_.next().type == YAML_DOCUMENT_START_EVENT) {
      document.root = node(events_.next(), document.place);
      require_end();
    }
    document.place.line = 1;
    return document;
  }

 private:
  // Behind the document nothing but further ones without content: "---" at the end of a file.
  void require_end() {
    events_.next();  // the document's end
    for (;;) {
      const yaml_event_t& event = events_.next();
      if (event.type != YAML_DOCUMENT_START_EVENT) return;
      const Mark start = start_of(event);
      if (!is_nothing(events_.next())) events_.fail_more(start);
      events_.next();
    }
  }

  // What an alias stands for. Empty while the anchor's own node is being read.
  struct Anchor {
    std::size_t id = 0;
    std::optional<Value> value;
    std::size_t nodes = 0;
    std::size_t bytes = 0;
  };
  // An anchor whose node is being read; id 0 for none.
  struct OpenAnchor {
    std::string name;
    std::size_t id = 0;
    std::size_t nodes_before = 0;
    std::size_t bytes_before = 0;
  };

  Value node(const yaml_event_t& event, Place& place) {
    switch (event.type) {
      case YAML_ALIAS_EVENT:
        return alias(event);
      case YAML_SCALAR_EVENT:
        return scalar(event);
      default:
        return collection(event, place);
    }
  }

  Value collection(const yaml_event_t& event, Place& place) {
    const Mark where = start_of(event);
    const bool is_list = event.type == YAML_SEQUENCE_START_EVENT;
    const OpenAnchor anchor =
        open_anchor(is_list ? event.data.sequence_start.anchor : event.data.mapping_start.anchor);
    if (++depth_ > kDeepest)
      yaml_.fail(where, util::filled("nested deeper than {count} levels", {{"count", kDeepest}}));
    count(where, 1, 0);
    Value value = is_list ? list(place) : map(place);
    --depth_;
    close_anchor(anchor, where, value);
    return value;
  }

  Value scalar(const yaml_event_t& event) {
    const auto& data = event.data.scalar;
    const OpenAnchor anchor = open_anchor(data.anchor);
    const Mark where = start_of(event);
    count(where, 1, data.length);
    const Style style = data.style == YAML_PLAIN_SCALAR_STYLE ? Style::plain : Style::quoted;
    std::string text(reinterpret_cast<const char*>(data.value), data.length);
    Value value = scalar_value(yaml_, where, std::move(text), style, events_.tag_of(event));
    close_anchor(anchor, where, value);
    return value;
  }

  Value list(Place& place) {
    List list;
    for (;;) {
      const yaml_event_t& event = events_.next();
      if (event.type == YAML_SEQUENCE_END_EVENT) return list;
      Place item{.line = start_of(event).line + 1, .children = {}};
      list.push_back(node(event, item));
      if (places_ == Places::yes) place.children.push_back(std::move(item));
    }
  }

  Value map(Place& place) {
    MapBuilder map(yaml_, places_ == Places::yes ? &place.children : nullptr);
    for (;;) {
      const yaml_event_t& event = events_.next();
      if (event.type == YAML_MAPPING_END_EVENT) return map.take();
      const Mark where = start_of(event);
      const bool merges = is_merge_key(event);
      Place entry{.line = where.line + 1, .children = {}};
      Value key = node(event, entry);
      entry.children.clear();
      const yaml_event_t& behind = events_.next();
      const bool is_alias = behind.type == YAML_ALIAS_EVENT;
      Value value = node(behind, entry);
      if (merges) {
        map.merge(value, where, is_alias ? MapBuilder::Written::as_alias : MapBuilder::Written::in_full);
      } else {
        map.add(key_text(yaml_, where, std::move(key)), where, std::move(value), std::move(entry));
      }
    }
  }

  Value alias(const yaml_event_t& event) {
    const Mark where = start_of(event);
    const std::string name = text_of(event.data.alias.anchor);
    const auto known = anchors_.find(name);
    if (known == anchors_.end())
      yaml_.fail(where, util::filled("an alias *{name} without its anchor", {{"name", name}}));
    if (!known->second.value) yaml_.fail(where, "an alias to something that contains it");
    count(where, known->second.nodes, known->second.bytes);
    return *known->second.value;
  }

  OpenAnchor open_anchor(const unsigned char* given) {
    if (given == nullptr) return {};
    std::string name = text_of(given);
    const std::size_t id = ++anchor_ids_;
    anchors_.insert_or_assign(name, Anchor{.id = id, .value = std::nullopt, .nodes = 0, .bytes = 0});
    return {.name = std::move(name), .id = id, .nodes_before = nodes_, .bytes_before = bytes_};
  }

  void close_anchor(const OpenAnchor& anchor, const Mark& where, const Value& value) {
    if (anchor.id == 0) return;
    Anchor& known = anchors_[anchor.name];
    if (known.id != anchor.id) return;  // the name was given again inside of the node
    known.value = value;
    known.nodes = nodes_ - anchor.nodes_before;
    known.bytes = bytes_ - anchor.bytes_before;
    count(where, known.nodes, known.bytes);
  }

  void count(const Mark& where, std::size_t nodes, std::size_t bytes) {
    nodes_ += nodes;
    bytes_ += bytes;
    if (nodes_ > kMostNodes || bytes_ > kMostBytes)
      yaml_.fail(where, "more than any values file holds; its aliases may stand for one another");
  }

  YamlText yaml_;
  YamlEvents events_;
  Places places_;
  std::size_t depth_ = 0;
  std::unordered_map<std::string, Anchor> anchors_;
  std::size_t anchor_ids_ = 0;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

Value parse_yaml(std::string_view text, std::string_view source) {
  return YamlReader(text, source, Places::no).read().root;
}

YamlDocument parse_yaml_with_places(std::string_view text, std::string_view source) {
  return YamlReader(text, source, Places::yes).read();
}

}  // namespace kots_export::values
