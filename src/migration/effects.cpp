#include <kots_export/migration/effects.h>
#include <kots_export/migration/kots_cleanup.h>
#include <kots_export/migration/names.h>
#include <kots_export/migration/postgres.h>
#include <kots_export/util/json.h>

#include "migration/earlier_migration.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <unordered_set>

namespace kots_export::migration {

using change::Change;
using change::Verb;

namespace {

// A CronJob owns its Pods through its Jobs, a Deployment through its ReplicaSets: they go as well.
constexpr std::array<std::string_view, 8> kOwnersOfPods = {
    "Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob"};
// Those that replace their Pods when the template changes.
constexpr std::array<std::string_view, 3> kRollingOut = {"Deployment", "StatefulSet", "DaemonSet"};

bool is_one_of(std::span<const std::string_view> kinds, const Change& change) {
  return std::ranges::find(kinds, change.object.kind) != kinds.end();
}

// The migrator's Job, which was running when the plan was made, and is deleted: once it has ended, or before.
bool deletes_running_migrator(const Change& change) {
  return change.verb == Verb::remove && change.object.kind == "Job" &&
         change.object.name == names::kMigrator && change.before.is_object() && !has_ended(change.before);
}

bool follows_migrator(const Change& change) {
  return deletes_running_migrator(change) && change.step == "flyway";
}

void add_pods(const Change& change, bool is_transient, Effects& effects) {
  if (!is_one_of(kOwnersOfPods, change)) return;
  switch (change.verb) {
    case Verb::create:
      (is_transient ? effects.run : effects.started).push_back(change.object);
      break;
    case Verb::patch:
      if (is_one_of(kRollingOut, change) && util::find_at(change.after, {"spec", "template"}) != nullptr)
        effects.restarted.push_back(change.object);
      break;
    case Verb::remove:
      if (is_transient && change::is_about_created(change)) break;
      if (follows_migrator(change)) {
        effects.followed.push_back(change.object);
        break;
      }
      (change.propagation == kube::Propagation::orphan ? effects.orphaned : effects.deleted)
          .push_back(change.object);
      break;
  }
}

bool is_of_marks_alone(const Change& change) {
  if (change.verb != Verb::patch || change.after.size() != 1) return false;
  const nlohmann::json* metadata = util::find_at(change.after, {"metadata"});
  return metadata != nullptr && std::ranges::all_of(metadata->items(), [](const auto& entry) {
           return entry.key() == "labels" || entry.key() == "annotations";
         });
}

// Names of the volumes that the plan sets to Retain.
std::unordered_set<std::string> kept_volumes(const change::Plan& plan) {
  std::unordered_set<std::string> names;
  for (const Change& change : plan.changes) {
    if (change.verb == Verb::patch && change.object.kind == "PersistentVolume" &&
        util::text_at(change.after, {"spec", "persistentVolumeReclaimPolicy"}) == "Retain")
      names.insert(change.object.name);
  }
  return names;
}

void add_data(const Change& change, const std::unordered_set<std::string>& kept, Effects& effects) {
  using Data = Effects::Claim::Data;
  if (change.verb != Verb::remove) return;
  if (change.object.kind == "PersistentVolumeClaim") {
    const std::string volume = util::text_at(change.before, {"spec", "volumeName"});
    const std::string& policy = change.reclaim_policy;
    const Data data = volume.empty()          ? Data::never_bound
                      : kept.contains(volume) ? Data::kept
                      : policy == "Retain"    ? Data::retained
                      : policy == "Delete"    ? Data::deleted
                                              : Data::by_policy;
    effects.claims.push_back({.claim = change.object, .volume = volume, .data = data});
  }
  // Since Kubernetes 1.23; what is orphaned keeps its claims.
  const bool takes_claims = util::text_at(change.before, {"spec", "persistentVolumeClaimRetentionPolicy",
                                                          "whenDeleted"}) == "Delete";
  if (change.object.kind == "StatefulSet" && takes_claims && change.propagation != kube::Propagation::orphan)
    effects.deleted_with_claims.push_back(change.object);
}

}  // namespace

Irreversible::Irreversible(const change::Plan& plan) : kept_volumes_(kept_volumes(plan)) {}

bool Irreversible::migrates(const Change& change) {
  return follows_migrator(change) || (change.verb == Verb::create && change.object.kind == "Job" &&
                                      change.object.name == names::kMigrator);
}

bool Irreversible::cuts_migration(const Change& change) {
  return deletes_running_migrator(change) && change.step == "rollback";
}

bool Irreversible::loses_data(const Change& change) const {
  if (change.verb != Verb::remove || change.object.kind != "PersistentVolumeClaim") return false;
  const std::string volume = util::text_at(change.before, {"spec", "volumeName"});
  return !volume.empty() && !kept_volumes_.contains(volume) && change.reclaim_policy != "Retain";
}

Effects effects_of(const change::Plan& plan, std::chrono::seconds timeout) {
  const auto transient = change::created_and_deleted(plan);
  const auto kept = kept_volumes(plan);
  Effects effects;
  for (const Change& change : plan.changes) {
    add_pods(change, transient.contains(kube::key_of(change.object)), effects);
    add_data(change, kept, effects);
    if (is_of_marks_alone(change)) ++effects.metadata_patches;
    if (Irreversible::migrates(change)) effects.migrates_database = true;
    if (Irreversible::cuts_migration(change)) effects.cuts_migration = true;
    if (change.verb == Verb::remove && change.step == "postgres") effects.deletion_wait = kPostgresPatience;
  }
  if (effects.migrates_database) effects.migration_wait = timeout;
  return effects;
}

Effects effects_of(const MigrationPlan& plan, std::chrono::seconds timeout) {
  Effects effects = effects_of(plan.together(), timeout);
  effects.upgrade_follows = plan.part == Part::whole;
  return effects;
}

}  // namespace kots_export::migration
