#pragma once

#include <kots_export/change/change.h>
#include <kots_export/helm/storage.h>

#include <string>

namespace kots_export::test {

inline kube::ObjectRef object_of(const std::string& kind, const std::string& name) {
  return {.gvr = {"", "v1", kind + "s"},
          .kind = kind,
          .ns = "ns",
          .name = name,
          .uid = {},
          .resource_version = {}};
}

// Sets label `a` from `before` (null: it is absent) to `after` (null: it is removed).
inline change::Change label_patch(const std::string& kind, const std::string& name,
                                  const nlohmann::json& before, const nlohmann::json& after) {
  return {.verb = change::Verb::patch,
          .step = "annotate",
          .object = object_of(kind, name),
          .before = {{"metadata", {{"labels", {{"a", before}}}}}},
          .after = {{"metadata", {{"labels", {{"a", after}}}}}},
          .why = "because"};
}

inline change::Change deletion(const std::string& kind, const std::string& name, nlohmann::json image) {
  return {.verb = change::Verb::remove,
          .step = "kots_cleanup",
          .object = object_of(kind, name),
          .before = std::move(image),
          .after = nullptr,
          .why = "part of KOTS"};
}

inline change::Change creation(const std::string& kind, const std::string& name, nlohmann::json manifest) {
  return {.verb = change::Verb::create,
          .step = "flyway",
          .object = object_of(kind, name),
          .before = nullptr,
          .after = std::move(manifest),
          .why = "migrates the database"};
}

// Puts another manifest into the record of revision 1.
inline change::Change manifest_patch(const std::string& before, const std::string& after) {
  const auto data = [](const std::string& manifest) -> nlohmann::json {
    return {{"data", {{"release", helm::encode_release({.config = values::Map(), .manifest = manifest})}}}};
  };
  return {.verb = change::Verb::patch,
          .step = "fix-manifest",
          .object = object_of("Secret", helm::secret_name("circleci-server", 1)),
          .before = data(before),
          .after = data(after),
          .why = "because"};
}

}  // namespace kots_export::test
