#include <kots_export/migration/status.h>
#include <kots_export/ui/json_view.h>
#include <kots_export/ui/status_view.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"

#include <chrono>
#include <iostream>

namespace kots_export::cli {

namespace {

int run_status(const Options& options) {
  Session session(options, Session::Access::read);
  const migration::InstallationStatus status = migration::read_status(session.context(), session.paths());
  if (options.output.document != nullptr) {
    options.output.document->set("installation", ui::json_of(status));
  } else {
    ui::write_text(std::cout, {.title = {}, .blocks = {ui::target_of(session.header())}}, ui::Colour::no);
    std::cout << '\n'
              << ui::text_of(status, session.context().commands, std::chrono::system_clock::now(),
                             colour_of(ui::Stream::out))
              << std::flush;
  }
  return static_cast<int>(ExitCode::done);
}

}  // namespace

Declared declare_status(CLI::App& app, Flags& flags) {
  auto* command =
      app.add_subcommand("status", "where the installation stands, from 3.x to 4.x; change nothing");
  take_flags(*command, flags, kAsks | FlagSet::document);
  command->footer(
      "Ends with 0 whatever it finds, with 1 if it could not look.\n\n"
      "Examples:\n"
      "  # How far the migration has come\n"
      "  kots-export status -n circleci-server\n"
      "  # The same for a script\n"
      "  kots-export status -n circleci-server -o json\n"
      "  # Of an installation in another cluster\n"
      "  kots-export status -n circleci-server --context test");
  return {command, [](const Call& call) { return run_status(options_of(call)); }};
}

}  // namespace kots_export::cli
