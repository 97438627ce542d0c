#include "apiserver/seeds.h"

#include <kots_export/util/base64.h>
#include <kots_export/util/files.h>
#include <kots_export/util/gzip.h>

#include "apiserver/defaults.h"
#include "apiserver/lifecycle.h"
#include "apiserver/wire.h"
#include "apiserver/yaml.h"

#include <stdexcept>

namespace kots_export::apiserver {
namespace {

constexpr const char* kTestingVersion = "testing/v1";

class SeedLoader {
 public:
  SeedLoader(Cluster& cluster, std::filesystem::path folder)
      : cluster_(cluster), folder_(std::move(folder)) {}

  void load(const Json& document) {
    const std::string kind = text_member(document, {"kind"});
    if (text_member(document, {"apiVersion"}) == kTestingVersion) {
      load_helper(kind, document);
    } else if (kind == "List" || (kind.ends_with("List") && document.contains("items"))) {
      for (const Json& item : member(document, {"items"})) load(item);
    } else {
      put_seed(cluster_, document);
    }
  }

 private:
  void load_helper(const std::string& kind, const Json& document) {
    if (kind == "HelmRelease") {
      put_seed(cluster_, release_secret(document));
    } else if (kind == "JobBehaviour") {
      cluster_.behaviours.add(parse_behaviour(document));
    } else if (kind == "Deny") {
      cluster_.access.deny(parse_deny_rule(text_member(document, {"rule"})));
    } else if (kind == "Repeat") {
      const long long count = integer_member(document, {"count"}, 0);
      for (long long i = 0; i < count; ++i) load(numbered(member(document, {"object"}), std::to_string(i)));
    } else {
      throw std::runtime_error("there is no helper document of kind " + kind);
    }
  }

  static std::string numbered_text(std::string text, const std::string& number) {
    for (std::size_t at = text.find("%d"); at != std::string::npos;
         at = text.find("%d", at + number.size())) {
      text.replace(at, 2, number);
    }
    return text;
  }

  static Json numbered(const Json& value, const std::string& number) {
    if (value.is_string()) return numbered_text(value.get<std::string>(), number);
    if (!value.is_structured()) return value;
    Json result = value.is_array() ? Json::array() : Json::object();
    for (const auto& [key, entry] : value.items()) {
      if (value.is_array()) {
        result.push_back(numbered(entry, number));
      } else {
        result[numbered_text(key, number)] = numbered(entry, number);
      }
    }
    return result;
  }

  [[nodiscard]] Json release_secret(const Json& document) const {
    const std::string name = text_member(document, {"name"});
    const std::string name_space = text_member(document, {"namespace"});
    const long long revision = integer_member(document, {"revision"}, 1);
    std::string status = text_member(document, {"status"});
    if (status.empty()) status = "deployed";
    std::string description = text_member(document, {"description"});
    if (description.empty()) description = "Install complete";
    Json config = member(document, {"config"});
    if (const std::string file = text_member(document, {"configFile"}); !file.empty()) {
      config = parse_yaml(util::read_file(folder_ / file));
    }
    if (config.is_null()) config = Json::object();
    const Json release = {{"name", name},
                          {"namespace", name_space},
                          {"version", revision},
                          {"info",
                           {{"first_deployed", "2022-01-11T09:30:00.000000000Z"},
                            {"last_deployed", "2022-01-11T09:30:00.000000000Z"},
                            {"deleted", ""},
                            {"description", description},
                            {"status", status}}},
                          {"chart",
                           {{"metadata",
                             {{"name", text_member(document, {"chartName"})},
                              {"version", text_member(document, {"chartVersion"})},
                              {"apiVersion", "v2"}}},
                            {"templates", Json::array()},
                            {"values", Json::object()}}},
                          {"config", std::move(config)},
                          {"manifest", text_member(document, {"manifest"})}};
    const std::string version = std::to_string(revision);
    return {{"apiVersion", "v1"},
            {"kind", "Secret"},
            {"metadata",
             {{"name", "sh.helm.release.v1." + name + ".v" + version},
              {"namespace", name_space},
              {"labels", {{"name", name}, {"owner", "helm"}, {"status", status}, {"version", version}}}}},
            {"type", "helm.sh/release.v1"},
            {"data", {{"release", encode_release(release)}}}};
  }

  Cluster& cluster_;
  std::filesystem::path folder_;
};

void complete_owners(const Cluster& cluster, Json& object) {
  Json& metadata = object["metadata"];
  if (!metadata.contains("ownerReferences")) return;
  for (Json& owner : metadata["ownerReferences"]) {
    if (owner.contains("uid")) continue;
    const ResourceType* type = cluster.registry.type_named(text_member(owner, {"kind"}));
    const ObjectPtr found = type == nullptr ? nullptr
                                            : cluster.store.get(*type, text_member(metadata, {"namespace"}),
                                                                text_member(owner, {"name"}));
    if (!found) {
      throw std::runtime_error("the owner " + text_member(owner, {"name"}) + " of " +
                               text_member(metadata, {"name"}) + " is not seeded before it");
    }
    owner["uid"] = found->uid();
  }
}

// A Pod as it looks once it runs.
void make_running(Json& pod) {
  pod["spec"]["nodeName"] = "node-1";
  const std::string now = now_text();
  Json statuses = Json::array();
  for (const Json& container : member(pod, {"spec", "containers"})) {
    statuses.push_back({{"name", text_member(container, {"name"})},
                        {"image", text_member(container, {"image"})},
                        {"imageID", ""},
                        {"ready", true},
                        {"started", true},
                        {"restartCount", 0},
                        {"lastState", Json::object()},
                        {"state", {{"running", {{"startedAt", now}}}}}});
  }
  Json conditions = Json::array();
  for (const char* type : {"Initialized", "Ready", "ContainersReady", "PodScheduled"}) {
    conditions.push_back({{"type", type}, {"status", "True"}, {"lastTransitionTime", now}});
  }
  pod["status"] = {{"phase", "Running"},
                   {"podIP", "10.244.0.9"},
                   {"hostIP", "10.0.0.1"},
                   {"startTime", now},
                   {"conditions", std::move(conditions)},
                   {"qosClass", "Burstable"},
                   {"containerStatuses", std::move(statuses)}};
}

void ensure_namespace(Cluster& cluster, const std::string& name) {
  const ResourceType& type = cluster.type("Namespace");
  if (cluster.store.get(type, "", name)) return;
  create_object(cluster, type, {{"metadata", {{"name", name}}}}, {}, DryRun::no, Origin::seed);
}

}  // namespace

std::string encode_release(const Json& release) {
  return util::base64_encode(util::base64_encode(util::gzip(dump_json(release))));
}

ObjectPtr put_seed(Cluster& cluster, Json object) {
  const std::string api_version = text_member(object, {"apiVersion"});
  const std::string kind = text_member(object, {"kind"});
  const ServedResource found = cluster.registry.find_kind(api_version, kind);
  if (found.type == nullptr)
    throw std::runtime_error("this server has no kind " + kind + " in " + api_version);
  const ResourceType& type = *found.type;
  Json& metadata = object["metadata"];
  if (!metadata.is_object()) throw std::runtime_error("an object of kind " + kind + " has no metadata");
  if (type.namespaced()) {
    if (!metadata.contains("namespace")) metadata["namespace"] = "default";
    ensure_namespace(cluster, text_member(metadata, {"namespace"}));
  } else {
    metadata.erase("namespace");
  }
  complete_owners(cluster, object);
  if (kind == "Pod" && !object.contains("status")) make_running(object);
  object.erase("apiVersion");
  object.erase("kind");
  from_version(type, *found.version, object);
  const std::string name = text_member(metadata, {"name"});
  try {
    for (;;) {
      const ObjectPtr current = cluster.store.get(type, text_member(metadata, {"namespace"}), name);
      if (!current) return create_object(cluster, type, std::move(object), {}, DryRun::no, Origin::seed);
      metadata["uid"] = current->uid();
      metadata["creationTimestamp"] = current->body()["metadata"]["creationTimestamp"];
      apply_defaults(type, object);
      if (kind == "Pod") take_image_annotations(cluster, object);
      if (ObjectPtr stored = cluster.store.replace(current, object)) return stored;
    }
  } catch (const ApiError& error) {
    throw std::runtime_error("cannot seed " + kind + ' ' + name + ": " + error.what());
  }
}

void load_seed_text(Cluster& cluster, const std::string& text, const std::filesystem::path& folder) {
  SeedLoader loader(cluster, folder);
  for (const Json& document : parse_yaml_documents(text)) loader.load(document);
  cluster.environments.start_seeded(cluster.store);
}

void load_seed_file(Cluster& cluster, const std::filesystem::path& file) {
  try {
    load_seed_text(cluster, util::read_file(file), file.parent_path());
  } catch (const std::exception& error) {
    throw std::runtime_error("seed " + file.string() + ": " + error.what());
  }
}

}  // namespace kots_export::apiserver
