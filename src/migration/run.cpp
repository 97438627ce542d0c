#include <kots_export/migration/checks.h>
#include <kots_export/migration/export.h>
#include <kots_export/migration/metadata_stream.h>
#include <kots_export/migration/postgres.h>
#include <kots_export/migration/run.h>
#include <kots_export/migration/transform.h>
#include <kots_export/util/files.h>
#include <kots_export/values/yaml.h>

#include <optional>
#include <string_view>

namespace kots_export::migration {

namespace {

// Tells the observer where a step begins and ends, also where it throws.
template <typename Step>
auto in_step(Context& context, std::string_view name, Step&& step) {
  context.observer.step_started(name);
  if constexpr (std::is_void_v<decltype(step())>) {
    step();
    context.observer.step_done(name);
  } else {
    auto result = step();
    context.observer.step_done(name);
    return result;
  }
}

void write_values(Context& context, const std::filesystem::path& file, std::string_view what,
                  const std::string& yaml) {
  if (const auto copy = util::write_private_file(file, yaml, util::Existing::keep_copy)) {
    context.observer.note("values.copy-kept", {{"file", file.string()}, {"copy", copy->string()}});
  }
  context.observer.file_written(what, file.string());
}

// What is written to the cluster, planned before the first write.
struct Plans {
  change::Plan metadata;  // annotate and kots_cleanup: one patch an object
  // Where the lists of a large namespace go on; what is there is planned while the first pages are patched.
  std::vector<kube::ListPosition> rest;
  change::Plan flyway;
  change::Plan postgres;
};

Plans plan_all(Context& context, const RunOptions& options, const helm::Release& release,
               const values::Value& v4, const FlywayOptions& flyway) {
  Plans plans;
  const Inventory inventory = read_inventory(context, release.manifest, extent_for(context));
  if (options.annotate == RunOptions::Annotate::yes) {
    in_step(context, "annotate",
            [&] { plans.metadata = plan_annotate(context, inventory, options.take_ownership); });
  }
  in_step(context, "kots_cleanup", [&] {
    change::Plan cleanup = plan_kots_cleanup(context, inventory, options.delete_volumes);
    const std::size_t objects = inventory.of_kinds.size() + inventory.of_manifest.size();
    std::vector<change::Plan> both;
    both.push_back(std::move(plans.metadata));
    both.push_back(std::move(cleanup));
    plans.metadata = change::join(std::move(both), objects);
    plans.rest = inventory.rest;
  });
  plans.flyway = plan_flyway(context, flyway);
  if (postgres_is_internal(v4)) plans.postgres = plan_postgres(context);
  return plans;
}

change::Plan together(const Plans& plans) {
  change::Plan all = plans.metadata;
  for (const change::Plan* plan : {&plans.flyway, &plans.postgres}) {
    all.changes.insert(all.changes.end(), plan->changes.begin(), plan->changes.end());
  }
  return all;
}

MetadataSteps metadata_steps(Context& context, const RunOptions& options) {
  MetadataSteps steps{.deletes = MetadataSteps::Deletes::yes, .delete_volumes = options.delete_volumes};
  if (options.annotate == RunOptions::Annotate::yes)
    steps.planners.push_back(annotate_planner(context, options.take_ownership));
  steps.planners.push_back(cleanup_planner());
  return steps;
}

}  // namespace

NextSteps run_migration(Context& context, const RunOptions& options) {
  const bool writes = context.executor.dry_run() == kube::DryRun::none;
  in_step(context, "checks", [&] {
    if (writes) {
      util::require_writable_folder(options.paths.output());
      util::require_writable_folder(options.paths.logs());
    }
    check_installation(context, {.registry = options.registry});
  });
  const helm::Release release =
      in_step(context, "export", [&] { return read_release(context, {.revision = options.revision}); });
  const values::Value v4 = in_step(context, "transform", [&] {
    return transform_values(
        release.config,
        {.license = options.license, .registry = options.registry, .earlier_output = options.paths.values()},
        context.observer);
  });

  const FlywayOptions flyway{
      .registry = options.registry, .paths = options.paths, .timeout = options.timeout};
  const Plans plans = plan_all(context, options, release, v4, flyway);
  context.executor.confirm(together(plans));

  if (writes) {
    write_values(context, options.paths.values_v3(), "values-3.x", values_yaml(release));
    const std::string yaml = values::to_yaml(v4);
    write_values(context, options.paths.values(), "values", yaml);
    validate_values(yaml, options.paths.values().string(), options.target_version, context.observer);
  }
  carry_out_stream(context, plans.metadata, plans.rest, metadata_steps(context, options));
  in_step(context, "flyway", [&] { run_flyway(context, plans.flyway, flyway); });
  in_step(context, "postgres", [&] { (void)context.executor.run(plans.postgres); });

  return in_step(context, "message", [&] {
    const MessageOptions message{.values_file = options.paths.values(),
                                 .ns = context.ns.name,
                                 .release = context.release,
                                 .registry = options.registry,
                                 .target_version = options.target_version};
    return writes ? next_steps(message) : next_steps(message, v4);
  });
}

}  // namespace kots_export::migration
