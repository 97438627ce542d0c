#pragma once

#include <kots_export/migration/run.h>

#include <optional>

// Between a plan and the lock that its run then has lies the operator's answer, and whatever another run did.
namespace kots_export::migration {

// Nothing where each object of `plan` is as it was planned on. Else the same plan as `plan_again` makes it
// now, with what stood there last before each Change: that is what a rollback goes back to. Throws Error,
// with what differs, where it is another plan, or where the database was migrated since.
[[nodiscard]] std::optional<MigrationPlan> planned_anew(Context& context, const MigrationPlan& plan,
                                                        const RunOptions& options,
                                                        const PlanAgain& plan_again);

}  // namespace kots_export::migration
