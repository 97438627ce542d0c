#include "cli/commands.h"
#include "cli/steps.h"

namespace kots_export::cli {

Declared declare_run(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand("run", "the whole migration; the same as no subcommand");
  take_flags(*command, flags, kStep | kWhole, Letters::script);
  command->footer(
      "Examples:\n"
      "  # Look at every change\n"
      "  kots-export run --license-file license.txt --dry-run=client\n"
      "  # Migrate without questions, as in a CI job\n"
      "  kots-export run -n circleci-server --license-file license.txt --yes\n"
      "  # Correct a value on the way\n"
      "  kots-export run --license-file license.txt --values corrections.yaml");
  return {command, [](const Call& call) { return run_part(options_of(call), migration::Part::whole); }};
}

}  // namespace kots_export::cli
