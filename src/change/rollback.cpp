#include <kots_export/change/holds.h>
#include <kots_export/change/object_history.h>
#include <kots_export/change/restore.h>
#include <kots_export/change/rollback.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "change/live_objects.h"
#include "change/seen.h"
#include "change/volumes.h"

#include <algorithm>
#include <set>
#include <thread>

#include <nlohmann/json.hpp>

namespace kots_export::change {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

namespace {

std::string uid_of(const json& live) { return live.value(json::json_pointer("/metadata/uid"), ""); }

kube::ObjectRef as_it_is_now(kube::ObjectRef object, const json& live) {
  object.uid = uid_of(live);
  object.resource_version = live.value(json::json_pointer("/metadata/resourceVersion"), "");
  return object;
}

bool is_terminating(const json& live) { return live["metadata"].contains("deletionTimestamp"); }

// Compares the histories of a run with what is there, one by one, and plans.
class Planner {
 public:
  Planner(kube::Client& client, Observer& observer, const RunRecord& run, std::span<const RunRecord> runs,
          std::span<const ObjectHistory> histories)
      : client_(client), observer_(observer), run_(run), runs_(runs) {
    for (const ObjectHistory& history : histories) {
      if (!history.image.is_null()) recreated_uids_.insert(uid_of(history.image));
    }
    for (const RunRecord& other : runs) {
      for (const JournalEntry& entry : other.entries) {
        const Change& change = entry.change;
        if (change.verb == Verb::remove && change.object.kind == "ServiceAccount")
          accounts_.insert(change.object.name);
      }
    }
  }

  enum class Verdict { decided, is_going };

  // `is_going`: it is still being deleted, and has to be looked at again.
  Verdict decide(const ObjectHistory& history, const std::optional<json>& live) {
    if (is_not_made_again(history)) return right();
    if (live && is_terminating(*live)) {
      // What the run created goes already, as it should.
      if (history.origin == ObjectHistory::Origin::absent) return right();
      return Verdict::is_going;
    }
    if (history.origin == ObjectHistory::Origin::absent) return decide_created(history, live);
    if (!live) return history.image.is_null() ? decide_vanished(history) : restore(history);
    if (is_the_one(history, *live)) {
      free_its_volume(history.object, *live);
      return put_keys_back(history, *live);
    }
    if (!history.image.is_null() && holds(*live, manifest_of(history.image))) {
      free_its_volume(history.object, *live);  // it may have been made again by hand
      return right();
    }
    return conflict("rollback.conflict.replaced", history.object);
  }

  void give_up(const ObjectHistory& history) { (void)conflict("rollback.conflict.going", history.object); }
  // As if it were gone already: what a dry run shows.
  void assume_gone(const ObjectHistory& history) { (void)decide(history, std::nullopt); }

  RollbackPlan take() {
    require_safe_volumes(client_, observer_, plan_);
    return std::move(plan_);
  }

 private:
  // The run deleted or patched what serves the work of runs alone: there is nothing to put back.
  bool is_not_made_again(const ObjectHistory& history) {
    const bool is = history.undo == Undo::delete_only && history.origin == ObjectHistory::Origin::present;
    if (is && !history.image.is_null())
      observer_.note("rollback.not-made-again", {{"object", kube::describe(history.object)}});
    return is;
  }

  Verdict right() {
    ++plan_.already_right;
    return Verdict::decided;
  }

  Verdict conflict(const char* id, const kube::ObjectRef& object, std::string key = {}) {
    ++plan_.conflicts;
    observer_.warn(id, {{"object", kube::describe(object)}, {"key", std::move(key)}});
    return Verdict::decided;
  }

  Change change(Verb verb, kube::ObjectRef object, json before, json after, kube::Propagation propagation) {
    return {.verb = verb,
            .step = "rollback",
            .object = std::move(object),
            .before = std::move(before),
            .after = std::move(after),
            .propagation = propagation,
            .why = util::filled("as it was before run {run}", {{"run", run_.header.run}})};
  }

  [[nodiscard]] bool is_the_one(const ObjectHistory& history, const json& live) const {
    return uid_of(live) == history.uid || was_created(runs_, history.object, live);
  }

  Verdict decide_created(const ObjectHistory& history, const std::optional<json>& live) {
    if (!live) return right();
    const bool ours = std::ranges::find(history.created_uids, uid_of(*live)) != history.created_uids.end() ||
                      std::ranges::any_of(history.created_manifests,
                                          [&](const json& manifest) { return holds(*live, manifest); });
    // An object that an undone rollback put there again is ours as well.
    if (!ours && !was_created(runs_, history.object, *live))
      return conflict("rollback.conflict.not-ours", history.object);
    const kube::ObjectRef object = as_it_is_now(history.object, *live);
    plan_.deletes.changes.push_back(change(Verb::remove, object, *live, nullptr, history.propagation));
    plan_.deletes.changes.back().undo = history.undo;
    return Verdict::decided;
  }

  // A claim that an earlier rollback made again may still wait for its volume.
  void free_its_volume(const kube::ObjectRef& object, const json& live) {
    if (object.kind != "PersistentVolumeClaim") return;
    if (auto patch = free_volume_of(client_, live)) plan_.patches.changes.push_back(std::move(*patch));
  }

  // A token Secret goes with its account by the controller's hand, and comes again with it.
  Verdict decide_vanished(const ObjectHistory& history) {
    const bool token =
        history.object.kind == "Secret" && std::ranges::any_of(accounts_, [&](const auto& name) {
          return history.object.name.starts_with(name + "-token-");
        });
    return token ? right() : conflict("rollback.conflict.gone", history.object);
  }

  Verdict put_keys_back(const ObjectHistory& history, const json& live) {
    json patch = json::object();
    json before = json::object();
    for (const PatchedKey& key : history.keys) {
      if (is_binding(history.object, key)) continue;
      const json* found = util::find_at(live, key.path);
      const json now = found != nullptr ? *found : json(nullptr);
      if (now == key.before) continue;
      if (now != key.after) {
        std::string path;
        for (const std::string& part : key.path) path += (path.empty() ? "" : "/") + part;
        if (key.undo == Undo::while_unchanged) {
          observer_.note("rollback.left", {{"object", kube::describe(history.object)}, {"key", path}});
        } else {
          (void)conflict("rollback.conflict.changed", history.object, path);
        }
        continue;
      }
      set_at(patch, key.path, key.before);
      set_at(before, key.path, now);
    }
    if (patch.empty()) return right();
    kube::ObjectRef object = as_it_is_now(history.object, live);
    Plan& stage = lets_data_go(object, patch) ? plan_.volumes : plan_.patches;
    stage.changes.push_back(change(Verb::patch, std::move(object), std::move(before), std::move(patch),
                                   kube::Propagation::background));
    return Verdict::decided;
  }

  Verdict restore(const ObjectHistory& history) {
    const kube::ApiResource* served =
        client_.find_for_manifest(history.image.value("apiVersion", ""), history.object.kind);
    if (served == nullptr) return conflict("rollback.conflict.not-served", history.object);
    kube::ObjectRef object = history.object;
    object.gvr = served->gvr;
    object.uid.clear();
    object.resource_version.clear();
    json manifest = manifest_of(history.image);
    manifest["apiVersion"] = kube::api_version(served->gvr);
    bool owner_is_recreated = false;
    repoint_owners(manifest, [&](const json& owner) -> std::optional<std::string> {
      const std::string uid = owner.value("uid", "");
      if (recreated_uids_.contains(uid)) {
        owner_is_recreated = true;
        return uid;
      }
      return is_alive(owner, object.ns) ? std::optional(uid) : std::nullopt;
    });
    if (object.kind == "PersistentVolumeClaim") {
      auto ready = prepare_volume(client_, observer_, manifest);
      if (ready.verdict == VolumeReady::Verdict::taken)
        return conflict("rollback.conflict.volume-taken", history.object);
      if (ready.patch) plan_.patches.changes.push_back(std::move(*ready.patch));
    }
    Plan& stage = owner_is_recreated                                ? plan_.dependents
                  : stage_of(object.kind) == RestoreStage::workload ? plan_.workloads
                                                                    : plan_.base;
    stage.changes.push_back(
        change(Verb::create, std::move(object), nullptr, std::move(manifest), history.propagation));
    return Verdict::decided;
  }

  [[nodiscard]] bool is_alive(const json& owner, const std::string& ns) {
    return live_uid_of_owner(client_, owner, ns) == owner.value("uid", "");
  }

  kube::Client& client_;
  Observer& observer_;
  const RunRecord& run_;
  std::span<const RunRecord> runs_;
  std::set<std::string> recreated_uids_;  // of what this rollback makes again
  std::set<std::string> accounts_;        // ServiceAccounts that any run deleted
  RollbackPlan plan_;
};

// Objects that are held whole at the same time.
constexpr std::size_t kWholeAtOnce = 16;

// Decides in the journal's order, and reads whole objects a few at a time on the way. Returns the places of
// what is still going.
std::vector<std::size_t> decide(kube::Client& client, Planner& planner,
                                std::span<const ObjectHistory> histories,
                                std::span<const std::size_t> places) {
  std::vector<Seen> seen = look_at_metadata(client, histories, places);
  std::vector<std::size_t> going;
  for (std::size_t begin = 0, end = 0; begin < places.size(); begin = end) {
    std::vector<kube::ObjectRef> objects;
    std::vector<std::size_t> whole;
    for (; end < places.size() && whole.size() < kWholeAtOnce; ++end) {
      if (seen[end].need == Seen::Need::nothing) continue;
      objects.push_back(histories[places[end]].object);
      whole.push_back(end);
    }
    read_objects(client, objects,
                 [&](std::size_t i, std::optional<json> object) { seen[whole[i]].live = std::move(object); });
    for (std::size_t i = begin; i < end; ++i) {
      const auto verdict = planner.decide(histories[places[i]], seen[i].live);
      if (verdict == Planner::Verdict::is_going) going.push_back(places[i]);
      seen[i].live.reset();
    }
  }
  return going;
}

void pause(const RollbackOptions& options) {
  if (options.interrupted && options.interrupted()) throw Interrupted("stopped while planning the rollback");
  std::this_thread::sleep_for(options.look_every);
}

// A write that nobody answered could otherwise arrive after what undoes it.
void wait_for_unanswered(Observer& observer, const RunRecord& run, const RollbackOptions& options) {
  if (!run.unanswered_until) return;
  const auto age = std::chrono::system_clock::now() - *run.unanswered_until;
  if (age >= options.server_patience) return;
  // A clock that was set back makes nobody wait for longer.
  const auto left =
      std::min<std::chrono::nanoseconds>(options.server_patience - age, options.server_patience);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(left);
  observer.note("rollback.waiting-for-unanswered", {{"run", run.header.run},
                                                    {"seconds", std::to_string(seconds.count())},
                                                    {"time", util::elapsed_text(seconds)}});
  const auto until = Clock::now() + left;
  while (Clock::now() < until) pause(options);
}

}  // namespace

Plan together(const RollbackPlan& plan) {
  Plan all;
  for (const Plan* stage : plan.stages()) {
    all.changes.insert(all.changes.end(), stage->changes.begin(), stage->changes.end());
  }
  all.already_right = plan.already_right;
  return all;
}

RollbackPlan plan_rollback(kube::Client& client, Observer& observer, RunRecord run,
                           std::span<const RunRecord> runs, kube::DryRun dry_run,
                           const RollbackOptions& options) {
  if (dry_run == kube::DryRun::none) wait_for_unanswered(observer, run, options);
  const std::vector<ObjectHistory> histories = histories_of(run);
  run.entries = {};  // of thousands of objects they are much, and the histories have what is needed
  Planner planner(client, observer, run, runs, histories);
  std::vector<std::size_t> left(histories.size());
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
  const auto until = Clock::now() + options.patience;
  for (;;) {
    left = decide(client, planner, histories, left);
    if (left.empty() || dry_run != kube::DryRun::none || Clock::now() > until) break;
    pause(options);
  }
  for (const std::size_t i : left) {
    dry_run != kube::DryRun::none ? planner.assume_gone(histories[i]) : planner.give_up(histories[i]);
  }
  return planner.take();
}

}  // namespace kots_export::change
