#include "apiserver/environment.h"

#include <kots_export/util/base64.h>

#include <algorithm>
#include <optional>

namespace kots_export::apiserver {
namespace {

class Resolver {
 public:
  Resolver(const Store& store, const Json& pod)
      : store_(store), pod_(pod), name_space_(text_member(pod, {"metadata", "namespace"})) {}

  Environment run(const Json& container, const std::map<std::string, std::string>& image) {
    set("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    set("HOSTNAME", text_member(pod_, {"metadata", "name"}));
    for (const auto& [name, value] : image) set(name, value);
    for (const Json& source : member(container, {"envFrom"})) add_all(source);
    for (const Json& variable : member(container, {"env"})) add(variable);
    return std::move(result_);
  }

 private:
  void set(const std::string& name, std::string value) {
    for (auto& [known, old] : result_.variables) {
      if (known == name) {
        old = std::move(value);
        return;
      }
    }
    result_.variables.emplace_back(name, std::move(value));
  }

  void fail(const std::string& problem) {
    if (result_.problem.empty()) result_.problem = problem;
  }

  [[nodiscard]] ObjectPtr find(const char* kind, const std::string& name) const {
    for (const ResourceType& type : all_resource_types()) {
      if (type.kind == kind) return store_.get(type, name_space_, name);
    }
    return nullptr;
  }

  void add_all(const Json& source) {
    const bool secret = source.contains("secretRef");
    const Json& reference = member(source, {secret ? "secretRef" : "configMapRef"});
    const std::string name = text_member(reference, {"name"});
    const ObjectPtr object = find(secret ? "Secret" : "ConfigMap", name);
    if (!object) {
      if (member(reference, {"optional"}) != Json(true)) missing(secret, name);
      return;
    }
    for (const auto& [key, value] : member(object->body(), {"data"}).items()) {
      set(text_member(source, {"prefix"}) + key, decoded(secret, value.get<std::string>()));
    }
  }

  void missing(bool secret, const std::string& name) {
    fail(std::string(secret ? "secret" : "configmap") + " \"" + name + "\" not found");
  }

  static std::string decoded(bool secret, const std::string& text) {
    return secret ? util::base64_decode(text).value_or("") : text;
  }

  void add(const Json& variable) {
    const std::string name = text_member(variable, {"name"});
    const Json& from = member(variable, {"valueFrom"});
    if (!from.is_object()) {
      set(name, expand(text_member(variable, {"value"}), result_));
    } else if (from.contains("secretKeyRef")) {
      add_key(name, from["secretKeyRef"], true);
    } else if (from.contains("configMapKeyRef")) {
      add_key(name, from["configMapKeyRef"], false);
    } else if (from.contains("fieldRef")) {
      set(name, field(text_member(from, {"fieldRef", "fieldPath"})));
    }
  }

  void add_key(const std::string& name, const Json& reference, bool secret) {
    const std::string source = text_member(reference, {"name"});
    const std::string key = text_member(reference, {"key"});
    const bool optional = member(reference, {"optional"}) == Json(true);
    const ObjectPtr object = find(secret ? "Secret" : "ConfigMap", source);
    if (!object) {
      if (!optional) missing(secret, source);
      return;
    }
    const Json& value = member(object->body(), {"data", key.c_str()});
    if (value.is_string()) {
      set(name, decoded(secret, value.get<std::string>()));
    } else if (!optional) {
      fail("couldn't find key " + key + " in " + (secret ? "Secret " : "ConfigMap ") + name_space_ + '/' +
           source);
    }
  }

  [[nodiscard]] std::string field(const std::string& path) const {
    if (path == "metadata.name") return text_member(pod_, {"metadata", "name"});
    if (path == "metadata.namespace") return name_space_;
    if (path == "metadata.uid") return text_member(pod_, {"metadata", "uid"});
    if (path == "spec.nodeName") return text_member(pod_, {"spec", "nodeName"});
    if (path == "spec.serviceAccountName") return text_member(pod_, {"spec", "serviceAccountName"});
    if (path == "status.podIP") return text_member(pod_, {"status", "podIP"});
    if (path == "status.hostIP") return text_member(pod_, {"status", "hostIP"});
    return {};
  }

  const Store& store_;
  const Json& pod_;
  std::string name_space_;
  Environment result_;
};

}  // namespace

const std::string* Environment::find(const std::string& name) const {
  const auto found = std::find_if(variables.begin(), variables.end(),
                                  [&](const auto& variable) { return variable.first == name; });
  return found == variables.end() ? nullptr : &found->second;
}

Environment resolve_environment(const Store& store, const Json& pod, const Json& container,
                                const std::map<std::string, std::string>& image) {
  return Resolver(store, pod).run(container, image);
}

std::string expand(const std::string& text, const Environment& environment) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dollar = text[i] == '$' && i + 1 < text.size();
    if (dollar && text[i + 1] == '$') {
      result += text[i++];
      continue;
    }
    const std::size_t close = dollar && text[i + 1] == '(' ? text.find(')', i) : std::string::npos;
    if (close == std::string::npos) {
      result += text[i];
      continue;
    }
    const std::string* value = environment.find(text.substr(i + 2, close - i - 2));
    result += value != nullptr ? *value : text.substr(i, close - i + 1);
    i = close;
  }
  return result;
}

}  // namespace kots_export::apiserver
