#include "cli/steps.h"

#include <kots_export/migration/checks.h>

#include "cli/output.h"
#include "cli/session.h"

namespace kots_export::cli {

namespace {

// Nothing where none are named. /dev/null stands for none: what an earlier run kept is dropped with it.
std::optional<std::vector<migration::Correction>> corrections(const Flags& flags) {
  if (flags.values_files.empty()) return std::nullopt;
  std::vector<migration::Correction> read;
  for (const std::string& file : flags.values_files) {
    if (file != "/dev/null") read.push_back(migration::read_correction(input_name(file)));
  }
  return read;
}

}  // namespace

migration::Part part_of(const std::string& step) {
  if (const auto part = migration::part_from(step)) return *part;
  throw UsageError(
      "there is no step " + step + " that changes a cluster", {},
      "Name fix-manifest, annotate, kots_cleanup, flyway or postgres, or none for the whole migration. Of "
      "other commands --dry-run=client shows the plan.");
}

migration::RunOptions run_options(const Flags& flags, migration::Part part, License license) {
  using migration::RunOptions;
  migration::require_skippable(flags.skip_checks);
  return {
      .license = part != migration::Part::whole ? Secret<std::string>()
                 : license == License::needed   ? read_license(flags)
                                                : given_license(flags),
      .registry = registry(flags),
      .paths = {.root = flags.output_dir},
      .revision = revision(flags),
      .annotate = flags.annotate == "1" ? RunOptions::Annotate::yes : RunOptions::Annotate::no,
      .take_ownership = flags.take_ownership ? migration::TakeOwnership::yes : migration::TakeOwnership::no,
      .delete_volumes = flags.delete_volumes ? migration::DeleteVolumes::yes : migration::DeleteVolumes::no,
      .timeout = std::chrono::seconds(flags.timeout_seconds),
      .target_version = flags.target_version,
      .corrections = part == migration::Part::whole ? corrections(flags) : std::nullopt,
      .overwrite_values = overwrite_values(flags),
      .backup = flags.backup_confirmed ? migration::RunOptions::Backup::confirmed
                                       : migration::RunOptions::Backup::as_found,
      .leave_out = flags.migrate_again ? migration::FlywayOptions::LeaveOut::nothing
                                       : migration::FlywayOptions::LeaveOut::known,
      .skip_checks = flags.skip_checks};
}

int run_part(Flags& flags, migration::Part part) {
  complete_installation(flags);
  const migration::RunOptions options = run_options(flags, part);
  return in_session(flags, Session::Access::write, [&](Session& session) {
    const auto make_plan = [&] { return migration::plan_migration(session.context(), part, options); };
    const migration::MigrationPlan plan = make_plan();
    session.show_plan(plan);
    return session.finish(migration::carry_out(session.context(), plan, options, make_plan));
  });
}

}  // namespace kots_export::cli
