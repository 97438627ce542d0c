#include "migration/unchanged.h"

#include <kots_export/change/recheck.h>
#include <kots_export/migration/checks.h>
#include <kots_export/util/text.h>

#include "migration/earlier_migration.h"

#include <algorithm>

namespace kots_export::migration {

namespace {

bool starts_migration(const MigrationPlan& plan) {
  return std::ranges::any_of(plan.flyway.start.changes, [](const change::Change& change) {
    return change.verb == change::Verb::create && change.object.kind == "Job";
  });
}

// Its Job is gone again: the folder's journals are all that tells of it.
void require_no_migration_since(Context& context, const MigrationPlan& plan, const RunOptions& options) {
  const auto known = find_known_migration(context, database_access(context), options.paths);
  if (!known || known->run == plan.flyway.known_before) return;
  throw Error(
      util::filled("run {run} has migrated the database since this was planned", {{"run", known->run}}),
      "nothing was changed", Hint::with_way_on("Run the same command again: it makes a new plan."));
}

}  // namespace

std::optional<MigrationPlan> planned_anew(Context& context, const MigrationPlan& plan,
                                          const RunOptions& options, const PlanAgain& plan_again) {
  const change::Plan all = plan.together();
  require_same_revisions(context);
  if (starts_migration(plan)) require_no_migration_since(context, plan, options);
  if (change::is_as_planned(all, change::read_objects(context.client, all))) return std::nullopt;
  MigrationPlan now = plan_again();
  change::require_same(
      all, now.together(),
      Hint::with_way_on("Another run may have changed it. Run the same command again: it makes a new plan."));
  return now;
}

}  // namespace kots_export::migration
