#pragma once

#include <kots_export/change/executor.h>
#include <kots_export/change/journal_reader.h>
#include <kots_export/change/observer.h>
#include <kots_export/kube/client.h>

#include <array>
#include <chrono>
#include <functional>
#include <span>
#include <vector>

// The way back: the inverse of a run's journal as a plan that the same Executor carries out, so that it is
// journalled, resumed and rolled back like any other.
namespace kots_export::change {

// What undoes a run, in the order in which it is safe: nothing is deleted before the volume behind it keeps
// its data, and nothing is made before what it refers to.
struct RollbackPlan {
  Plan patches;     // keys back to what they were; volumes made ready for their claims
  Plan deletes;     // what the run created
  Plan base;        // deleted objects that others refer to: accounts, Secrets, claims, Services, ...
  Plan workloads;   // those that refer to them
  Plan dependents;  // those whose owner is made again by this rollback
  Plan volumes;     // reclaim policies back from Retain, where the claim is bound
  // All of them, in that order.
  [[nodiscard]] std::array<const Plan*, 6> stages() const {
    return {&patches, &deletes, &base, &workloads, &dependents, &volumes};
  }

  std::size_t already_right = 0;
  // What was left alone, because somebody changed it since the run. Each was told to the observer.
  std::size_t conflicts = 0;
};

// All of it as one plan, for the operator's eyes.
[[nodiscard]] Plan together(const RollbackPlan& plan);

struct RollbackOptions {
  // How long objects that are still being deleted, and claims that are not yet bound, are waited for.
  std::chrono::milliseconds patience{60'000};
  std::chrono::milliseconds look_every{250};
  // How long after the run a write of it that was not answered may still take effect in the API server.
  std::chrono::milliseconds server_patience = kServerPatience;
  std::function<bool()> interrupted;
};

// Reads what is there now of all that `run` touched, and compares each key and object with what the run left:
//  - as the run left it: planned back to what it was before;
//  - as before the run: already right (so a rollback that was cut off is simply run again);
//  - anything else: a conflict, told to the observer (id "rollback.conflict.*") and left alone.
// `runs` are all runs that are known: an object that an earlier rollback made anew counts as the one that the
// run saw. Objects that are still being deleted are waited for, but not in a dry run. Throws Interrupted,
// ApiError, ConnectionError.
[[nodiscard]] RollbackPlan plan_rollback(kube::Client& client, Observer& observer, RunRecord run,
                                         std::span<const RunRecord> runs, kube::DryRun dry_run,
                                         const RollbackOptions& options);

// Carries out `plan` stage by stage. Refused Changes do not stop the others. Returns how many objects are not
// as before the run: conflicts and refusals. Throws Interrupted, and the journal's Error.
[[nodiscard]] std::size_t carry_out(kube::Client& client, Executor& executor, Observer& observer,
                                    const RollbackPlan& plan, const RollbackOptions& options);

}  // namespace kots_export::change
