#include <kots_export/migration/annotate.h>
#include <kots_export/migration/checks.h>
#include <kots_export/migration/export.h>
#include <kots_export/migration/metadata_stream.h>

#include "cli/commands.h"
#include "cli/session.h"

namespace kots_export::cli {

namespace {

int run_annotate(Flags& flags) {
  complete_installation(flags);
  Session session(flags, Session::Access::write);
  auto& context = session.context();
  session.observer().step_started("annotate");
  migration::check_installation(
      context, {.registry = registry(flags), .pull_secret = migration::CheckOptions::PullSecret::not_needed});
  const helm::Release release = migration::read_release(context, {.revision = revision(flags)});
  const auto take = flags.take_ownership ? migration::TakeOwnership::yes : migration::TakeOwnership::no;
  const auto inventory = migration::read_inventory(context, release.manifest, migration::extent_for(context));
  migration::carry_out_stream(context, plan_annotate(context, inventory, take), inventory.rest,
                              {.planners = {migration::annotate_planner(context, take)}});
  session.observer().step_done("annotate");
  return session.finish();
}

}  // namespace

Declared declare_annotate(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand(
      "annotate", "mark the installation's objects as the Helm release's, so that helm upgrade adopts them");
  command->footer(
      "Examples:\n"
      "  # Look at what would be marked\n"
      "  kots-export annotate -n circleci-server --dry-run=client\n"
      "  # Mark the objects\n"
      "  kots-export annotate -n circleci-server --yes");
  return {command, [&flags] { return run_annotate(flags); }};
}

}  // namespace kots_export::cli
