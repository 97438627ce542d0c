#pragma once

#include <kots_export/change/change.h>

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
  change.after = {{"kind", "ConfigMap"}};
  return change;
}

// What the server answers about an object.
inline nlohmann::json live(const std::string& name, const std::string& uid, const nlohmann::json& labels) {
  return {{"metadata", {{"name", name}, {"uid", uid}, {"resourceVersion", "7"}, {"labels", labels}}}};
}

}  // namespace kots_export::test
