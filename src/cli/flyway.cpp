#include "cli/commands.h"
#include "cli/steps.h"

namespace kots_export::cli {

Declared declare_flyway(CLI::App& app, Flags& flags) {
  auto* command =
      app.add_subcommand("flyway", "migrate the database with the Job circle-migrator and follow it");
  take_flags(*command, flags, kStep | FlagSet::timeout | FlagSet::backup, Letters::script);
  command->footer(
      "Examples:\n"
      "  # Migrate the database; its log goes to logs/circle-migrator.log too\n"
      "  kots-export flyway -n circleci-server\n"
      "  # Give it half an hour\n"
      "  kots-export flyway -n circleci-server --timeout 30m\n"
      "  # Look at the Job and its Secret first\n"
      "  kots-export flyway -n circleci-server --dry-run=client");
  return {command, [](const Call& call) { return run_part(options_of(call), migration::Part::flyway); }};
}

}  // namespace kots_export::cli
