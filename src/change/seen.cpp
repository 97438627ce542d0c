#include "change/seen.h"

#include "change/live_objects.h"

#include <string>
#include <unordered_map>

namespace kots_export::change {

using nlohmann::json;

namespace {

// Labels and annotations are all that the run touched of it, and all that is needed.
bool is_seen_by_metadata(const ObjectHistory& history) {
  return history.origin == ObjectHistory::Origin::present && history.image.is_null() &&
         touch_labels_and_annotations_only(history.keys);
}

// The identity of `object`, and the keys of `history` alone.
json as_needed(const ObjectHistory& history, const kube::ObjectMetadata& object) {
  json live{{"metadata", {{"uid", object.ref.uid}, {"resourceVersion", object.ref.resource_version}}}};
  if (object.life == kube::ObjectMetadata::Life::terminating) live["metadata"]["deletionTimestamp"] = "";
  for (const PatchedKey& key : history.keys) {
    const std::string& name = key.path.back();
    const std::string* value = key.path[1] == "labels" ? object.label(name) : object.annotation(name);
    if (value != nullptr) set_at(live, key.path, *value);
  }
  return live;
}

}  // namespace

std::vector<Seen> look_at_metadata(kube::Client& client, std::span<const ObjectHistory> histories,
                                   std::span<const std::size_t> places) {
  std::vector<Seen> seen(places.size());
  std::vector<kube::ObjectRef> objects;
  std::unordered_map<kube::ObjectKey, std::size_t> index;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const ObjectHistory& history = histories[places[i]];
    if (!is_seen_by_metadata(history)) {
      seen[i].need = Seen::Need::whole;
      continue;
    }
    objects.push_back(history.object);
    index[kube::key_of(history.object)] = i;
  }
  read_metadata(client, objects, [&](const kube::ObjectMetadata& object) {
    const std::size_t i = index.at(kube::key_of(object.ref));
    const ObjectHistory& history = histories[places[i]];
    if (object.ref.uid != history.uid) {
      seen[i].need = Seen::Need::whole;
    } else {
      seen[i].live = as_needed(history, object);
    }
  });
  return seen;
}

}  // namespace kots_export::change
