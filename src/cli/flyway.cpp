#include "cli/commands.h"
#include "cli/steps.h"

namespace kots_export::cli {

Declared declare_flyway(CLI::App& app, Flags& /*flags*/) {
  auto* command =
      app.add_subcommand("flyway", "migrate the database with the Job circle-migrator and follow it");
  command->footer(
      "Examples:\n"
      "  # Migrate the database; the log goes to the terminal and to logs/circle-migrator.log\n"
      "  kots-export flyway -n circleci-server\n"
      "  # Give it half an hour\n"
      "  kots-export flyway -n circleci-server --timeout 1800");
  return {command, [](const Call& call) { return run_part(options_of(call), migration::Part::flyway); }};
}

}  // namespace kots_export::cli
