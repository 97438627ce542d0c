#include <kots_export/change/object_history.h>
#include <kots_export/change/restore.h>
#include <kots_export/change/rollback.h>
#include <kots_export/util/json.h>

#include "change/live_objects.h"
#include "change/volumes.h"

#include <algorithm>
#include <thread>

#include <nlohmann/json.hpp>

namespace kots_export::change {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

namespace {

// One rollback under way: the stages in their order, and what one has to know of those before it.
class Stages {
 public:
  Stages(kube::Client& client, Executor& executor, Observer& observer, const RollbackOptions& options)
      : client_(client), executor_(executor), observer_(observer), options_(options) {}

  std::size_t run(const RollbackPlan& plan) {
    const Execution patched = execute(plan.patches);
    failed_ += plan.conflicts + patched.counts.failed();
    failed_ += execute(without_claims_of_refused(plan.deletes, patched)).counts.failed();
    create(plan.base);
    create(plan.workloads);
    create(with_new_owners(plan.dependents));
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

  // A volume that could not be set to Retain would go with its claim.
  static Plan without_claims_of_refused(Plan deletes, const Execution& patched) {
    for (const Failure& refusal : patched.failures) {
      if (refusal.object.kind != "PersistentVolume") continue;
      std::erase_if(deletes.changes, [&](const Change& change) {
        return change.object.kind == "PersistentVolumeClaim" &&
               util::text_at(change.before, {"spec", "volumeName"}) == refusal.object.name;
      });
    }
    return deletes;
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
      while (!is_bound(client_, change.object)) {
        if (options_.interrupted && options_.interrupted())
          throw Interrupted("stopped while waiting for a claim to be bound",
                            Hint::with_way_on("Run the same command again to go on."));
        if (Clock::now() > until) {
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
  std::size_t failed_ = 0;
};

}  // namespace

std::size_t carry_out(kube::Client& client, Executor& executor, Observer& observer, const RollbackPlan& plan,
                      const RollbackOptions& options) {
  return Stages(client, executor, observer, options).run(plan);
}

}  // namespace kots_export::change
