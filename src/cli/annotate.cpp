#include "cli/commands.h"
#include "cli/steps.h"

namespace kots_export::cli {

Declared declare_annotate(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand(
      "annotate", "mark the installation's objects as the Helm release's, so that helm upgrade adopts them");
  take_flags(*command, flags, kStep | FlagSet::ownership, Letters::script);
  command->footer(
      "Examples:\n"
      "  # Look at what would be marked\n"
      "  kots-export annotate -n circleci-server --dry-run=client\n"
      "  # Mark the objects\n"
      "  kots-export annotate -n circleci-server --yes\n"
      "  # Those of other Helm releases too, which is rarely wanted: look first\n"
      "  kots-export annotate --take-ownership --dry-run=client");
  return {command, [](const Call& call) { return run_part(options_of(call), migration::Part::annotate); }};
}

}  // namespace kots_export::cli
