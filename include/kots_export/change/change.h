#pragma once

#include <kots_export/kube/client.h>
#include <kots_export/kube/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <nlohmann/json.hpp>

// Every mutation is a Change: plain data that a step returns and the Executor alone carries out.
namespace kots_export::change {

enum class Verb { create, patch, remove };

[[nodiscard]] std::string_view to_string(Verb verb);  // "create", "patch", "delete"

// What a write insists on: that the object is still the same one (UID), or that nothing at all has changed it
// since the plan (resourceVersion too). The API server checks both; where one does not hold it answers 409 to
// a delete and 422 (UID) or 409 (resourceVersion) to a patch.
enum class Guard { uid, resource_version };

// What a rollback makes of a Change.
enum class Undo {
  needed,  // all is put back; a patched key that somebody else has written since counts as not put back
  while_unchanged,  // such a key is left alone as well, but counts as right
  // Of an object that serves the work of a run alone, as a Job does: a rollback deletes what was created, and
  // never makes the object again, whichever run or rollback deleted it.
  delete_only,
};

struct Change {
  Verb verb = Verb::patch;
  std::string step;  // the step that wants it, "annotate"
  kube::ObjectRef object;
  // As it was when planned. patch: the patched keys only, in the patch's own shape, null where one was
  // absent; delete: the whole object; create: null.
  nlohmann::json before;
  // create: the manifest; patch: the merge patch (RFC 7386); delete: null.
  nlohmann::json after;
  kube::Propagation propagation = kube::Propagation::background;  // of a delete
  Guard guard = Guard::uid;
  Undo undo = Undo::needed;
  std::string why;  // for people; decides nothing
  // Of a claim's delete: the reclaim policy of its volume, as it was when planned; empty: not known. It says
  // what becomes of the data, and decides nothing.
  std::string reclaim_policy{};
  // What an earlier Change of the same plan creates and this one names. Its UID is known only then: the
  // Executor fills it in before this one is sent.
  struct Need {
    kube::ObjectRef created;
    // Where the UID goes in `after`, as a JSON pointer; empty: this Change is about that object itself.
    std::string at;
  };
  std::vector<Need> needs{};
};

// Puts the UID of what `need` names where it belongs.
void fill_in(Change& change, const Change::Need& need, const std::string& uid);

// True where `change` is about an object that an earlier Change of its plan creates.
[[nodiscard]] bool is_about_created(const Change& change);

// What a step wants done, and what it found that needs nothing.
struct Plan {
  std::vector<Change> changes;
  std::size_t already_right = 0;

  [[nodiscard]] bool empty() const noexcept { return changes.empty(); }
  // Adds `change`, or counts an object that needs none.
  void add(std::optional<Change> change);
};

// What `plan` creates and deletes again: objects that serve the work of its run alone.
[[nodiscard]] std::unordered_set<kube::ObjectKey> created_and_deleted(const Plan& plan);

struct PlanSummary {
  std::size_t create = 0;
  std::size_t patch = 0;
  std::size_t remove = 0;
  std::size_t already_right = 0;
  friend bool operator==(const PlanSummary&, const PlanSummary&) = default;
  PlanSummary& operator+=(const PlanSummary& other);
  void count(Verb verb);  // one more Change
};

[[nodiscard]] PlanSummary summarize(const Plan& plan);

// Returns a merge patch that sets labels and annotations and removes those whose value is null, together with
// the keys' present values in the same shape: {patch, before}. Keys that are already so are left out; both
// are null where nothing is left.
struct MetadataEdit {
  // Key to wanted value; null removes it.
  nlohmann::json labels = nlohmann::json::object();
  nlohmann::json annotations = nlohmann::json::object();
};
struct MetadataPatch {
  nlohmann::json patch;
  nlohmann::json before;
};
[[nodiscard]] MetadataPatch metadata_patch(const kube::ObjectMetadata& live, const MetadataEdit& edit);

// Joins two patches of the same object into the first.
void join(Change& into, Change&& from);

// Joins plans of several steps into one in which every object is touched once: patches of the same object
// become one patch, and an object that is deleted is not patched before. Steps of joined changes read
// "annotate+kots_cleanup". `already_right` counts objects that no plan touches; `object_count` is how many
// the steps looked at.
[[nodiscard]] Plan join(std::vector<Plan> plans, std::size_t object_count);

}  // namespace kots_export::change
