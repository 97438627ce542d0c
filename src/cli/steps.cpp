#include "cli/steps.h"

#include <kots_export/util/text.h>

#include "cli/choices.h"
#include "cli/license.h"
#include "cli/output.h"
#include "cli/session.h"

namespace kots_export::cli {

namespace {

// Nothing where none are named. /dev/null stands for none: what an earlier run kept is dropped with it.
std::optional<std::vector<migration::Correction>> corrections(const std::vector<std::string>& files) {
  if (files.empty()) return std::nullopt;
  std::vector<migration::Correction> read;
  for (const std::string& file : files) {
    if (file != "/dev/null") read.push_back(migration::read_correction(input_name(file)));
  }
  return read;
}

}  // namespace

CLI::Option* add_step(CLI::App& command, std::string& step, std::string_view hint) {
  CLI::Option* option = command.add_option(
      "STEP", step,
      "run (the whole migration), fix-manifest, annotate, kots_cleanup or cleanup_kots, flyway, postgres "
      "(run)");
  option->transform([](std::string typed) { return typed == "cleanup_kots" ? "kots_cleanup" : typed; });
  only_choices(*option, "run|fix-manifest|annotate|kots_cleanup|flyway|postgres", Choice::step, hint,
               &command);
  return option;
}

migration::Part part_of(const std::string& step) {
  if (const auto part = migration::part_from(step)) return *part;
  throw UsageError(
      util::filled("there is no step {step} that changes a cluster", {{"step", step}}), {},
      "Name fix-manifest, annotate, kots_cleanup, flyway or postgres, or none for the whole migration. Of "
      "other commands --dry-run=client shows the plan.");
}

migration::RunOptions run_options(const Options& options, migration::Part part, License license) {
  const MigrationOptions& migration = options.migration;
  return {.license = part != migration::Part::whole ? Secret<std::string>()
                     : license == License::needed   ? read_license(options)
                                                    : given_license(options.license),
          .registry = options.installation.registry,
          .paths = options.installation.paths,
          .revision = options.installation.revision,
          .annotate = migration.annotate,
          .take_ownership = migration.take_ownership,
          .delete_volumes = migration.delete_volumes,
          .timeout = migration.timeout,
          .target_version = options.installation.target_version,
          .corrections = part == migration::Part::whole ? corrections(migration.values_files) : std::nullopt,
          .overwrite_values = migration.overwrite_values,
          .backup = migration.backup,
          .leave_out = migration.leave_out,
          .skip_checks = migration.skip_checks};
}

int run_part(const Options& options, migration::Part part) {
  const migration::RunOptions run = run_options(options, part);
  return in_session(options, Session::Access::write, [&](Session& session) {
    const auto make_plan = [&] { return migration::plan_migration(session.context(), part, run); };
    const migration::MigrationPlan plan = make_plan();
    session.show_plan(plan);
    return session.finish(migration::carry_out(session.context(), plan, run, make_plan));
  });
}

}  // namespace kots_export::cli
