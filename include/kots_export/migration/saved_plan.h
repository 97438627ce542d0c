#pragma once

#include <kots_export/change/object_state.h>
#include <kots_export/migration/migration_plan.h>
#include <kots_export/migration/run.h>

#include <filesystem>
#include <string>

// A plan in a file: what `plan --out` writes and `apply` carries out. The file holds secrets in clear (the
// values, the database's password, whole Secrets that are deleted) and is private to its owner.
namespace kots_export::migration {

// The cluster and namespace that a plan was made for. The UIDs tell them from every other.
struct PlanTarget {
  std::string server;       // for people
  std::string cluster_uid;  // of namespace kube-system; empty where it may not be read
  std::string namespace_uid;
  std::string ns;
  std::string release;
  // For people too; empty in a file of an earlier version.
  std::string context = {};
  std::string user = {};
  std::string chart = {};  // version of the release's chart
  // The release's revision that it was made from; 0: none, or a file of an earlier version.
  int revision = 0;
};

struct SavedPlan {
  std::string version;  // of the tool that made it
  std::string created;  // RFC 3339, UTC
  PlanTarget target;
  Registry registry;
  std::string target_version;
  OverwriteValues overwrite_values = OverwriteValues::no;
  MigrationPlan plan;
  // What it patches or deletes, as it was then; empty in a file of an earlier version.
  change::ObjectStates states;
  std::string applied;  // when it was carried out, RFC 3339; empty: not yet
};

// Reads the UIDs of the context's cluster and namespace.
[[nodiscard]] PlanTarget read_target(Context& context, std::string server);

// Puts together what the file needs. Reads the plan's objects once more; throws Error where one of them
// changed since it was planned on.
[[nodiscard]] SavedPlan freeze(Context& context, MigrationPlan plan, const RunOptions& options,
                               PlanTarget target);

// Writes the file (0600), in place of an earlier plan. Throws Error where something that is no plan is there.
void save_plan(const std::filesystem::path& file, const SavedPlan& saved);

// Reads it ("-": standard input). Throws Error, saying what is wrong and where: no plan, cut off, of a newer
// version, something missing.
[[nodiscard]] SavedPlan load_plan(const std::filesystem::path& file);

// Returns what is left of the plan to be done. Checks before the first write that the plan is for the
// context's cluster and namespace, that the installation still passes the checks, and that none of its
// objects changed: throws Error with exit code 4, naming each that did. Objects that are already as planned
// are left out.
[[nodiscard]] MigrationPlan recheck(Context& context, const SavedPlan& saved, const RunOptions& options);

}  // namespace kots_export::migration
