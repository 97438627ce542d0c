#include "migration/pod_environment.h"

#include <kots_export/util/base64.h>

#include <array>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

using Variables = std::map<std::string, std::string>;

// A kind that variables come from, and how envFrom and valueFrom name it.
struct Origin {
  const char* kind;
  const char* all;
  const char* key;
};
constexpr std::array<Origin, 2> kOrigins = {
    {{"ConfigMap", "configMapRef", "configMapKeyRef"}, {"Secret", "secretRef", "secretKeyRef"}}};

// The kubelet gives each container the addresses of the namespace's Services: POSTGRESQL_SERVICE_HOST,
// POSTGRESQL_PORT_5432_TCP, ...
bool may_be_of_a_service(const std::string& name) {
  return name.find("_SERVICE_") != std::string::npos || name.find("_PORT") != std::string::npos;
}

// Reads Secrets and ConfigMaps once each; the environment of one container.
class EnvironmentReader {
 public:
  explicit EnvironmentReader(Context& context) : context_(context) {}

  // envFrom first; env wins, and the later wins.
  Variables read(const json& container) {
    for (const json& source : container.value("envFrom", json::array())) read_all(source);
    for (const json& variable : container.value("env", json::array())) read_one(variable);
    return std::move(variables_);
  }

 private:
  void read_all(const json& source) {
    const std::string prefix = source.value("prefix", "");
    for (const Origin& origin : kOrigins) {
      if (!source.contains(origin.all)) continue;
      for (const auto& [key, value] : data_of(origin.kind, source[origin.all].value("name", "")))
        variables_[prefix + key] = value;
    }
  }

  void read_one(const json& variable) {
    const std::string name = variable.value("name", "");
    if (!variable.contains("valueFrom")) return set(name, expand(variable.value("value", "")));
    const json& from = variable["valueFrom"];
    for (const Origin& origin : kOrigins) {
      if (!from.contains(origin.key)) continue;
      const json& reference = from[origin.key];
      const Variables& data = data_of(origin.kind, reference.value("name", ""));
      const auto found = data.find(reference.value("key", ""));
      if (found != data.end()) return set(name, found->second);
      // An optional key that is missing changes nothing; another one was there when the container started.
      if (reference.value("optional", false)) return;
    }
    set(name, std::nullopt);
  }

  void set(const std::string& name, std::optional<std::string> value) {
    if (value) {
      variables_[name] = std::move(*value);
    } else {
      variables_.erase(name);
      unknown_.insert(name);
    }
  }

  // $(NAME) of what stands before it; $$ is $; a name that is not known stays as it is written. Nothing where
  // the value hangs on something that only the container knows.
  std::optional<std::string> expand(const std::string& text) const {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char next = i + 1 < text.size() ? text[i + 1] : '\0';
      const auto close = text[i] == '$' && next == '(' ? text.find(')', i) : std::string::npos;
      if (text[i] == '$' && next == '$') {
        out += '$';
        ++i;
      } else if (close != std::string::npos) {
        const std::string name = text.substr(i + 2, close - i - 2);
        const auto found = variables_.find(name);
        if (found == variables_.end() && (unknown_.contains(name) || may_be_of_a_service(name)))
          return std::nullopt;
        out += found != variables_.end() ? found->second : text.substr(i, close - i + 1);
        i = close;
      } else {
        out += text[i];
      }
    }
    return out;
  }

  const Variables& data_of(const std::string& kind, const std::string& name) {
    const auto [place, is_new] = cache_.try_emplace({kind, name});
    if (!is_new) return place->second;
    const auto object = context_.client.get(object_ref(context_, "", kind, name));
    const json data = object ? object->value("data", json::object()) : json::object();
    for (const auto& [key, value] : data.items()) {
      if (!value.is_string()) continue;
      const auto& text = value.get_ref<const std::string&>();
      place->second[key] = kind == "Secret" ? util::base64_decode(text).value_or("") : text;
    }
    return place->second;
  }

  Context& context_;
  Variables variables_;
  std::set<std::string> unknown_;  // names that are set to what only the container knows
  std::map<std::pair<std::string, std::string>, Variables> cache_;
};

}  // namespace

Variables described_environment(Context& context, const json& container) {
  return EnvironmentReader(context).read(container);
}

}  // namespace kots_export::migration
