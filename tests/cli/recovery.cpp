#include "cli/recovery.h"

#include <stdexcept>

namespace kots_export::test {

namespace {

using nlohmann::json;

void erase(json& object, const std::string& pointer) {
  const json::json_pointer at(pointer);
  if (object.contains(at)) object.at(at.parent_pointer()).erase(at.back());
}

json comparable(json object) {
  for (const char* field :
       {"/metadata/uid", "/metadata/resourceVersion", "/metadata/creationTimestamp",
        "/metadata/managedFields", "/metadata/generation", "/metadata/selfLink", "/status",
        // of a Job: its own UID
        "/spec/selector/matchLabels/controller-uid", "/spec/template/metadata/labels/controller-uid",
        // of a volume: which incarnation of its claim
        "/spec/claimRef/uid", "/spec/claimRef/resourceVersion"})
    erase(object, field);
  if (object["metadata"].contains("ownerReferences")) {
    for (json& owner : object["metadata"]["ownerReferences"]) owner.erase("uid");
  }
  return object;
}

}  // namespace

json state_of(const Installation& installation) {
  json state = json::object();
  const json all = installation.snapshot();
  for (const auto& [key, object] : all.items()) {
    if (!key.starts_with("Pod/")) state[key] = comparable(object);
  }
  return state;
}

std::string difference(const json& before, const json& after) {
  std::string text;
  for (const json& operation : json::diff(before, after)) text += operation.dump() + "\n";
  return text;
}

std::filesystem::path find_journal(const Installation& installation) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(installation.folder / "backup")) {
    if (entry.path().filename() == "journal.jsonl") return entry.path();
  }
  throw std::runtime_error("there is no journal");
}

json written_objects(const Installation& installation) {
  json names = json::array();
  for (const json& request : installation.server.requests()) {
    const std::string method = request["method"];
    const std::string path = request["path"];
    if ((method == "PATCH" || method == "DELETE") && path.find("/leases/") == std::string::npos)
      names.push_back(path.substr(path.rfind('/') + 1));
  }
  return names;
}

}  // namespace kots_export::test
