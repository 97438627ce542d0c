#include <kots_export/migration/checks.h>
#include <kots_export/migration/export.h>
#include <kots_export/migration/postgres.h>

#include "cli/commands.h"
#include "cli/session.h"

namespace kots_export::cli {

namespace {

int run_postgres(Flags& flags) {
  complete_installation(flags);
  Session session(flags, Session::Access::write);
  auto& context = session.context();
  session.observer().step_started("postgres");
  migration::check_installation(
      context, {.registry = registry(flags), .pull_secret = migration::CheckOptions::PullSecret::not_needed});
  const helm::Release release = migration::read_release(context, {.revision = revision(flags)});
  if (migration::postgres_is_internal(release.config)) {
    (void)context.executor.run(migration::plan_postgres(context));
  } else {
    session.observer().note("postgres.external");
  }
  session.observer().step_done("postgres");
  return session.finish();
}

}  // namespace

Declared declare_postgres(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand(
      "postgres",
      "delete StatefulSet and Secret postgresql, which helm upgrade makes anew; Pods and data stay");
  command->footer(
      "Examples:\n"
      "  # Look at what would be deleted\n"
      "  kots-export postgres -n circleci-server --dry-run=client\n"
      "  # Delete it; the objects are kept in backup/\n"
      "  kots-export postgres -n circleci-server --yes");
  return {command, [&flags] { return run_postgres(flags); }};
}

}  // namespace kots_export::cli
