#include "helm/new_shapes.h"

#include <kots_export/util/error.h>

#include <algorithm>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace kots_export::helm {

namespace {

YAML::Node value_at(const YAML::Node& map, std::string_view key) { return YamlEdit::find(map, key).value; }

// The elements of a list; none where it is something else.
std::vector<YAML::Node> elements_of(const YAML::Node& list) {
  std::vector<YAML::Node> elements;
  if (!list.IsDefined() || !list.IsSequence()) return elements;
  for (const YAML::Node& element : list) elements.push_back(element);
  return elements;
}

bool is_number(const YAML::Node& scalar) {
  const std::string& text = scalar.Scalar();
  const bool is_plain = scalar.Tag() == "?";
  return is_plain && !text.empty() && std::ranges::all_of(text, [](char c) { return '0' <= c && c <= '9'; });
}

// {serviceName: web, servicePort: 80} becomes {service: {name: web, port: {number: 80}}}; a name for the port
// stands in `name`.
void name_service_in_map(const YAML::Node& backend, YamlEdit& edit) {
  const Entry name = YamlEdit::find(backend, "serviceName");
  const Entry port = YamlEdit::find(backend, "servicePort");
  if (!name.key.IsDefined() && !port.key.IsDefined()) return;  // it names a resource, or is v1's already
  if (!name.value.IsDefined() || !port.value.IsDefined() || !name.value.IsScalar() || !port.value.IsScalar())
    throw Error("a backend has not both serviceName and servicePort");
  // JSON is YAML, wherever it stands.
  const auto quoted = [](const std::string& text) { return nlohmann::json(text).dump(); };
  const std::string of_port = is_number(port.value) ? R"({"number": )" + port.value.Scalar()
                                                    : R"({"name": )" + quoted(port.value.Scalar());
  edit.replace_entry(name, "service",
                     R"({"name": )" + quoted(name.value.Scalar()) + R"(, "port": )" + of_port + "}}");
  edit.erase_entry(backend, port);
}

}  // namespace

void to_ingress_v1(const YAML::Node& object, YamlEdit& edit) {
  const YAML::Node spec = value_at(object, "spec");
  if (const Entry backend = YamlEdit::find(spec, "backend"); backend.key.IsDefined()) {
    edit.replace_scalar(backend.key, "defaultBackend");
    name_service_in_map(backend.value, edit);
  }
  for (const YAML::Node& rule : elements_of(value_at(spec, "rules"))) {
    for (const YAML::Node& path : elements_of(value_at(value_at(rule, "http"), "paths"))) {
      const Entry backend = YamlEdit::find(path, "backend");
      if (!backend.key.IsDefined()) throw Error("a path has no backend");
      name_service_in_map(backend.value, edit);
      // What v1beta1 took where there was none.
      if (!value_at(path, "pathType").IsDefined())
        edit.insert_before(path, backend, "pathType", "ImplementationSpecific");
    }
  }
}

void require_selector(const YAML::Node& object, YamlEdit&) {
  const YAML::Node selector = value_at(value_at(object, "spec"), "selector");
  if (!selector.IsDefined() || selector.IsNull()) throw Error("it has no spec.selector");
}

void require_filled_selector(const YAML::Node& object, YamlEdit&) {
  const YAML::Node selector = value_at(value_at(object, "spec"), "selector");
  if (!selector.IsDefined() || !selector.IsMap()) return;
  const auto is_filled = [&](const char* key) { return value_at(selector, key).size() > 0; };
  if (!is_filled("matchLabels") && !is_filled("matchExpressions"))
    throw Error("its empty selector means no Pod, and means every Pod in policy/v1");
}

void require_subjects_of_v1(const YAML::Node& object, YamlEdit&) {
  for (const YAML::Node& subject : elements_of(value_at(object, "subjects"))) {
    const YAML::Node name = value_at(subject, "name");
    const bool is_everybody = name.IsDefined() && name.IsScalar() && name.Scalar() == "*";
    if (is_everybody || value_at(subject, "apiVersion").IsDefined())
      throw Error("its subjects are written as only v1alpha1 has them");
  }
}

void require_no_topology(const YAML::Node& object, YamlEdit&) {
  for (const YAML::Node& endpoint : elements_of(value_at(object, "endpoints"))) {
    if (value_at(endpoint, "topology").IsDefined()) throw Error("an endpoint has a topology");
  }
}

}  // namespace kots_export::helm
