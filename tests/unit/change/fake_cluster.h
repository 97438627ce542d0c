#pragma once

#include <kots_export/kube/transport.h>
#include <kots_export/util/text.h>

#include "unit/support/scripted_transport.h"

#include <map>
#include <string>

#include <nlohmann/json.hpp>

namespace kots_export::test {

// Objects by their path and just enough of an API server to plan and carry out on: discovery of a few kinds,
// GET, POST, merge patch and DELETE with a UID that has to agree (422 and 409 where it does not). Gives each
// new object a UID of its own.
class FakeCluster {
 public:
  // Stores `object` at `path` ("/api/v1/namespaces/ns/configmaps/a").
  void put(const std::string& path, nlohmann::json object) { objects[path] = std::move(object); }

  kube::Outcome answer(const kube::Request& request) {
    const std::string path = request.path.substr(0, request.path.find('?'));
    if (auto found = discovery(path)) return reply(200, *found);
    if (request.method == kube::Method::post) return create(path, nlohmann::json::parse(request.body));
    const auto object = objects.find(path);
    if (object == objects.end() && request.method == kube::Method::get) {
      if (auto list = collection(path)) return reply(200, *list);
    }
    if (object == objects.end()) return reply(404, {{"kind", "Status"}, {"reason", "NotFound"}});
    if (request.method == kube::Method::get) return reply(200, object->second);
    const nlohmann::json body = nlohmann::json::parse(request.body);
    const bool patch = request.method == kube::Method::patch;
    const std::string uid =
        body.value(nlohmann::json::json_pointer(patch ? "/metadata/uid" : "/preconditions/uid"), "");
    if (!uid.empty() && uid != object->second["metadata"]["uid"]) {
      if (!patch) return reply(409, {{"kind", "Status"}, {"reason", "Conflict"}});
      return reply(422, uid_is_immutable(uid));
    }
    if (!patch) {
      const nlohmann::json details{{"name", object->second["metadata"]["name"]},
                                   {"uid", object->second["metadata"]["uid"]}};
      objects.erase(object);
      return reply(200, {{"kind", "Status"}, {"status", "Success"}, {"details", details}});
    }
    object->second.merge_patch(body);
    return reply(200, object->second);
  }

  std::map<std::string, nlohmann::json> objects;

 private:
  // What a patch for an object's predecessor gets (seen on 1.20 and 1.36).
  static nlohmann::json uid_is_immutable(const std::string& uid) {
    const nlohmann::json cause{{"reason", "FieldValueInvalid"},
                               {"message", "Invalid value: \"" + uid + "\": field is immutable"},
                               {"field", "metadata.uid"}};
    return {
        {"kind", "Status"}, {"reason", "Invalid"}, {"details", {{"causes", nlohmann::json::array({cause})}}}};
  }

  // The list at `path`, or nothing where the cluster holds nothing below it.
  [[nodiscard]] std::optional<nlohmann::json> collection(const std::string& path) const {
    nlohmann::json items = nlohmann::json::array();
    for (const auto& [at, object] : objects) {
      if (at.starts_with(path + "/")) items.push_back(object);
    }
    if (items.empty()) return std::nullopt;
    return nlohmann::json{{"kind", "PartialObjectMetadataList"},
                          {"metadata", {{"resourceVersion", "1"}}},
                          {"items", std::move(items)}};
  }

  kube::Outcome create(const std::string& collection, nlohmann::json object) {
    const std::string path = collection + "/" + object["metadata"].value("name", "");
    if (objects.contains(path)) return reply(409, {{"kind", "Status"}, {"reason", "AlreadyExists"}});
    object["metadata"]["uid"] = "new-" + std::to_string(++created_);
    objects[path] = object;
    return reply(201, object);
  }

  static std::optional<nlohmann::json> discovery(const std::string& path) {
    using nlohmann::json;
    const auto kind = [](const char* plural, const char* name, bool namespaced) {
      return json{{"name", plural}, {"kind", name}, {"namespaced", namespaced}, {"verbs", {"get", "list"}}};
    };
    const auto list = [](const char* version, json resources) {
      return json{
          {"kind", "APIResourceList"}, {"groupVersion", version}, {"resources", std::move(resources)}};
    };
    if (path == "/api") return json{{"kind", "APIVersions"}, {"versions", {"v1"}}};
    if (path == "/apis") {
      json groups = json::array();
      for (const char* group : {"apps", "batch"}) {
        const json version{{"groupVersion", std::string(group) + "/v1"}, {"version", "v1"}};
        groups.push_back(
            {{"name", group}, {"versions", json::array({version})}, {"preferredVersion", version}});
      }
      return json{{"kind", "APIGroupList"}, {"groups", std::move(groups)}};
    }
    if (path == "/api/v1") {
      return list("v1", {kind("configmaps", "ConfigMap", true), kind("secrets", "Secret", true),
                         kind("services", "Service", true), kind("serviceaccounts", "ServiceAccount", true),
                         kind("persistentvolumeclaims", "PersistentVolumeClaim", true),
                         kind("persistentvolumes", "PersistentVolume", false)});
    }
    if (path == "/apis/apps/v1")
      return list("apps/v1",
                  {kind("deployments", "Deployment", true), kind("statefulsets", "StatefulSet", true)});
    if (path == "/apis/batch/v1") return list("batch/v1", {kind("jobs", "Job", true)});
    return std::nullopt;
  }

  int created_ = 0;
};

}  // namespace kots_export::test
