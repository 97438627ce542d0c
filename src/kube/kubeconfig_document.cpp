#include "kube/kubeconfig_document.h"

#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include "kube/yaml_json.h"

#include <array>
#include <span>

namespace kots_export::kube {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

enum class Type { text, flag, data, texts, text_map, texts_map, object, objects, extensions };
enum class Presence { always, omit_empty };

struct Field {
  const char* name;
  Type type;
  Presence presence = Presence::omit_empty;
  std::span<const Field> fields = {};  // of an object
};

constexpr std::array kVariable = {Field{"name", Type::text, Presence::always},
                                  Field{"value", Type::text, Presence::always}};

constexpr std::array kExec = {Field{"command", Type::text, Presence::always},
                              Field{"args", Type::texts, Presence::always},
                              Field{"env", Type::objects, Presence::always, kVariable},
                              Field{"apiVersion", Type::text},
                              Field{"installHint", Type::text},
                              Field{"provideClusterInfo", Type::flag, Presence::always},
                              Field{"interactiveMode", Type::text}};

constexpr std::array kAuthProvider = {Field{"name", Type::text, Presence::always},
                                      Field{"config", Type::text_map, Presence::always}};

constexpr std::array kUser = {Field{"client-certificate", Type::text},
                              Field{"client-certificate-data", Type::data},
                              Field{"client-key", Type::text},
                              Field{"client-key-data", Type::data},
                              Field{"token", Type::text},
                              Field{"tokenFile", Type::text},
                              Field{"as", Type::text},
                              Field{"as-uid", Type::text},
                              Field{"as-groups", Type::texts},
                              Field{"as-user-extra", Type::texts_map},
                              Field{"username", Type::text},
                              Field{"password", Type::text},
                              Field{"auth-provider", Type::object, Presence::omit_empty, kAuthProvider},
                              Field{"exec", Type::object, Presence::omit_empty, kExec},
                              Field{"extensions", Type::extensions}};

constexpr std::array kCluster = {
    Field{"server", Type::text, Presence::always},   Field{"tls-server-name", Type::text},
    Field{"insecure-skip-tls-verify", Type::flag},   Field{"certificate-authority", Type::text},
    Field{"certificate-authority-data", Type::data}, Field{"proxy-url", Type::text},
    Field{"disable-compression", Type::flag},        Field{"extensions", Type::extensions}};

constexpr std::array kContext = {Field{"cluster", Type::text, Presence::always},
                                 Field{"user", Type::text, Presence::always}, Field{"namespace", Type::text},
                                 Field{"extensions", Type::extensions}};

constexpr std::array kPreferences = {Field{"colors", Type::flag}, Field{"extensions", Type::extensions}};

const char* word_for(const json& value) {
  switch (value.type()) {
    case json::value_t::object:
      return "a map";
    case json::value_t::array:
      return "a list";
    case json::value_t::string:
      return "a string";
    case json::value_t::boolean:
      return "a boolean";
    case json::value_t::null:
      return "null";
    default:
      return "a number";
  }
}

// Decodes JSON into the table's shape as Go's encoding/json does: null is the empty value, and a type that
// does not fit is an error.
class Decoder {
 public:
  explicit Decoder(std::string action) : action_(std::move(action)) {}

  [[nodiscard]] ordered_json object(const json& value, std::span<const Field> fields,
                                    const std::string& at) const {
    ordered_json decoded = ordered_json::object();
    if (value.is_null()) return object(json::object(), fields, at);
    expect(value, json::value_t::object, at);
    for (const Field& field : fields) {
      const auto found = value.find(field.name);
      const bool given = found != value.end() && !found->is_null();
      ordered_json result = given ? field_value(*found, field, at + "." + field.name) : empty_value(field);
      if (field.presence == Presence::always || is_worth_keeping(result, field))
        decoded[field.name] = std::move(result);
    }
    return decoded;
  }

  // The list `name` of {name: ..., KEY: ...} as a map from name to body.
  template <typename Decode>
  [[nodiscard]] std::map<std::string, ordered_json> named(const json& root, const char* list, const char* key,
                                                          const std::string& at, Decode decode) const {
    std::map<std::string, ordered_json> entries;
    const json items = root.value(list, json());
    if (items.is_null()) return entries;
    expect(items, json::value_t::array, at + list);
    for (const json& item : items) {
      const std::string where = at + list + "[" + std::to_string(entries.size()) + "]";
      if (!item.is_null()) expect(item, json::value_t::object, where);
      const std::string name = text(item.is_null() ? json() : item.value("name", json()), where + ".name");
      const json body = item.is_null() ? json() : item.value(key, json());
      if (!entries.emplace(name, decode(body, where + "." + key)).second)
        throw Error(action_, util::filled("the name \"{name}\" stands twice in its {list}",
                                          {{"name", name}, {"list", list}}));
    }
    return entries;
  }

  [[nodiscard]] std::map<std::string, ordered_json> extensions(const json& root,
                                                               const std::string& at) const {
    return named(root, "extensions", "extension", at,
                 [](const json& body, const std::string&) { return ordered_json(body); });
  }

  [[nodiscard]] std::string text(const json& value, const std::string& at) const {
    if (value.is_null()) return {};
    expect(value, json::value_t::string, at);
    return value.get<std::string>();
  }

 private:
  static ordered_json empty_value(const Field& field) {
    if (field.type == Type::flag) return false;
    return field.type == Type::text ? ordered_json("") : ordered_json();
  }

  // An object that is there counts even where it is empty: in Go it is a pointer.
  static bool is_worth_keeping(const ordered_json& value, const Field& field) {
    if (value.is_boolean()) return value.get<bool>();
    if (value.is_string()) return !value.get_ref<const std::string&>().empty();
    return field.type == Type::object ? !value.is_null() : !value.empty();
  }

  [[nodiscard]] ordered_json field_value(const json& value, const Field& field, const std::string& at) const {
    switch (field.type) {
      case Type::text:
        return text(value, at);
      case Type::flag:
        expect(value, json::value_t::boolean, at);
        return value.get<bool>();
      case Type::data:
        return data(value, at);
      case Type::texts:
        return texts(value, at);
      case Type::text_map:
        return map_of(value, at, [this](const json& each, const std::string& where) {
          return ordered_json(text(each, where));
        });
      case Type::texts_map:
        return map_of(value, at,
                      [this](const json& each, const std::string& where) { return texts(each, where); });
      case Type::object:
        return object(value, field.fields, at);
      case Type::objects:
        return objects(value, field.fields, at);
      case Type::extensions:
        return extension_list(value, at);
    }
    return {};
  }

  // Base64 as kubectl prints it again: on one line.
  [[nodiscard]] ordered_json data(const json& value, const std::string& at) const {
    const auto bytes = util::base64_decode(text(value, at));
    if (!bytes) throw Error(action_, util::filled("{field} is not base64", {{"field", at}}));
    return util::base64_encode(*bytes);
  }

  [[nodiscard]] ordered_json texts(const json& value, const std::string& at) const {
    if (value.is_null()) return {};
    expect(value, json::value_t::array, at);
    ordered_json list = ordered_json::array();
    for (const json& item : value) list.push_back(text(item, at + "[" + std::to_string(list.size()) + "]"));
    return list;
  }

  template <typename Decode>
  [[nodiscard]] ordered_json map_of(const json& value, const std::string& at, Decode decode) const {
    expect(value, json::value_t::object, at);
    ordered_json map = ordered_json::object();
    for (const auto& [key, item] : value.items()) map[key] = decode(item, at + "." + key);
    return map;
  }

  [[nodiscard]] ordered_json objects(const json& value, std::span<const Field> fields,
                                     const std::string& at) const {
    expect(value, json::value_t::array, at);
    ordered_json list = ordered_json::array();
    for (const json& item : value)
      list.push_back(object(item, fields, at + "[" + std::to_string(list.size()) + "]"));
    return list;
  }

  [[nodiscard]] ordered_json extension_list(const json& value, const std::string& at) const {
    ordered_json list = ordered_json::array();
    const std::string owner = at.substr(0, at.rfind("extensions"));
    for (auto& [name, body] : extensions(json{{"extensions", value}}, owner))
      list.push_back({{"name", name}, {"extension", std::move(body)}});
    return list;
  }

  void expect(const json& value, json::value_t type, const std::string& at) const {
    if (value.type() == type) return;
    const bool quotes_help = type == json::value_t::string && value.is_primitive();
    throw Error(action_,
                util::filled("{field} is {kind}; {wanted} is wanted",
                             {{"field", at}, {"kind", word_for(value)}, {"wanted", word_for(json(type))}}),
                quotes_help ? "Put it in quotes." : "");
  }

  std::string action_;
};

// v1beta1 lets a plugin leave it out, v1 does not (api/v1, defaults.go).
void apply_defaults(ordered_json& user) {
  const auto exec = user.find("exec");
  if (exec == user.end() || exec->contains("interactiveMode")) return;
  const std::string version = exec->value("apiVersion", "");
  if (version == "client.authentication.k8s.io/v1beta1" || version == "client.authentication.k8s.io/v1alpha1")
    (*exec)["interactiveMode"] = "IfAvailable";
}

void expect_kubeconfig(const json& root, const Decoder& decoder, const std::string& action) {
  const std::string version = decoder.text(root.value("apiVersion", json()), "apiVersion");
  const std::string kind = decoder.text(root.value("kind", json()), "kind");
  if ((version.empty() || version == "v1") && (kind.empty() || kind == "Config")) return;
  const char* why =
      version.empty() ? "it is a {kind}, not a v1 Config" : "it is a {version} {kind}, not a v1 Config";
  throw Error(action, util::filled(why, {{"version", version}, {"kind", kind}}));
}

}  // namespace

KubeconfigDocument read_kubeconfig_document(std::string_view text, const std::filesystem::path& file) {
  const std::string action = util::filled("cannot read the kubeconfig {file}", {{"file", file}});
  const Decoder decoder(action);
  const json root = yaml_to_json(text, action);
  if (root.is_null()) return {};
  if (!root.is_object())
    throw Error(action, util::filled("it is {kind}, not a map", {{"kind", word_for(root)}}));
  expect_kubeconfig(root, decoder, action);
  const auto bodies = [&](const char* list, const char* key, std::span<const Field> fields) {
    return decoder.named(root, list, key, "", [&](const json& body, const std::string& at) {
      return decoder.object(body, fields, at);
    });
  };
  KubeconfigDocument document;
  document.current_context = decoder.text(root.value("current-context", json()), "current-context");
  document.preferences = decoder.object(root.value("preferences", json()), kPreferences, "preferences");
  document.clusters = bodies("clusters", "cluster", kCluster);
  document.contexts = bodies("contexts", "context", kContext);
  document.users = bodies("users", "user", kUser);
  document.extensions = decoder.extensions(root, "");
  for (auto& [name, user] : document.users) apply_defaults(user);
  return document;
}

}  // namespace kots_export::kube
