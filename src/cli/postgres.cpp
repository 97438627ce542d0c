#include "cli/commands.h"
#include "cli/steps.h"

namespace kots_export::cli {

Declared declare_postgres(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand(
      "postgres",
      "delete StatefulSet and Secret postgresql, which helm upgrade creates again; Pods and data stay");
  take_flags(*command, flags, kStep | FlagSet::backup);
  command->footer(
      "Examples:\n"
      "  # Look at what would be deleted\n"
      "  kots-export postgres -n circleci-server --dry-run=client\n"
      "  # Delete it; the objects are kept in backup/\n"
      "  kots-export postgres -n circleci-server --yes\n"
      "  # As a document for programs\n"
      "  kots-export postgres -n circleci-server --dry-run=client -o json");
  return {command, [](const Call& call) { return run_part(options_of(call), migration::Part::postgres); }};
}

}  // namespace kots_export::cli
