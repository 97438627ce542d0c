#include <kots_export/change/object_history.h>
#include <kots_export/change/restore.h>
#include <kots_export/change/rollback.h>
#include <kots_export/util/json.h>

#include "change/live_objects.h"
#include "change/volumes.h"

#include <algorithm>
#include <set>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

namespace kots_export::change {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

namespace {

// Source: the StatefulSet controller, getPersistentVolumeClaimName: TEMPLATE-SET-ORDINAL.
bool makes_one_of(const json& stateful_set, const std::set<std::string>& claims) {
  const std::string name = util::text_at(stateful_set, {"metadata", "name"});
  const json* templates = util::find_at(stateful_set, {"spec", "volumeClaimTemplates"});
  if (templates == nullptr || !templates->is_array()) return false;
  return std::ranges::any_of(*templates, [&](const json& claim) {
    const std::string prefix = util::text_at(claim, {"metadata", "name"}) + "-" + name + "-";
    return std::ranges::any_of(claims, [&](const std::string& one) { return one.starts_with(prefix); });
  });
}

// One rollback under way: the stages in their order, and what one has to know of those before it.
class Stages {
 public:
  Stages(kube::Client& client, Executor& executor, Observer& observer, const RollbackOptions& options)
      : client_(client), executor_(executor), observer_(observer), options_(options) {}

  std::size_t run(const RollbackPlan& plan) {
    const Execution patched = execute(plan.patches);
    failed_ += plan.conflicts + patched.counts.failed();
    failed_ += execute(where_volumes_are_ready(plan.deletes, patched)).counts.failed();
    create(where_volumes_are_ready(plan.base, patched));
    create(where_volumes_are_ready(plan.workloads, patched));
    create(with_new_owners(where_volumes_are_ready(plan.dependents, patched)));
    failed_ += execute(where_bound(plan.volumes)).counts.failed();
    return failed_;
  }

 private:
  Execution execute(const Plan& plan) {
    if (plan.empty()) return {};
    return executor_.run(plan, OnFailure::report);
  }

  void create(const Plan& plan) {
    const Execution execution = execute(plan);
    failed_ += execution.counts.failed();
    Plan again;
    for (const Failure& refusal : execution.failures) {
      const bool taken = refusal.error.find("already allocated") != std::string::npos;
      if (refusal.object.kind != "Service" || !taken) continue;
      observer_.warn("rollback.service-address", {{"service", refusal.object.name}});
      const auto refused = std::ranges::find_if(plan.changes, [&](const Change& change) {
        return change.object.kind == refusal.object.kind && change.object.name == refusal.object.name;
      });
      again.changes.push_back(*refused);
      again.changes.back().after = without_service_addresses(refused->after);
    }
    failed_ -= again.changes.size();
    failed_ += execute(again).counts.failed();
  }

  // Without the claims of volumes that could not be patched: one that is deleted would take a volume with it
  // that is not set to Retain, one that is made would wait for ever for a volume that was not freed. A
  // StatefulSet would make such a claim itself.
  Plan where_volumes_are_ready(Plan plan, const Execution& patched) {
    for (const Failure& refusal : patched.failures) {
      if (refusal.object.kind != "PersistentVolume") continue;
      failed_ += std::erase_if(plan.changes, [&](const Change& change) {
        const json& image = change.verb == Verb::create ? change.after : change.before;
        if (change.object.kind == "PersistentVolumeClaim") {
          if (!names_volume(image, refusal.object.name)) return false;
          left_out_.insert(change.object.name);
        } else if (change.object.kind != "StatefulSet" || !makes_one_of(image, left_out_)) {
          return false;
        }
        observer_.warn("rollback.conflict.volume-not-ready",
                       {{"object", kube::describe(change.object)}, {"volume", refusal.object.name}});
        return true;
      });
    }
    return plan;
  }

  // What was made again has a new UID by now, in this rollback or in one before it that was cut off.
  [[nodiscard]] Plan with_new_owners(Plan plan) {
    if (executor_.dry_run() != kube::DryRun::none) return plan;
    for (Change& change : plan.changes) {
      repoint_owners(change.after,
                     [&](const json& owner) { return live_uid_of_owner(client_, owner, change.object.ns); });
    }
    return plan;
  }

  // The reclaim policy goes back only where the claim is bound: else the volume could go with its data.
  Plan where_bound(Plan plan) {
    if (executor_.dry_run() != kube::DryRun::none) return plan;
    const auto until = Clock::now() + options_.patience;
    std::erase_if(plan.changes, [&](const Change& change) {
      for (Binding binding{}; (binding = binding_of(client_, change.object)) != Binding::bound;) {
        if (options_.interrupted && options_.interrupted())
          throw Interrupted("stopped while waiting for a claim to be bound",
                            Hint::with_way_on("Run the same command again to go on."));
        if (binding == Binding::none || Clock::now() > until) {
          ++failed_;
          observer_.warn("rollback.conflict.not-bound", {{"object", kube::describe(change.object)}});
          return true;
        }
        std::this_thread::sleep_for(options_.look_every);
      }
      return false;
    });
    return plan;
  }

  kube::Client& client_;
  Executor& executor_;
  Observer& observer_;
  const RollbackOptions& options_;
  std::set<std::string> left_out_;  // claims
  std::size_t failed_ = 0;
};

}  // namespace

std::size_t carry_out(kube::Client& client, Executor& executor, Observer& observer, const RollbackPlan& plan,
                      const RollbackOptions& options) {
  return Stages(client, executor, observer, options).run(plan);
}

}  // namespace kots_export::change
