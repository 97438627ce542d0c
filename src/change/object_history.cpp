#include <kots_export/change/object_history.h>
#include <kots_export/util/json.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include <nlohmann/json.hpp>

namespace kots_export::change {

using nlohmann::json;

namespace {

// UIDs of what the run deleted together with what it owned.
std::set<std::string> deleted_owners(const RunRecord& run) {
  std::set<std::string> uids;
  for (const JournalEntry& entry : run.entries) {
    const Change& change = entry.change;
    if (change.verb == Verb::remove && change.propagation != kube::Propagation::orphan &&
        may_have_happened(entry))
      uids.insert(change.object.uid);
  }
  return uids;
}

// True where the object was gone already because the run had deleted its owners: the garbage collector was
// faster than the run's own delete.
bool went_with_its_owners(const JournalEntry& entry, const std::set<std::string>& deleted) {
  if (entry.change.verb != Verb::remove || entry.outcome.status != ChangeOutcome::Status::gone) return false;
  const json* owners = util::find_at(entry.change.before, {"metadata", "ownerReferences"});
  return owners != nullptr && !owners->empty() && std::ranges::all_of(*owners, [&](const json& owner) {
           return deleted.contains(owner.value("uid", ""));
         });
}

void collect(const json& before, const json& after, std::vector<std::string>& path,
             std::vector<PatchedKey>& keys) {
  if (!after.is_object() || after.empty()) {
    keys.push_back({.path = path, .before = before, .after = after});
    return;
  }
  for (const auto& [key, value] : after.items()) {
    const auto was = before.is_object() ? before.find(key) : before.end();
    path.push_back(key);
    collect(before.is_object() && was != before.end() ? *was : json(nullptr), value, path, keys);
    path.pop_back();
  }
}

std::vector<PatchedKey> keys_of(const Change& patch) {
  std::vector<PatchedKey> keys = patched_keys(patch.before, patch.after);
  for (PatchedKey& key : keys) key.undo = patch.undo;
  return keys;
}

// The first value before and the last one after count.
void join_keys(std::vector<PatchedKey>& into, std::vector<PatchedKey> later) {
  for (PatchedKey& key : later) {
    const auto known = std::ranges::find(into, key.path, &PatchedKey::path);
    if (known == into.end()) {
      into.push_back(std::move(key));
    } else {
      known->after = std::move(key.after);
    }
  }
}

// The object as it was before the patches of the run, which the image may or may not show.
json without_patches(json image, const std::vector<PatchedKey>& keys) {
  for (const PatchedKey& key : keys) {
    if (!key.before.is_null()) {
      set_at(image, key.path, key.before);
      continue;
    }
    json* at = &image;
    for (std::size_t i = 0; i + 1 < key.path.size() && at != nullptr; ++i) {
      const auto next = at->is_object() ? at->find(key.path[i]) : at->end();
      at = at->is_object() && next != at->end() ? &*next : nullptr;
    }
    if (at != nullptr && at->is_object()) at->erase(key.path.back());
  }
  return image;
}

void add(ObjectHistory& history, const JournalEntry& entry) {
  const Change& change = entry.change;
  const bool deleted = !history.image.is_null();
  switch (change.verb) {
    case Verb::create:
      if (change.undo == Undo::delete_only) {
        // What stood in its place is nothing to go back to.
        history.origin = ObjectHistory::Origin::absent;
        history.image = nullptr;
        history.keys.clear();
      }
      if (entry.outcome.status == ChangeOutcome::Status::done) {
        history.created_uids.push_back(entry.outcome.object.uid);
      } else {
        history.created_manifests.push_back(change.after);
      }
      if (history.origin == ObjectHistory::Origin::absent) history.propagation = change.propagation;
      return;
    case Verb::patch:
      if (history.origin == ObjectHistory::Origin::present && !deleted)
        join_keys(history.keys, keys_of(change));
      return;
    case Verb::remove:
      if (history.origin == ObjectHistory::Origin::absent || deleted) return;
      history.image = without_patches(change.before, history.keys);
      history.propagation = change.propagation;
      return;
  }
}

}  // namespace

std::vector<PatchedKey> patched_keys(const json& before, const json& after) {
  std::vector<PatchedKey> keys;
  std::vector<std::string> path;
  collect(before, after, path, keys);
  return keys;
}

bool touch_labels_and_annotations_only(std::span<const PatchedKey> keys) {
  return std::ranges::all_of(keys, [](const PatchedKey& key) {
    return key.path.size() == 3 && key.path[0] == "metadata" &&
           (key.path[1] == "labels" || key.path[1] == "annotations");
  });
}

void set_at(json& object, const std::vector<std::string>& path, json value) {
  json* at = &object;
  for (const std::string& key : path) {
    if (!at->is_object()) *at = json::object();
    at = &(*at)[key];
  }
  *at = std::move(value);
}

std::vector<ObjectHistory> histories_of(const RunRecord& run) {
  std::vector<ObjectHistory> histories;
  std::unordered_map<kube::ObjectKey, std::size_t> index;
  const std::set<std::string> deleted = deleted_owners(run);
  for (const JournalEntry& entry : run.entries) {
    if (!may_have_happened(entry) && !went_with_its_owners(entry, deleted)) continue;
    const kube::ObjectRef& object = entry.change.object;
    const auto [place, is_new] = index.try_emplace(kube::key_of(object), histories.size());
    if (is_new) {
      ObjectHistory history;
      history.object = object;
      history.uid = object.uid;
      if (entry.change.verb == Verb::create) history.origin = ObjectHistory::Origin::absent;
      histories.push_back(std::move(history));
    }
    ObjectHistory& history = histories[place->second];
    if (entry.change.undo == Undo::delete_only) history.undo = Undo::delete_only;
    add(history, entry);
  }
  std::ranges::reverse(histories);
  return histories;
}

}  // namespace kots_export::change
