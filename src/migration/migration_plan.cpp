#include <kots_export/migration/checks.h>
#include <kots_export/migration/export.h>
#include <kots_export/migration/fix_manifest.h>
#include <kots_export/migration/metadata_stream.h>
#include <kots_export/migration/postgres.h>
#include <kots_export/migration/run.h>
#include <kots_export/migration/transform.h>
#include <kots_export/values/yaml.h>

#include "migration/in_step.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

namespace kots_export::migration {

namespace {

constexpr std::array<std::pair<Part, std::string_view>, 6> kParts = {{
    {Part::whole, "run"},
    {Part::fix_manifest, "fix-manifest"},
    {Part::annotate, "annotate"},
    {Part::kots_cleanup, "kots_cleanup"},
    {Part::flyway, "flyway"},
    {Part::postgres, "postgres"},
}};

ValuesPlan plan_values(Context& context, const helm::Release& release, const RunOptions& options) {
  values::Value v4 = transform_values(
      release.config,
      {.license = options.license, .registry = options.registry, .earlier_output = options.paths.values()},
      context.observer);
  ValuesPlan plan;
  plan.corrections_from = options.corrections ? ValuesPlan::From::flags : ValuesPlan::From::earlier_run;
  plan.corrections = options.corrections ? *options.corrections : kept_corrections(context, options.paths);
  for (const Correction& correction : plan.corrections)
    values::merge(v4, values::parse_yaml(correction.yaml.reveal(), correction.path));
  plan.v3 = Secret<std::string>(values_yaml(release));
  plan.v4 = Secret<std::string>(values::to_yaml(v4));
  plan.place = place_values(options.paths, plan.v4, options.overwrite_values);
  tell_place(context.observer, plan, options.paths);
  return plan;
}

// annotate, kots_cleanup (which looks at the namespace alone), or both joined.
void plan_metadata(Context& context, std::string_view manifest, const RunOptions& options,
                   MigrationPlan& plan) {
  const Part part = plan.part;
  Inventory inventory = read_inventory(context, manifest, extent_for(context));
  std::vector<change::Plan> plans;
  if (options.annotates(part)) {
    in_step(context, "annotate",
            [&] { plans.push_back(plan_annotate(context, inventory, options.take_ownership)); });
  }
  if (part != Part::annotate) {
    in_step(context, "kots_cleanup",
            [&] { plans.push_back(plan_kots_cleanup(context, inventory, options.delete_volumes)); });
  }
  plan.rest = std::move(inventory.rest);
  plan.metadata = part == Part::whole ? change::join(std::move(plans),
                                                     inventory.of_kinds.size() + inventory.of_manifest.size())
                                      : std::move(plans.front());
}

// What an earlier part of the plan patches has another resourceVersion when its turn comes again: from then
// on its UID alone tells that it is the same.
void expect_own_patches(const change::Plan& earlier, change::Plan& later) {
  std::unordered_set<kube::ObjectKey> touched;
  for (const auto& change : earlier.changes) touched.insert(kube::key_of(change.object));
  for (auto& change : later.changes) {
    if (touched.contains(kube::key_of(change.object))) change.object.resource_version.clear();
  }
}

}  // namespace

std::string_view to_string(Part part) {
  return std::ranges::find(kParts, part, &std::pair<Part, std::string_view>::first)->second;
}

bool includes(Part part, Part step) { return part == Part::whole || part == step; }

std::optional<Part> part_from(std::string_view name) {
  if (name == "cleanup_kots") return Part::kots_cleanup;
  if (name == "all") return Part::whole;
  const auto found = std::ranges::find(kParts, name, &std::pair<Part, std::string_view>::second);
  return found == kParts.end() ? std::nullopt : std::optional(found->first);
}

std::array<const change::Plan*, 5> MigrationPlan::plans() const {
  return {&manifest, &metadata, &flyway.start, &flyway.clean_up, &postgres};
}

bool MigrationPlan::empty() const { return std::ranges::all_of(plans(), &change::Plan::empty); }

change::Plan MigrationPlan::together() const {
  change::Plan all;
  for (const change::Plan* plan : plans()) {
    all.changes.insert(all.changes.end(), plan->changes.begin(), plan->changes.end());
    all.already_right += plan->already_right;
  }
  return all;
}

namespace {

// Where nothing is written, a check that failed hides what else is planned from nobody.
FlywayPlan plan_flyway_or_tell(Context& context, const FlywayOptions& options) {
  constexpr std::array<std::string_view, 2> kNeeded = {"database", "migrator-job"};
  const auto& failed = context.failed_checks;
  const auto obstacle = std::ranges::find_first_of(failed, kNeeded);
  if (obstacle == failed.end() || context.executor.dry_run() == kube::DryRun::none)
    return plan_flyway(context, options);
  context.observer.warn("flyway.not-planned", {{"check", *obstacle}});
  FlywayPlan plan;
  plan.obstacle = *obstacle;
  return plan;
}

MigrationPlan plan_steps(Context& context, Part part, const RunOptions& options) {
  MigrationPlan plan;
  plan.part = part;
  if (part == Part::fix_manifest) {
    plan.manifest = plan_fix_manifest(context);
    return plan;
  }
  helm::Release release;
  if (part != Part::kots_cleanup && part != Part::flyway) {
    release =
        in_step(context, "export", [&] { return read_release(context, {.revision = options.revision}); });
  }
  if (part == Part::whole) {
    plan.values = in_step(context, "transform", [&] { return plan_values(context, release, options); });
    if (!served_manifest(context).mapped.empty()) plan.manifest = plan_fix_manifest(context);
  }
  if (part != Part::flyway && part != Part::postgres) {
    plan_metadata(context, release.manifest, options, plan);
    expect_own_patches(plan.manifest, plan.metadata);
  }
  if (includes(part, Part::flyway)) {
    plan.flyway = plan_flyway_or_tell(
        context, {.registry = options.registry,
                  .paths = options.paths,
                  .timeout = options.timeout,
                  .leave_out = part == Part::whole ? options.leave_out : FlywayOptions::LeaveOut::nothing});
  }
  if (includes(part, Part::postgres)) {
    if (postgres_is_internal(release.config)) {
      plan.postgres = plan_postgres(context);
      expect_own_patches(plan.metadata, plan.postgres);
    } else {
      context.observer.note("postgres.external");
    }
  }
  return plan;
}

}  // namespace

MigrationPlan plan_migration(Context& context, Part part, const RunOptions& options) {
  const bool writes = context.executor.dry_run() == kube::DryRun::none;
  const CheckedCommand command = checked_command(part);
  in_step(context, "checks", [&] {
    if (writes && part == Part::whole) require_writable_folders(options.paths);
    run_checks(context, command, options, nullptr);
  });
  MigrationPlan plan = [&] {
    try {
      return plan_steps(context, part, options);
    } catch (const Interrupted&) {
      throw;
    } catch (const kube::ApiError& error) {
      throw_if_checks_failed(context);  // which have said it already, and say what to do
      throw_not_planned(context, error);
    } catch (const Error&) {
      throw_if_checks_failed(context);
      throw;
    }
  }();
  run_checks(context, command, options, &plan);
  if (writes) throw_if_checks_failed(context);
  return plan;
}

}  // namespace kots_export::migration
