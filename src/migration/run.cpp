#include <kots_export/migration/export.h>
#include <kots_export/migration/fix_manifest.h>
#include <kots_export/migration/metadata_stream.h>
#include <kots_export/migration/postgres.h>
#include <kots_export/migration/run.h>
#include <kots_export/migration/transform.h>
#include <kots_export/util/text.h>
#include <kots_export/values/yaml.h>

#include "migration/in_step.h"
#include "migration/unchanged.h"

namespace kots_export::migration {

namespace {

// What the steps want of the objects that a plan of the first pages does not know yet.
MetadataSteps metadata_steps(Context& context, Part part, const RunOptions& options) {
  MetadataSteps steps{.planners = {}, .delete_volumes = options.delete_volumes};
  if (options.annotates(part)) steps.planners.push_back(annotate_planner(context, options.take_ownership));
  if (part == Part::annotate) return steps;
  steps.planners.push_back(cleanup_planner());
  steps.deletes = MetadataSteps::Deletes::yes;
  return steps;
}

// Of the values file that stands now. The migration is done: one that cannot be read any more does not make
// it fail.
NextSteps steps_after(const Context& context, const ValuesPlan& values, const RunOptions& options) {
  const MessageOptions message{.values_file = options.paths.values(),
                               .migrator_log = options.paths.migrator_log(),
                               .ns = context.ns.name,
                               .release = context.release,
                               .registry = options.registry,
                               .target_version = options.target_version,
                               .commands = context.commands,
                               .helm_force = context.helm_force};
  try {
    return next_steps(message);
  } catch (const Interrupted&) {
    throw;
  } catch (const Error&) {
    return next_steps(message, values::parse_yaml(values.v4.reveal(), "values"));
  }
}

// In the order in which carry_out takes them.
void tell_steps_ahead(const Context& context, const MigrationPlan& plan, bool writes) {
  std::vector<std::string_view> steps;
  if (!plan.manifest.empty() || plan.part == Part::fix_manifest) steps.emplace_back("fix-manifest");
  if (includes(plan.part, Part::annotate) || plan.part == Part::kots_cleanup) steps.emplace_back("apply");
  if (!plan.flyway.empty()) steps.emplace_back("flyway");
  if (includes(plan.part, Part::postgres)) steps.emplace_back("postgres");
  if (plan.values && writes) steps.emplace_back("message");
  context.observer.steps_ahead(steps);
}

// After the step alone: what a whole run would have gone on with.
void tell_what_is_left(Context& context, const RunOptions& options) {
  bool has_postgres = false;
  try {
    const helm::Release release = read_release(context, {.revision = options.revision});
    has_postgres = postgres_is_internal(release.config) && !plan_postgres(context).empty();
  } catch (const Interrupted&) {
    throw;
  } catch (const Error&) {
    return;  // flyway itself needs no release
  }
  const char* words = has_postgres ? "`{postgres}`, then `{message}`" : "`{message}`";
  const std::string chart = chart_flags(options.target_version, options.registry);
  const std::string commands =
      util::filled(words, {{"postgres", context.commands.kots_export("postgres")},
                           {"message", context.commands.kots_export("message" + chart)}});
  context.observer.note("flyway.left-to-do", {{"commands", commands}});
}

}  // namespace

std::optional<NextSteps> carry_out(Context& context, const MigrationPlan& confirmed,
                                   const RunOptions& options, const PlanAgain& plan_again) {
  const bool writes = context.executor.dry_run() == kube::DryRun::none;
  context.executor.confirm(confirmed.together());
  std::optional<MigrationPlan> anew;
  if (writes && !confirmed.empty()) {
    context.executor.begin_writing();
    anew = planned_anew(context, confirmed, options, plan_again);
  }
  const MigrationPlan& plan = anew ? *anew : confirmed;
  tell_steps_ahead(context, plan, writes);
  if (writes && plan.values) write_values(context, *plan.values, options.paths, options.overwrite_values);
  if (!plan.manifest.empty() || plan.part == Part::fix_manifest) {
    in_step(context, "fix-manifest", [&] { run_fix_manifest(context, plan.manifest); });
  }
  if (includes(plan.part, Part::annotate) || plan.part == Part::kots_cleanup) {
    in_step(context, "apply", [&] {
      carry_out_stream(context, plan.metadata, plan.rest, metadata_steps(context, plan.part, options));
    });
  }
  if (!plan.flyway.empty()) {
    in_step(context, "flyway", [&] {
      run_flyway(context, plan.flyway,
                 {.registry = options.registry, .paths = options.paths, .timeout = options.timeout});
    });
  }
  if (includes(plan.part, Part::postgres)) {
    in_step(context, "postgres", [&] { run_postgres(context, plan.postgres); });
  }
  if (plan.part == Part::flyway && writes) tell_what_is_left(context, options);
  if (!plan.values || !writes) return std::nullopt;
  return in_step(context, "message", [&] { return steps_after(context, *plan.values, options); });
}

}  // namespace kots_export::migration
