#include <kots_export/migration/checks.h>
#include <kots_export/migration/kots_cleanup.h>
#include <kots_export/migration/metadata_stream.h>

#include "cli/commands.h"
#include "cli/session.h"

namespace kots_export::cli {

namespace {

int run_kots_cleanup(Flags& flags) {
  complete_installation(flags);
  Session session(flags, Session::Access::write);
  auto& context = session.context();
  session.observer().step_started("kots_cleanup");
  migration::check_installation(
      context, {.registry = registry(flags), .pull_secret = migration::CheckOptions::PullSecret::not_needed});
  const auto volumes = flags.delete_volumes ? migration::DeleteVolumes::yes : migration::DeleteVolumes::no;
  const auto inventory = migration::read_inventory(context, {}, migration::extent_for(context));
  migration::carry_out_stream(context, plan_kots_cleanup(context, inventory, volumes), inventory.rest,
                              {.planners = {migration::cleanup_planner()},
                               .deletes = migration::MetadataSteps::Deletes::yes,
                               .delete_volumes = volumes});
  session.observer().step_done("kots_cleanup");
  return session.finish();
}

}  // namespace

Declared declare_kots_cleanup(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand("kots_cleanup", "remove KOTS' labels, annotations and own objects");
  command->alias("cleanup_kots");
  command->footer(
      "Examples:\n"
      "  # Look at what would be removed\n"
      "  kots-export kots_cleanup -n circleci-server --dry-run=client\n"
      "  # Remove it; deleted objects are kept in backup/\n"
      "  kots-export kots_cleanup -n circleci-server --yes");
  return {command, [&flags] { return run_kots_cleanup(flags); }};
}

}  // namespace kots_export::cli
