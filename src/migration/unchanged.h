#pragma once

#include <kots_export/migration/run.h>

// Between a plan and the lock that its run then has lies the operator's answer, and whatever another run did.
namespace kots_export::migration {

// Throws Error, with what differs, where `plan` is not what would be planned now. Asks `plan_again` only
// where an object of the plan has changed at all: reports of a status make no other plan.
void require_unchanged(Context& context, const MigrationPlan& plan, const RunOptions& options,
                       const PlanAgain& plan_again);

}  // namespace kots_export::migration
