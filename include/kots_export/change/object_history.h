#pragma once

#include <kots_export/change/journal_reader.h>

#include <span>
#include <string>
#include <vector>

namespace kots_export::change {

// One key that a run patched.
struct PatchedKey {
  std::vector<std::string> path;  // {"metadata","labels","app"}
  nlohmann::json before;          // null: it was absent
  nlohmann::json after;           // null: it was removed
  Undo undo = Undo::needed;
};

// What a run did to one object, all its Changes together: enough to say what the object was before.
struct ObjectHistory {
  kube::ObjectRef object;
  // absent: the run created it, and before the run there was nothing of its name.
  enum class Origin { absent, present } origin = Origin::present;
  Undo undo = Undo::needed;
  // present: the object's UID before the run, and what the run patched before it deleted the object.
  std::string uid;
  std::vector<PatchedKey> keys;
  // present: the whole object as it was before the run, where the run deleted it or may have; else null.
  nlohmann::json image;
  // The UIDs of what the run created under this name; manifests of creates whose outcome is not known.
  std::vector<std::string> created_uids;
  std::vector<nlohmann::json> created_manifests;
  // How the run deleted the object, or how what it created is to be deleted.
  kube::Propagation propagation = kube::Propagation::background;
};

// The objects that `run` changed or may have changed, the last one first. Changes that the server refused, or
// that found their object gone, did nothing and are left out; but what was gone because the run had deleted
// its owner counts as deleted by the run.
[[nodiscard]] std::vector<ObjectHistory> histories_of(const RunRecord& run);

// The keys of a merge patch with the values before it; maps are descended into, lists are values.
[[nodiscard]] std::vector<PatchedKey> patched_keys(const nlohmann::json& before, const nlohmann::json& after);

// True where each key is one label or one annotation: the object's metadata shows all of it.
[[nodiscard]] bool touch_labels_and_annotations_only(std::span<const PatchedKey> keys);

// Sets the value at `path` and makes the maps on the way.
void set_at(nlohmann::json& object, const std::vector<std::string>& path, nlohmann::json value);

}  // namespace kots_export::change
