#pragma once

#include <kots_export/change/change.h>
#include <kots_export/migration/migration_plan.h>

#include <chrono>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace kots_export::migration {

// What a plan does beyond the objects that it names: to Pods, to data, and how long it waits. All of it
// follows from the plan: the cluster is not asked.
struct Effects {
  using Objects = std::vector<kube::ObjectRef>;

  // Owners of Pods (or Pods), by what happens to their Pods. All other Pods go on running: labels and
  // annotations of an owner start none anew, only its Pod template does
  // (https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#updating-a-deployment).
  Objects deleted;                   // go with their Pods, which the garbage collector deletes
  Objects orphaned;                  // go; the Pods go on running, and one that goes is not made again
  Objects restarted;                 // get another Pod template
  Objects started;                   // are made; Pods that still run and fit their selector are taken over
  Objects run;                       // are made, run to their end and are deleted: the migrator's Job
  Objects followed;                  // run already, and to their end; then they are deleted: the same Job
  std::size_t metadata_patches = 0;  // of labels and annotations alone

  struct Claim {
    kube::ObjectRef claim;
    std::string volume;
    // never_bound: there is no data. kept: the plan sets the volume to Retain first. retained, deleted: the
    // volume has that reclaim policy, and keeps it. by_policy: that is not known.
    enum class Data { never_bound, kept, retained, deleted, by_policy } data = Data::never_bound;
  };
  std::vector<Claim> claims;       // PersistentVolumeClaims that are deleted
  Objects deleted_with_claims;     // StatefulSets whose claims go with them (whenDeleted: Delete)
  bool migrates_database = false;  // the plan starts the migrator, or follows it: no rollback undoes that
  bool cuts_migration = false;     // a rollback's: the migrator is deleted while it runs

  std::optional<std::chrono::seconds> migration_wait;  // longest time for the database migration
  std::optional<std::chrono::seconds> deletion_wait;   // longest time until what `postgres` deletes is gone
  bool upgrade_follows = false;  // the whole migration: `helm upgrade` is what comes next
};

// What of a plan no rollback brings back.
class Irreversible {
 public:
  explicit Irreversible(const change::Plan& plan);
  // The migrator's Job, which changes the database: it is created, or was found running and is followed.
  [[nodiscard]] static bool migrates(const change::Change& change);
  // The same Job, which a rollback deletes while it runs.
  [[nodiscard]] static bool cuts_migration(const change::Change& change);
  // A claim whose data may go with it: neither is its volume set to Retain, nor is it known to be so already.
  [[nodiscard]] bool loses_data(const change::Change& change) const;
  [[nodiscard]] bool has(const change::Change& change) const {
    return migrates(change) || cuts_migration(change) || loses_data(change);
  }

 private:
  std::unordered_set<std::string> kept_volumes_;  // those that the plan sets to Retain
};

// `timeout` is how long the run waits for the migrator (--timeout).
[[nodiscard]] Effects effects_of(const change::Plan& plan, std::chrono::seconds timeout);
[[nodiscard]] Effects effects_of(const MigrationPlan& plan, std::chrono::seconds timeout);

}  // namespace kots_export::migration
