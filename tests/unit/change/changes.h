#pragma once

#include <kots_export/change/change.h>

#include "unit/support/scripted_transport.h"

#include <string>

namespace kots_export::test {

inline kube::ObjectRef config_map(const std::string& name) {
  return {.gvr = {"", "v1", "configmaps"},
          .kind = "ConfigMap",
          .ns = "ns",
          .name = name,
          .uid = "uid-" + name,
          .resource_version = "1"};
}

inline change::Change patch_of(const std::string& name) {
  return {.verb = change::Verb::patch,
          .step = "annotate",
          .object = config_map(name),
          .before = {{"metadata", {{"labels", {{"a", nullptr}}}}}},
          .after = {{"metadata", {{"labels", {{"a", "b"}}}}}},
          .why = "because"};
}

inline change::Change delete_of(const std::string& name) {
  change::Change change = patch_of(name);
  change.verb = change::Verb::remove;
  change.after = nullptr;
  return change;
}

inline change::Change create_of(const std::string& name) {
  change::Change change = patch_of(name);
  change.verb = change::Verb::create;
  change.object.uid.clear();
  change.after = {{"kind", "ConfigMap"}, {"metadata", {{"name", name}, {"namespace", "ns"}}}};
  return change;
}

// What the server answers about an object.
inline nlohmann::json live(const std::string& name, const std::string& uid, const nlohmann::json& labels) {
  return {
      {"kind", "ConfigMap"},
      {"metadata",
       {{"name", name}, {"namespace", "ns"}, {"uid", uid}, {"resourceVersion", "7"}, {"labels", labels}}}};
}

// What an API server answers to a write of `name` that it carried out.
inline kube::Reply answer_to(const kube::Request& request) {
  const std::string path = request.path.substr(0, request.path.find('?'));
  if (request.method == kube::Method::post) {
    const nlohmann::json manifest = nlohmann::json::parse(request.body);
    const std::string name = manifest["metadata"]["name"];
    return reply(201, live(name, "new-uid-" + name, nlohmann::json::object()));
  }
  const std::string name = path.substr(path.rfind('/') + 1);
  if (request.method == kube::Method::del) {
    return reply(200, {{"kind", "Status"},
                       {"status", "Success"},
                       {"details", {{"name", name}, {"kind", "configmaps"}, {"uid", "uid-" + name}}}});
  }
  return reply(200, live(name, "uid-" + name, {{"a", "b"}}));
}

}  // namespace kots_export::test
