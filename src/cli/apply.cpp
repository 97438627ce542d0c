#include <kots_export/migration/checks.h>
#include <kots_export/migration/saved_plan.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "cli/commands.h"
#include "cli/session.h"

#include <memory>

namespace kots_export::cli {

namespace {

// Namespace and release are the plan's; flags may only repeat them.
InstallationNames names_in(const migration::PlanTarget& target, const Flags& flags) {
  const auto require_same = [](const std::string& flag, const std::string& planned, const char* sentence) {
    if (flag.empty() || flag == planned) return;
    throw Error(util::filled(sentence, {{"planned", planned}, {"given", flag}}), {},
                util::filled("Leave the flag out, or make a plan for {given}.", {{"given", flag}}),
                ExitCode::check_failed);
  };
  require_same(flags.ns, target.ns, "the plan is for namespace {planned}, not {given}");
  require_same(flags.release, target.release, "the plan is for release {planned}, not {given}");
  return {.ns = target.ns, .release = target.release};
}

// A plan is carried out once. The file says so itself, so that it is known wherever it is used again.
void mark_applied(const std::string& file, migration::SavedPlan& saved, change::Observer& observer) {
  if (file == "-") return;
  saved.applied = util::rfc3339(std::chrono::system_clock::now());
  try {
    migration::save_plan(file, saved);
  } catch (const Error& error) {
    observer.warn("apply.not-marked", {{"file", file}, {"why", error.what()}});
  }
}

int run_apply(const Call& call, const std::string& file) {
  if (!call.flags.values_files.empty())
    throw UsageError("apply takes no --values: the plan holds its values", {}, "Make a plan with --values.");
  migration::SavedPlan saved = migration::load_plan(file);
  const Options options = options_of(call, names_in(saved.target, call.flags));
  if (options.migration.overwrite_values == migration::OverwriteValues::yes)
    saved.overwrite_values = migration::OverwriteValues::yes;
  return in_session(options, Session::Access::write, [&](Session& session) {
    session.takes(saved);
    if (!saved.applied.empty()) {
      session.observer().note("apply.applied-already", {{"file", file}, {"time", saved.applied}});
      return session.finish();
    }
    const migration::RunOptions run{.license = {},
                                    .registry = saved.registry,
                                    .paths = session.paths(),
                                    .revision = {},
                                    .timeout = options.migration.timeout,
                                    .target_version = saved.target_version,
                                    .overwrite_values = saved.overwrite_values,
                                    .backup = options.migration.backup,
                                    .skip_checks = options.migration.skip_checks};
    auto& context = session.context();
    const auto look_again = [&] { return migration::recheck(context, saved, run); };
    const migration::MigrationPlan left = look_again();
    session.show_plan(left);
    const auto next = migration::carry_out(context, left, run, look_again);
    if (context.executor.dry_run() == kube::DryRun::none) mark_applied(file, saved, session.observer());
    return session.finish(next);
  });
}

}  // namespace

Declared declare_apply(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand(
      "apply", "carry out a plan of `kots-export plan --out`, unless something changed since");
  auto file = std::make_shared<std::string>();
  command->add_option("-f,--filename,FILE", *file, "the saved plan; - is standard input")->required();
  take_flags(*command, flags,
             kChanges | FlagSet::checks | FlagSet::edited_values | FlagSet::timeout | FlagSet::backup);
  command->footer(
      "Examples:\n"
      "  # Save a plan, let somebody look at it, carry out exactly that\n"
      "  kots-export plan --license-file license.txt --out migration.plan\n"
      "  kots-export apply migration.plan --yes\n"
      "  # See whether the cluster is still as the plan saw it, and what is left to do\n"
      "  kots-export apply migration.plan --dry-run=client\n"
      "  # Give the database migration half an hour\n"
      "  kots-export apply migration.plan --yes --timeout 30m");
  return {command, [file](const Call& call) { return run_apply(call, *file); }};
}

}  // namespace kots_export::cli
