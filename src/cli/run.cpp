#include <kots_export/migration/run.h>
#include <kots_export/ui/messages.h>

#include "cli/commands.h"
#include "cli/session.h"

#include <iostream>

namespace kots_export::cli {

namespace {

int run_everything(Flags& flags) {
  complete_installation(flags);
  const migration::RunOptions options{
      .license = read_license(flags),
      .registry = registry(flags),
      .paths = {.root = flags.output_dir},
      .revision = revision(flags),
      .annotate =
          flags.annotate == "1" ? migration::RunOptions::Annotate::yes : migration::RunOptions::Annotate::no,
      .take_ownership = flags.take_ownership ? migration::TakeOwnership::yes : migration::TakeOwnership::no,
      .delete_volumes = flags.delete_volumes ? migration::DeleteVolumes::yes : migration::DeleteVolumes::no,
      .timeout = std::chrono::seconds(flags.timeout_seconds),
      .target_version = flags.target_version};
  Session session(flags, Session::Access::write);
  const migration::NextSteps steps = migration::run_migration(session.context(), options);
  const int exit_code = session.finish();
  std::cout << '\n' << ui::text_of(steps) << std::flush;
  return exit_code;
}

}  // namespace

Declared declare_run(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand("run", "the whole migration; the same as no subcommand");
  command->footer(
      "Examples:\n"
      "  # Look at every change\n"
      "  kots-export run --license-file licence.txt --dry-run=client\n"
      "  # Migrate without questions, as in a CI job\n"
      "  kots-export run -n circleci-server --license-file licence.txt --yes");
  return {command, [&flags] { return run_everything(flags); }};
}

}  // namespace kots_export::cli
