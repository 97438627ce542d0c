#include "migration/unchanged.h"

#include <kots_export/change/recheck.h>

#include "migration/earlier_migration.h"

#include <algorithm>
#include <vector>

namespace kots_export::migration {

namespace {

bool is_same(const change::Change& one, const change::Change& other) {
  return one.verb == other.verb && kube::key_of(one.object) == kube::key_of(other.object) &&
         one.object.uid == other.object.uid && one.after == other.after;
}

// "not needed any more: delete Deployment kotsadm" for each of `plan` that is not in `other`.
void compare(const change::Plan& plan, const change::Plan& other, const std::string& says,
             std::vector<std::string>& found) {
  for (const change::Change& change : plan.changes) {
    if (std::ranges::any_of(other.changes, [&](const change::Change& one) { return is_same(one, change); }))
      continue;
    found.push_back(says + std::string(to_string(change.verb)) + " " + kube::describe(change.object));
  }
}

bool starts_migration(const MigrationPlan& plan) {
  return std::ranges::any_of(plan.flyway.start.changes, [](const change::Change& change) {
    return change.verb == change::Verb::create && change.object.kind == "Job";
  });
}

// Its Job is gone again, and in a folder of its own is all that tells of it.
void require_no_migration_since(Context& context, const RunOptions& options) {
  if (options.leave_out != FlywayOptions::LeaveOut::known) return;
  const auto known = find_known_migration(context, database_access(context), options.paths);
  if (!known) return;
  throw Error("run " + known->run + " has migrated the database since this was planned",
              "nothing was changed", "Run the same command again: it plans anew.");
}

}  // namespace

void require_unchanged(Context& context, const MigrationPlan& plan, const RunOptions& options,
                       const PlanAgain& plan_again) {
  const change::Plan all = plan.together();
  if (plan.part == Part::whole && starts_migration(plan)) require_no_migration_since(context, options);
  if (change::is_as_planned(all, change::read_objects(context.client, all))) return;
  const change::Plan now = plan_again().together();
  std::vector<std::string> found;
  compare(all, now, "not needed any more: ", found);
  compare(now, all, "new: ", found);
  if (found.empty()) return;
  const std::string more = found.size() > 1 ? ", and " + std::to_string(found.size() - 1) + " more" : "";
  throw Error("the cluster is not as the plan saw it any more, and nothing was changed", found.front() + more,
              "Another run may have been at work. Run the same command again: it plans anew.");
}

}  // namespace kots_export::migration
