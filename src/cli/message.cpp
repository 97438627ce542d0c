#include <kots_export/migration/message.h>
#include <kots_export/migration/paths.h>

#include "cli/commands.h"
#include "cli/output.h"

namespace kots_export::cli {

namespace {

int run_message(Flags& flags) {
  complete_installation(flags);
  const migration::Paths paths{.root = flags.output_dir};
  show(flags, migration::next_steps({.values_file = paths.values(),
                                     .ns = flags.ns,
                                     .release = flags.release,
                                     .registry = registry(flags),
                                     .target_version = flags.target_version}));
  return static_cast<int>(ExitCode::done);
}

}  // namespace

Declared declare_message(CLI::App& app, Flags& flags) {
  auto* command =
      app.add_subcommand("message", "print the next steps after a migration; needs only the values file");
  command->footer(
      "Examples:\n"
      "  # Print the next steps for chart version 4.1.0\n"
      "  kots-export message -n circleci-server --target-version 4.1.0");
  return {command, [&flags] { return run_message(flags); }};
}

}  // namespace kots_export::cli
