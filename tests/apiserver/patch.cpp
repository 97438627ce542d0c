#include "apiserver/patch.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kots_export::apiserver {
namespace {

// Field name -> key of its entries. An empty key means a list of plain values whose entries are united.
std::optional<std::string_view> merge_key(std::string_view field, const Json& entries) {
  static constexpr std::pair<std::string_view, std::string_view> kKeys[] = {
      {"containers", "name"},
      {"initContainers", "name"},
      {"ephemeralContainers", "name"},
      {"env", "name"},
      {"volumes", "name"},
      {"volumeMounts", "mountPath"},
      {"volumeDevices", "devicePath"},
      {"imagePullSecrets", "name"},
      {"secrets", "name"},
      {"hostAliases", "ip"},
      {"ownerReferences", "uid"},
      {"conditions", "type"},
      {"topologySpreadConstraints", "topologyKey"},
      {"finalizers", ""}};
  // A container's ports are keyed by containerPort, a Service's by port.
  if (field == "ports") {
    const bool container = !entries.empty() && entries.front().contains("containerPort");
    return container ? "containerPort" : "port";
  }
  for (const auto& [name, key] : kKeys) {
    if (name == field) return key;
  }
  return std::nullopt;
}

void merge_keyed_list(Json& target, const Json& patch, const std::string& key) {
  for (const Json& entry : patch) {
    if (!entry.is_object() || !entry.contains(key)) continue;
    const auto same = std::find_if(target.begin(), target.end(), [&](const Json& existing) {
      return existing.is_object() && existing.contains(key) && existing[key] == entry[key];
    });
    if (text_member(entry, {"$patch"}) == "delete") {
      if (same != target.end()) target.erase(same);
    } else if (same != target.end()) {
      apply_strategic_merge(*same, entry);
    } else {
      Json fresh = Json::object();
      apply_strategic_merge(fresh, entry);
      target.push_back(std::move(fresh));
    }
  }
}

void merge_list(Json& target, const Json& patch, std::string_view field) {
  const bool replace = std::any_of(patch.begin(), patch.end(), [](const Json& entry) {
    return text_member(entry, {"$patch"}) == "replace";
  });
  const std::optional<std::string_view> key = merge_key(field, patch);
  if (replace || !key || !target.is_array()) {
    target = Json::array();
    for (const Json& entry : patch) {
      if (text_member(entry, {"$patch"}).empty()) target.push_back(entry);
    }
  } else if (key->empty()) {
    for (const Json& entry : patch) {
      if (std::find(target.begin(), target.end(), entry) == target.end()) target.push_back(entry);
    }
  } else {
    merge_keyed_list(target, patch, std::string(*key));
  }
}

// True where `key` is a directive, which is carried out here and never stored.
bool apply_directive(Json& target, const std::string& key, const Json& value) {
  constexpr std::string_view kDelete = "$deleteFromPrimitiveList/";
  if (!key.starts_with('$')) return false;
  if (key.starts_with(kDelete)) {
    Json& list = target[key.substr(kDelete.size())];
    for (const Json& entry : value) {
      list.erase(std::remove(list.begin(), list.end(), entry), list.end());
    }
  } else if (key == "$retainKeys") {
    for (auto it = target.begin(); it != target.end();) {
      it = std::find(value.begin(), value.end(), Json(it.key())) == value.end() ? target.erase(it)
                                                                                : std::next(it);
    }
  }
  return true;
}

void for_each_backend(Json& body, const std::function<void(Json&)>& convert) {
  if (!body.contains("spec") || !body["spec"].is_object()) return;
  for (Json& rule : body["spec"]["rules"]) {
    if (!rule.contains("http")) continue;
    for (Json& path : rule["http"]["paths"]) {
      if (path.contains("backend")) convert(path["backend"]);
    }
  }
  if (body["spec"]["rules"].is_null()) body["spec"].erase("rules");
}

}  // namespace

void apply_strategic_merge(Json& target, const Json& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) target = Json::object();
  if (text_member(patch, {"$patch"}) == "replace") target = Json::object();
  for (const auto& [key, value] : patch.items()) {
    if (apply_directive(target, key, value)) continue;
    if (value.is_null() || text_member(value, {"$patch"}) == "delete") {
      target.erase(key);
    } else if (value.is_array()) {
      merge_list(target[key], value, key);
    } else {
      apply_strategic_merge(target[key], value);
    }
  }
}

void ingress_to_v1beta1(Json& body) {
  const auto convert = [](Json& backend) {
    if (!backend.contains("service")) return;
    const Json service = backend["service"];
    const Json& port = member(service, {"port"});
    backend.erase("service");
    backend["serviceName"] = member(service, {"name"});
    backend["servicePort"] = port.contains("number") ? port["number"] : member(port, {"name"});
  };
  for_each_backend(body, convert);
  if (member(body, {"spec", "defaultBackend"}).is_object()) {
    convert(body["spec"]["defaultBackend"]);
    body["spec"]["backend"] = std::move(body["spec"]["defaultBackend"]);
    body["spec"].erase("defaultBackend");
  }
}

void ingress_to_v1(Json& body) {
  const auto convert = [](Json& backend) {
    if (!backend.contains("serviceName")) return;
    const Json port = member(backend, {"servicePort"});
    backend["service"] = {{"name", backend["serviceName"]},
                          {"port", {{port.is_number() ? "number" : "name", port}}}};
    backend.erase("serviceName");
    backend.erase("servicePort");
  };
  for_each_backend(body, convert);
  if (member(body, {"spec", "backend"}).is_object()) {
    convert(body["spec"]["backend"]);
    body["spec"]["defaultBackend"] = std::move(body["spec"]["backend"]);
    body["spec"].erase("backend");
  }
  if (!body.contains("spec") || !body["spec"].contains("rules")) return;
  for (Json& rule : body["spec"]["rules"]) {
    if (!rule.contains("http")) continue;
    for (Json& path : rule["http"]["paths"]) {
      if (!path.contains("pathType")) path["pathType"] = "ImplementationSpecific";
    }
  }
}

}  // namespace kots_export::apiserver
