#include "cli/commands.h"
#include "cli/steps.h"

namespace kots_export::cli {

Declared declare_run(CLI::App& app, Flags& /*flags*/) {
  auto* command = app.add_subcommand("run", "the whole migration; the same as no subcommand");
  command->footer(
      "Examples:\n"
      "  # Look at every change\n"
      "  kots-export run --license-file licence.txt --dry-run=client\n"
      "  # Migrate without questions, as in a CI job\n"
      "  kots-export run -n circleci-server --license-file licence.txt --yes");
  return {command, [](const Call& call) { return run_part(options_of(call), migration::Part::whole); }};
}

}  // namespace kots_export::cli
