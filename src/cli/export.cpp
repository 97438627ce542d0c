#include <kots_export/migration/checks.h>
#include <kots_export/migration/export.h>
#include <kots_export/util/files.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"

#include <iostream>
#include <memory>

namespace kots_export::cli {

namespace {

int run_export(const Options& options, const std::string& named) {
  const std::string file = output_name(named);
  require_free_stdout(options.output, file);
  Session session(options, Session::Access::read);
  migration::require_release(session.context());
  const helm::Release release =
      migration::read_release(session.context(), {.revision = options.installation.revision});
  write_result(options, file.empty() ? session.paths().values_v3().string() : file, "values-3.x",
               migration::values_yaml(release), session.observer());
  return static_cast<int>(ExitCode::done);
}

}  // namespace

Declared declare_export(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand("export", "write the values that KOTS deployed, as they are");
  auto file = std::make_shared<std::string>();
  command->add_option("FILE", *file,
                      "where to; - is standard output (OUTPUT-DIR/output/helm-values-v3.yaml)");
  take_flags(*command, flags, kAsks | FlagSet::document | FlagSet::revision | FlagSet::file_run);
  command->footer(
      "Examples:\n"
      "  # Print the 3.x values\n"
      "  kots-export export -n circleci-server -\n"
      "  # Write them to output/helm-values-v3.yaml\n"
      "  kots-export export\n"
      "  # Transform them without a file between\n"
      "  kots-export export - | kots-export transform - --license-file license.txt");
  return {command, [file](const Call& call) { return run_export(options_of(call), *file); }};
}

}  // namespace kots_export::cli
