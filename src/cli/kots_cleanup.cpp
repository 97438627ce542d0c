#include "cli/commands.h"
#include "cli/steps.h"

namespace kots_export::cli {

Declared declare_kots_cleanup(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand("kots_cleanup", "remove KOTS's labels, annotations and own objects");
  command->alias("cleanup_kots");
  take_flags(*command, flags, kStep | FlagSet::volumes, Letters::script);
  command->footer(
      "Examples:\n"
      "  # Look at what would be removed\n"
      "  kots-export kots_cleanup -n circleci-server --dry-run=client\n"
      "  # Remove it; deleted objects are kept in backup/\n"
      "  kots-export kots_cleanup -n circleci-server --yes\n"
      "  # Let the data of KOTS's own volumes go too: look first\n"
      "  kots-export kots_cleanup --delete-volumes --dry-run=client");
  return {command,
          [](const Call& call) { return run_part(options_of(call), migration::Part::kots_cleanup); }};
}

}  // namespace kots_export::cli
