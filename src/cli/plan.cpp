#include <kots_export/migration/saved_plan.h>

#include "cli/commands.h"
#include "cli/session.h"
#include "cli/steps.h"

#include <memory>

namespace kots_export::cli {

namespace {

struct PlanFlags {
  std::string step = "run";
  std::string out;
};

int run_plan(Flags& flags, const PlanFlags& own) {
  const migration::Part part = part_of(own.step);
  if (own.out == "-")
    throw UsageError("a plan is not written to standard output", "it holds secrets", "Name a file.");
  if (flags.dry_run == "none") flags.dry_run = "client";
  complete_installation(flags);
  const migration::RunOptions options = run_options(flags, part);
  Session session(flags, Session::Access::write);
  auto& context = session.context();
  const migration::MigrationPlan plan = migration::plan_migration(context, part, options);
  (void)migration::carry_out(context, plan, options);
  if (!own.out.empty()) {
    migration::SavedPlan saved =
        migration::freeze(context, plan, options, migration::read_target(context, session.server()));
    saved.version = KOTS_EXPORT_VERSION;
    migration::save_plan(own.out, saved);
    session.observer().file_written("plan", own.out);
    session.observer().warn("plan.holds-secrets", {{"file", own.out}});
  }
  return session.finish();
}

}  // namespace

Declared declare_plan(CLI::App& app, Flags& flags) {
  auto* command =
      app.add_subcommand("plan", "show every change of the migration, or of one step; change nothing");
  auto own = std::make_shared<PlanFlags>();
  command->add_option("STEP", own->step,
                      "fix-manifest, annotate, kots_cleanup, flyway or postgres (the whole migration)");
  command->add_option("--out", own->out, "save the plan for `kots-export apply`; the file holds secrets");
  command->footer(
      "Examples:\n"
      "  # Look at every change of the migration\n"
      "  kots-export plan -n circleci-server --license-file licence.txt\n"
      "  # Look at one step; end with 3 where it has something to do\n"
      "  kots-export plan annotate -n circleci-server --detailed-exitcode\n"
      "  # Let the API server's admission and validation judge it too\n"
      "  kots-export plan kots_cleanup -n circleci-server --dry-run=server\n"
      "  # The same as a document for programs\n"
      "  kots-export plan postgres -n circleci-server -o json\n"
      "  # Save the plan, and carry exactly that out later\n"
      "  kots-export plan -n circleci-server --license-file licence.txt --out migration.plan\n"
      "  kots-export apply migration.plan --yes");
  return {command, [&flags, own] { return run_plan(flags, *own); }};
}

}  // namespace kots_export::cli
