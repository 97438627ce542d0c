#include <kots_export/change/change_json.h>
#include <kots_export/change/object_state.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include "change/live_objects.h"

#include <set>

namespace kots_export::change {

using nlohmann::json;
using Type = json::value_t;

namespace {

json member_or(const json& object, std::initializer_list<std::string_view> path, json otherwise) {
  const json* found = util::find_at(object, path);
  return found != nullptr && found->type() == otherwise.type() ? *found : std::move(otherwise);
}

json owner_uids(const json& live) {
  json uids = json::array();
  for (const json& owner : member_or(live, {"metadata", "ownerReferences"}, json::array()))
    uids.push_back(util::text_at(owner, {"uid"}));
  return uids;
}

// The keys whose values differ.
std::vector<std::string> differing_keys(const json& then, const json& now) {
  std::set<std::string> keys;
  for (const json* map : {&then, &now}) {
    for (const auto& [key, value] : map->items()) keys.insert(key);
  }
  std::vector<std::string> differing;
  for (const std::string& key : keys) {
    const json* was = util::find_at(then, {key});
    const json* is = util::find_at(now, {key});
    if (was == nullptr || is == nullptr || *was != *is) differing.push_back(key);
  }
  return differing;
}

void compare_content(const json& then, const json& now, std::vector<std::string>& found) {
  for (const std::string& key : differing_keys(then, now)) {
    const json was = then.value(key, json());
    const json is = now.value(key, json());
    if (was.is_object() && is.is_object()) {
      for (const std::string& inner : differing_keys(was, is)) found.push_back(key + "." + inner);
    } else {
      found.push_back(key);
    }
  }
}

}  // namespace

ObjectState state_of(const kube::ObjectRef& object, const json& live) {
  ObjectState state{.object = object,
                    .generation = {},
                    .labels = member_or(live, {"metadata", "labels"}, json::object()),
                    .annotations = member_or(live, {"metadata", "annotations"}, json::object()),
                    .finalizers = member_or(live, {"metadata", "finalizers"}, json::array()),
                    .owners = owner_uids(live),
                    .content = nullptr};
  state.object.uid = util::text_at(live, {"metadata", "uid"});
  state.object.resource_version = util::text_at(live, {"metadata", "resourceVersion"});
  const json* generation = util::find_at(live, {"metadata", "generation"});
  if (generation != nullptr && generation->is_number_integer()) {
    state.generation = generation->get<std::int64_t>();
  } else if (live.contains("status")) {
    state.content = live;
    state.content.erase("metadata");
    state.content.erase("status");
  }
  return state;
}

std::vector<std::string> differences(const ObjectState& then, const ObjectState& now) {
  std::vector<std::string> found;
  if (then.object.resource_version == now.object.resource_version) return found;
  for (const std::string& key : differing_keys(then.labels, now.labels))
    found.push_back(util::filled("label {key}", {{"key", key}}));
  for (const std::string& key : differing_keys(then.annotations, now.annotations))
    found.push_back(util::filled("annotation {key}", {{"key", key}}));
  if (then.finalizers != now.finalizers) found.emplace_back("finalizers");
  if (then.owners != now.owners) found.emplace_back("owners");
  if (then.generation && now.generation) {
    if (*then.generation != *now.generation) {
      found.push_back(util::filled("spec (generation {then}, now {now})",
                                   {{"then", *then.generation}, {"now", *now.generation}}));
    }
  } else if (!then.content.is_null() && !now.content.is_null()) {
    compare_content(then.content, now.content, found);
  } else if (found.empty()) {
    found.emplace_back("its content");
  }
  return found;
}

std::string last_writer(const json& live) {
  std::string manager;
  std::string time;
  for (const json& entry : member_or(live, {"metadata", "managedFields"}, json::array())) {
    std::string at = util::text_at(entry, {"time"});
    if (util::text_at(entry, {"subresource"}) == "status" || at < time) continue;
    time = std::move(at);
    manager = util::text_at(entry, {"manager"});
  }
  return manager.empty() ? std::string()
                         : util::filled("by {manager} at {time}", {{"manager", manager}, {"time", time}});
}

ObjectStates read_states(kube::Client& client, const Plan& plan) {
  std::vector<kube::ObjectRef> named;
  for (const Change& change : plan.changes) {
    if (change.verb != Verb::create && change.needs.empty()) named.push_back(change.object);
  }
  ObjectStates states;
  read_objects(client, named, [&](std::size_t i, const std::optional<json>& live) {
    if (live) states[kube::key_of(named[i])] = state_of(named[i], *live);
  });
  return states;
}

json to_json(const ObjectState& state) {
  json result{{"object", to_json(state.object)},
              {"labels", state.labels},
              {"annotations", state.annotations},
              {"finalizers", state.finalizers},
              {"owners", state.owners}};
  if (state.generation) result["generation"] = *state.generation;
  if (!state.content.is_null()) result["content"] = state.content;
  return result;
}

ObjectState state_from_json(const json& value, const std::string& place) {
  ObjectState state{
      .object = object_from_json(member(value, "object", Type::object, place), place + ".object"),
      .generation = {},
      .labels = member(value, "labels", Type::object, place),
      .annotations = member(value, "annotations", Type::object, place),
      .finalizers = member(value, "finalizers", Type::array, place),
      .owners = member(value, "owners", Type::array, place),
      .content = value.value("content", json())};
  if (value.contains("generation"))
    state.generation = member(value, "generation", Type::number_integer, place).get<std::int64_t>();
  return state;
}

}  // namespace kots_export::change
