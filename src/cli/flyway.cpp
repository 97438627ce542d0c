#include <kots_export/migration/checks.h>
#include <kots_export/migration/flyway.h>

#include "cli/commands.h"
#include "cli/session.h"

namespace kots_export::cli {

namespace {

int run_flyway_command(Flags& flags) {
  complete_installation(flags);
  Session session(flags, Session::Access::write);
  auto& context = session.context();
  session.observer().step_started("flyway");
  migration::check_installation(context, {.registry = registry(flags)});
  const migration::FlywayOptions options{.registry = registry(flags),
                                         .paths = session.paths(),
                                         .timeout = std::chrono::seconds(flags.timeout_seconds)};
  const change::Plan plan = migration::plan_flyway(context, options);
  context.executor.confirm(plan);
  migration::run_flyway(context, plan, options);
  session.observer().step_done("flyway");
  return session.finish();
}

}  // namespace

Declared declare_flyway(CLI::App& app, Flags& flags) {
  auto* command =
      app.add_subcommand("flyway", "migrate the database with the Job circle-migrator and follow it");
  command->footer(
      "Examples:\n"
      "  # Migrate the database; the log goes to the terminal and to logs/circle-migrator.log\n"
      "  kots-export flyway -n circleci-server\n"
      "  # Give it half an hour\n"
      "  kots-export flyway -n circleci-server --timeout 1800");
  return {command, [&flags] { return run_flyway_command(flags); }};
}

}  // namespace kots_export::cli
