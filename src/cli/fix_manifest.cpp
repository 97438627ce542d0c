#include "cli/commands.h"
#include "cli/steps.h"

namespace kots_export::cli {

Declared declare_fix_manifest(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand("fix-manifest",
                                     "bring the release's stored manifest to API versions that this server "
                                     "serves, so that helm upgrade reads it");
  take_flags(*command, flags, kStep);
  command->footer(
      "Examples:\n"
      "  # Look at what would change in the manifest\n"
      "  kots-export fix-manifest -n circleci-server --dry-run=client\n"
      "  # Change it\n"
      "  kots-export fix-manifest -n circleci-server --yes\n"
      "  # Let the API server judge the change without storing it\n"
      "  kots-export fix-manifest -n circleci-server --dry-run=server");
  return {command,
          [](const Call& call) { return run_part(options_of(call), migration::Part::fix_manifest); }};
}

}  // namespace kots_export::cli
