#include "values/yaml_reader.h"

#include "values/yaml_level.h"
#include "values/yaml_map_builder.h"

#include <algorithm>
#include <utility>

namespace kots_export::values {

namespace {

// Far above any values file, far below what a bomb of aliases makes.
constexpr std::size_t kMostNodes = 2'000'000;
constexpr std::size_t kMostBytes = std::size_t{512} << 20U;

YamlDocument read_yaml(std::string_view text, std::string_view source, YamlReader::Places places) {
  require_yaml_characters(text, source);
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return YamlReader(text, source, places).read();
}

}  // namespace

YamlReader::YamlReader(std::string_view text, std::string_view source, Places places)
    : cursor_(text, source), source_(source), places_(places) {}

YamlDocument YamlReader::read() {
  YamlDocument document;
  start_document();
  document.root = block_node(-1, Dashes::deeper, document.place);
  document.place.line = 1;
  require_end();
  return document;
}

void YamlReader::start_document() {
  skip_to_token();
  const bool has_directive = cursor_.column() == 0 && cursor_.peek() == '%';
  if (has_directive) {
    const Mark start = cursor_.mark();
    while (!cursor_.at_end() && !cursor_.at_break() && cursor_.peek() != '#') cursor_.skip();
    std::string_view directive = cursor_.since(start.offset);
    while (directive.ends_with(' ') || directive.ends_with('\t')) directive.remove_suffix(1);
    if (directive != "%YAML 1.1") cursor_.fail(start, "a directive; Helm reads YAML 1.1 and needs none");
    skip_to_token();
  }
  const bool has_marker = cursor_.at_document_indicator() && cursor_.peek() == '-';
  if (has_directive && !has_marker) cursor_.fail("--- must follow the directive");
  if (!has_marker) return;
  cursor_.skip(3);
  key_allowed_ = false;
}

void YamlReader::require_end() {
  skip_to_token();
  bool ended = false;
  while (cursor_.at_document_indicator() && cursor_.peek() == '.') {
    ended = true;
    cursor_.skip(3);
    skip_to_token();
  }
  if (cursor_.at_end()) return;
  if (!ended && !cursor_.at_document_indicator()) cursor_.fail("text behind the end of the values");
  throw Error("cannot read " + std::string(source_),
              "it holds more than one document (line " + std::to_string(cursor_.line() + 1) + ")",
              "Helm reads only the first; keep one.");
}

void YamlReader::skip_to_token() {
  for (;;) {
    // A tab may separate, but not indent.
    while (cursor_.peek() == ' ' || (cursor_.peek() == '\t' && (flow_level_ > 0 || !key_allowed_)))
      cursor_.skip();
    cursor_.skip_comment();
    if (!cursor_.at_break()) break;
    cursor_.read_break();
    if (flow_level_ == 0) key_allowed_ = true;
  }
  if (flow_level_ > 0 && cursor_.at_document_indicator()) cursor_.fail("the document ends inside of [ or {");
}

Properties YamlReader::read_properties(Context context) {
  Properties properties;
  const std::size_t line = cursor_.line();
  while (context == Context::flow || cursor_.line() == line) {
    const Mark start = cursor_.mark();
    if (cursor_.peek() == '&') {
      if (!properties.anchor.empty()) cursor_.fail(start, "a second anchor");
      properties.anchor = read_anchor_name(cursor_);
    } else if (cursor_.peek() == '!') {
      if (properties.tag) cursor_.fail(start, "a second tag");
      properties.tag = read_tag(cursor_);
    } else {
      break;
    }
    key_allowed_ = false;
    skip_to_token();
  }
  return properties;
}

bool YamlReader::is_near(const Mark& key) const {
  constexpr std::size_t kFarthest = 1024;  // characters, from YAML 1.1
  if (cursor_.line() != key.line) return false;
  const std::string_view text = cursor_.since(key.offset);
  if (text.size() <= kFarthest) return true;
  const auto characters = std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; });
  return static_cast<std::size_t>(characters) <= kFarthest;
}

void YamlReader::add_entry(MapBuilder& map, Key key, Value value, Place place) const {
  if (key.merges) return map.merge(value, key.mark);
  map.add(key_text(cursor_, key.mark, std::move(key.value)), key.mark, std::move(value), std::move(place));
}

// --- Nodes ---

Value YamlReader::inline_node(Context context, int parent, const Properties& properties, Place& place) {
  if (cursor_.peek() == '*' && !properties.empty()) cursor_.fail(kNoPropertiesOfAliases);
  const OpenAnchor anchor = open_anchor(properties.anchor);
  Value value = resolve(inline_content(context, parent, place), properties.tag);
  close_anchor(anchor, value);
  return value;
}

YamlReader::Content YamlReader::inline_content(Context context, int parent, Place& place) {
  Content content{.mark = cursor_.mark(), .text = {}, .style = Style::quoted, .value = {}};
  const char first = cursor_.peek();
  if (first == '*' || first == '[' || first == '{') {
    key_allowed_ = false;
    content.style = std::nullopt;
    if (flow_level_ == 0) flow_parent_ = parent;
    content.value = first == '*' ? alias() : first == '[' ? flow_list(place) : flow_map(place);
    return content;
  }
  if ((first == '|' || first == '>') && context == Context::block) {
    key_allowed_ = true;  // it ends at the start of a line
    content.text = read_block_scalar(cursor_, parent);
  } else if (first == '\'' || first == '"') {
    key_allowed_ = false;
    content.text = read_quoted(cursor_);
  } else {
    content.style = Style::plain;
    content.text = plain_scalar(context, parent);
  }
  count(1, content.text.size());
  return content;
}

std::string YamlReader::plain_scalar(Context context, int parent) {
  const char first = cursor_.peek();
  if (first == '\t') cursor_.fail("a tab that indents; YAML wants blanks");
  constexpr std::string_view kIndicators = ",[]{}#&*!|>'\"%@`";
  const bool is_indicator = kIndicators.find(first) != std::string_view::npos;
  const bool separates = first == '-' || ((first == '?' || first == ':') && context == Context::block)
                             ? cursor_.at_separation(1)
                             : first == '?' || first == ':';
  if (cursor_.at_end() || is_indicator || separates)
    cursor_.fail("a value is missing, or a text that starts with this character and needs quotes");
  PlainScalar scalar = read_plain_scalar(cursor_, context, static_cast<std::size_t>(parent + 1));
  key_allowed_ = scalar.ends_its_line && context == Context::block;
  return std::move(scalar.text);
}

Value YamlReader::resolve(Content&& content, const std::optional<std::string>& tag) {
  read_merge_key_ = content.style && is_merge_key(content.text, *content.style, tag);
  if (!content.style) return std::move(content.value);
  return scalar_value(cursor_, content.mark, std::move(content.text), *content.style, tag);
}

Value YamlReader::empty_node(const Properties& properties) {
  const OpenAnchor anchor = open_anchor(properties.anchor);
  count(1, 0);
  Value value = scalar_value(cursor_, cursor_.mark(), {}, Style::plain, properties.tag);
  close_anchor(anchor, value);
  return value;
}

Value YamlReader::alias() {
  const Mark start = cursor_.mark();
  const std::string name = read_anchor_name(cursor_);
  const auto known = anchors_.find(name);
  if (known == anchors_.end()) cursor_.fail(start, "an alias *" + name + " without its anchor");
  if (!known->second.value) cursor_.fail(start, "an alias to something that contains it");
  count(known->second.nodes, known->second.bytes);
  return *known->second.value;
}

YamlReader::OpenAnchor YamlReader::open_anchor(const std::string& name) {
  if (name.empty()) return {};
  const std::size_t id = ++anchor_ids_;
  anchors_.insert_or_assign(name, Anchor{.id = id, .value = std::nullopt, .nodes = 0, .bytes = 0});
  return {.name = name, .id = id, .nodes_before = nodes_, .bytes_before = bytes_};
}

void YamlReader::close_anchor(const OpenAnchor& anchor, const Value& value) {
  if (anchor.id == 0) return;
  Anchor& known = anchors_[std::string(anchor.name)];
  if (known.id != anchor.id) return;  // the name was given again inside of the node
  known.value = value;
  known.nodes = nodes_ - anchor.nodes_before;
  known.bytes = bytes_ - anchor.bytes_before;
  count(known.nodes, known.bytes);
}

void YamlReader::count(std::size_t nodes, std::size_t bytes) {
  nodes_ += nodes;
  bytes_ += bytes;
  if (nodes_ > kMostNodes || bytes_ > kMostBytes)
    cursor_.fail("more than any values file holds; its aliases may stand for one another");
}

Value parse_yaml(std::string_view text, std::string_view source) {
  return read_yaml(text, source, YamlReader::Places::no).root;
}

YamlDocument parse_yaml_with_places(std::string_view text, std::string_view source) {
  return read_yaml(text, source, YamlReader::Places::yes);
}

}  // namespace kots_export::values
