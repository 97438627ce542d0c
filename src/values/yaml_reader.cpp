#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/util/text.h>
#include <kots_export/util/yaml_scalar.h>
#include <kots_export/values/yaml.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

namespace kots_export::values {

namespace {

// Far above any values file, far below what a bomb of aliases makes.
constexpr std::size_t kMostNodes = 1'000'000;
constexpr std::size_t kDeepest = 400;  // yaml-cpp itself stops at 500

[[noreturn]] void fail(std::string_view source, const YAML::Mark& mark, const std::string& why) {
  throw Error("cannot read " + std::string(source), "line " + std::to_string(mark.line + 1) + ", column " +
                                                        std::to_string(mark.column + 1) + ": " + why);
}

std::size_t count_nodes(const Value& value) {
  std::size_t count = 1;
  if (value.is_list()) {
    for (const Value& item : value.as_list()) count += count_nodes(item);
  } else if (value.is_map()) {
    for (const auto& [key, item] : value.as_map()) count += count_nodes(item);
  }
  return count;
}

class Builder : public YAML::EventHandler {
 public:
  explicit Builder(std::string_view source) : source_(source) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(mark, Value(), anchor, Style::plain);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) fail(source_, mark, "an alias to something that contains it");
    add(mark, known->second, 0, Style::alias);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    const bool plain = tag == "?";
    add(mark, scalar(mark, tag, text), anchor, plain ? Style::plain : Style::quoted, text);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, List(), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, Map(), anchor);
  }
  void OnMapEnd() override { close(); }

  Value root;

 private:
  enum class Style { plain, quoted, alias, collection };

  struct Open {
    Value value;
    YAML::anchor_t anchor = 0;
    YAML::Mark mark;
    std::optional<std::string> key;
    bool merge = false;                // the next value is the one of a merge key
    std::map<std::string, int> lines;  // of the keys that were written
  };

  Value scalar(const YAML::Mark& mark, const std::string& tag, const std::string& text) const {
    if (tag == "tag:yaml.org,2002:binary") {
      auto bytes = util::base64_decode(text);
      if (!bytes) fail(source_, mark, "!!binary that is not base64");
      return std::move(*bytes);
    }
    // "!" is a quoted scalar; other tags of go-yaml only force what the text already is.
    const bool typed =
        tag == "?" || (tag.starts_with("tag:yaml.org,2002:") && tag != "tag:yaml.org,2002:str");
    if (!typed) return text;
    const util::YamlScalar meaning = util::resolve_plain_scalar(text);
    using Kind = util::YamlScalar::Kind;
    switch (meaning.kind) {
      case Kind::null:
        return {};
      case Kind::boolean:
        return meaning.boolean;
      case Kind::number:
        return Number{meaning.number, meaning.number_kind == util::YamlScalar::Number::integer};
      case Kind::not_json:
        fail(source_, mark, text + " is a number that Helm cannot hold; quote it if it is text");
      case Kind::string:
        break;
    }
    return text;
  }

  void open(const YAML::Mark& mark, Value value, YAML::anchor_t anchor) {
    if (open_.size() >= kDeepest)
      fail(source_, mark, "nested deeper than " + std::to_string(kDeepest) + " levels");
    open_.push_back({std::move(value), anchor, mark, std::nullopt, false, {}});
  }

  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    add(closed.mark, std::move(closed.value), closed.anchor, Style::collection);
  }

  void add(const YAML::Mark& mark, Value value, YAML::anchor_t anchor, Style style,
           const std::string& text = {}) {
    nodes_ += style == Style::alias ? count_nodes(value) : 1;
    if (nodes_ > kMostNodes) fail(source_, mark, "more than " + std::to_string(kMostNodes) + " values");
    if (anchor != 0) anchors_.insert_or_assign(anchor, value);
    if (open_.empty()) {
      root = std::move(value);
      return;
    }
    Open& parent = open_.back();
    if (parent.value.is_list()) {
      parent.value.as_list().push_back(std::move(value));
    } else if (parent.merge) {
      parent.merge = false;
      merge(mark, parent, value);
    } else if (parent.key) {
      parent.value.as_map().set(std::move(*parent.key), std::move(value));
      parent.key.reset();
    } else if (style == Style::plain && text == "<<") {
      parent.merge = true;
    } else {
      take_key(mark, parent, value);
    }
  }

  void take_key(const YAML::Mark& mark, Open& parent, const Value& key) const {
    if (key.is_list() || key.is_map()) fail(source_, mark, "a list or map as a key");
    // As sigs.k8s.io/yaml: keys become the strings that JSON would show.
    std::string name = key.is_string()   ? key.as_string()
                       : key.is_number() ? key.as_number().text
                       : key.is_bool()   ? (key.as_bool() ? "true" : "false")
                                         : "null";
    const auto [earlier, is_new] = parent.lines.try_emplace(name, mark.line + 1);
    if (!is_new)
      fail(
          source_, mark,
          "key \"" + util::printable(name) + "\" stands here and in line " + std::to_string(earlier->second));
    parent.key = std::move(name);
  }

  // Keys that are written count more than merged ones; of several merged maps the first counts.
  void merge(const YAML::Mark& mark, Open& parent, const Value& from) const {
    if (from.is_list()) {
      for (const Value& item : from.as_list()) {
        if (!item.is_map()) fail(source_, mark, "a merge key (<<) of something that is no map");
        merge(mark, parent, item);
      }
      return;
    }
    if (!from.is_map()) fail(source_, mark, "a merge key (<<) of something that is no map");
    for (const auto& [key, value] : from.as_map()) {
      if (parent.value.as_map().find(key) == nullptr) parent.value.as_map().set(key, value);
    }
  }

  std::string_view source_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Value> anchors_;
  std::size_t nodes_ = 0;
};

void require_utf8(std::string_view text, std::string_view source) {
  const auto bad = util::first_invalid_utf8(text);
  if (!bad) return;
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(*bad), '\n');
  throw Error("cannot read " + std::string(source), "line " + std::to_string(line) + ": it is not UTF-8",
              "Save the file as UTF-8.");
}

}  // namespace

Value parse_yaml(std::string_view text, std::string_view source) {
  require_utf8(text, source);
  std::istringstream stream{std::string(text)};
  Builder builder(source);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return {};
    Builder second(source);
    if (parser.HandleNextDocument(second)) {
      throw Error("cannot read " + std::string(source), "it holds more than one document (---)",
                  "Helm reads only the first; keep one.");
    }
  } catch (const YAML::Exception& error) {
    fail(source, error.mark, error.msg);
  }
  return std::move(builder.root);
}

}  // namespace kots_export::values
