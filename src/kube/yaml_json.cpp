#include "kube/yaml_json.h"

#include <kots_export/util/error.h>
#include <kots_export/util/text.h>
#include <kots_export/util/yaml_scalar.h>

#include <yaml-cpp/yaml.h>

namespace kots_export::kube {

using nlohmann::json;

namespace {

// Far above any kubeconfig, far below what a bomb of aliases makes.
constexpr std::size_t kMostNodes = 1'000'000;
constexpr std::size_t kDeepest = 400;  // an alias may name the list or map that it stands in

class Converter {
 public:
  explicit Converter(const std::string& action) : action_(action) {}

  json convert(const YAML::Node& node) {
    if (++nodes_ > kMostNodes) throw Error(action_, "its aliases make it too large");
    if (++depth_ > kDeepest) fail(node, "it is nested too deeply (line {line})");
    json converted;
    if (node.IsMap()) converted = map(node);
    if (node.IsSequence()) converted = list(node);
    if (node.IsScalar()) converted = scalar(node);
    --depth_;
    return converted;
  }

 private:
  json list(const YAML::Node& node) {
    json array = json::array();
    for (const YAML::Node& item : node) array.push_back(convert(item));
    return array;
  }

  json map(const YAML::Node& node) {
    json object = json::object();
    for (const auto& pair : node) {
      if (!pair.first.IsScalar()) fail(pair.first, "a key is not a string (line {line})");
      if (pair.first.Scalar() == "<<" && pair.first.Tag() != "!") {
        merge(pair.second, object);
      } else {
        object[key(pair.first)] = convert(pair.second);
      }
    }
    return object;
  }

  // A key that is a boolean or a number becomes the text of that: `n: 1` is {"false": 1}.
  std::string key(const YAML::Node& node) {
    const json meaning = scalar(node);
    if (meaning.is_string() || meaning.is_null()) return node.Scalar();
    return meaning.dump();
  }

  // Of several maps the first one counts: it is laid over the others.
  void merge(const YAML::Node& from, json& object) {
    if (from.IsSequence()) {
      for (std::size_t i = from.size(); i > 0; --i) merge(from[i - 1], object);
      return;
    }
    if (!from.IsMap()) fail(from, "a merge key (<<) wants a map (line {line})");
    object.update(convert(from));
  }

  json scalar(const YAML::Node& node) {
    const std::string& tag = node.Tag();
    if (tag == "!" || tag == "tag:yaml.org,2002:str") return node.Scalar();
    if (tag == "tag:yaml.org,2002:binary") return binary(node);
    const util::YamlScalar meaning = util::resolve_plain_scalar(node.Scalar());
    switch (meaning.kind) {
      case util::YamlScalar::Kind::null:
        return {};
      case util::YamlScalar::Kind::boolean:
        return meaning.boolean;
      case util::YamlScalar::Kind::number:
        return json::parse(meaning.number);
      case util::YamlScalar::Kind::not_json:
        fail(node, "JSON has no such number (line {line})");
      case util::YamlScalar::Kind::string:
        break;
    }
    return node.Scalar();
  }

  // The text in the base64, as kubectl has it: some dumpers take the base64 of a *-data field for bytes.
  std::string binary(const YAML::Node& node) const {
    auto bytes = util::decode_yaml_binary(node.Scalar());
    if (!bytes || !util::is_utf8(*bytes)) fail(node, "!!binary that is not base64 of a text (line {line})");
    return std::move(*bytes);
  }

  // `why` says {line} where its number belongs.
  [[noreturn]] void fail(const YAML::Node& node, std::string_view why) const {
    throw Error(action_, util::filled(why, {{"line", node.Mark().line + 1}}));
  }

  const std::string& action_;
  std::size_t nodes_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

json yaml_to_json(std::string_view text, const std::string& action) {
  if (const auto at = util::first_invalid_utf8(text))
    throw Error(action, util::filled("byte {number} is not UTF-8", {{"number", *at + 1}}));
  // JSON by a JSON parser: YAML forbids the tabs that indent some.
  if (util::trim(text).starts_with('{')) {
    json parsed = json::parse(text, nullptr, false);
    if (!parsed.is_discarded()) return parsed;
  }
  try {
    return Converter(action).convert(YAML::Load(std::string(text)));
  } catch (const YAML::Exception& error) {
    throw Error(action,
                util::filled("{why} (line {line})", {{"why", error.msg}, {"line", error.mark.line + 1}}));
  }
}

}  // namespace kots_export::kube
