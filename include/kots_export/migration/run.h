#pragma once

#include <kots_export/migration/annotate.h>
#include <kots_export/migration/context.h>
#include <kots_export/migration/flyway.h>
#include <kots_export/migration/kots_cleanup.h>
#include <kots_export/migration/message.h>
#include <kots_export/migration/migration_plan.h>
#include <kots_export/migration/names.h>
#include <kots_export/util/secret.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kots_export::migration {

struct RunOptions {
  Secret<std::string> license;  // needed for Part::whole alone
  Registry registry;
  Paths paths;
  std::optional<int> revision;
  enum class Annotate { no, yes } annotate = Annotate::yes;  // --annotate 0 leaves the step out of the whole
  TakeOwnership take_ownership = TakeOwnership::no;
  DeleteVolumes delete_volumes = DeleteVolumes::no;
  std::chrono::seconds timeout{600};
  std::string target_version = std::string(names::kTargetVersion);
  // Merged into the 4.x values last, in this order, as `helm upgrade -f` does: the 3.x values come from the
  // cluster. Nothing: those of the folder's last run.
  std::optional<std::vector<Correction>> corrections = std::nullopt;
  OverwriteValues overwrite_values = OverwriteValues::no;
  enum class Backup { as_found, confirmed } backup = Backup::as_found;  // confirmed: --backup-confirmed
  // A whole run leaves out a database migration that is known to be done, or not (--again).
  FlywayOptions::LeaveOut leave_out = FlywayOptions::LeaveOut::known;
  std::vector<std::string> skip_checks = {};  // by id; see require_skippable
  enum class Purpose {
    run,
    check
  } purpose = Purpose::run;  // check: whether a run of this user would go through

  // Whether `part` annotates: the step itself always, the whole unless it is left out.
  [[nodiscard]] bool annotates(Part part) const {
    return part == Part::annotate || (part == Part::whole && annotate == Annotate::yes);
  }
};

// Checks the installation and plans a part of the migration. Reads only, and only what the part needs. The
// whole in order: checks, export, transform, fix-manifest (where it is needed), annotate, kots_cleanup,
// flyway, postgres; annotate and kots_cleanup of the same object are one patch. Throws what the checks and
// the steps throw.
[[nodiscard]] MigrationPlan plan_migration(Context& context, Part part, const RunOptions& options);

// How the same plan is made once more.
using PlanAgain = std::function<MigrationPlan()>;

// Carries out a plan, of now or of a file: asks the executor's confirmation once for all of it, takes the
// lock, writes the values files, then the release's manifest, the objects' metadata, flyway, postgres. Where
// with the lock in hand `plan_again` gives another plan, nothing is changed: throws Error with what differs.
// In a dry run there is neither lock nor file. Returns the next steps after the whole migration; nothing
// after a single step, and after a dry run, which leaves no file that they could name.
std::optional<NextSteps> carry_out(Context& context, const MigrationPlan& plan, const RunOptions& options,
                                   const PlanAgain& plan_again);

}  // namespace kots_export::migration
