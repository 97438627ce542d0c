#include <kots_export/migration/run.h>

#include "cli/commands.h"
#include "cli/session.h"
#include "cli/steps.h"

#include <memory>

namespace kots_export::cli {

namespace {

// A license is not at hand yet when the first look is taken: the values are judged as if there were one.
constexpr const char* kLicenseToCome = "to be given";

int run_check(const Call& call, const std::string& step) {
  const migration::Part part = part_of(step);
  const Options options = options_of(call);
  migration::RunOptions run = run_options(options, part, License::if_given);
  if (run.license.empty()) run.license = Secret<std::string>(kLicenseToCome);
  run.purpose = migration::RunOptions::Purpose::check;
  Session session(options, Session::Access::check);
  (void)migration::plan_migration(session.context(), part, run);
  return session.finish_checks();
}

}  // namespace

Declared declare_check(CLI::App& app, Flags& flags) {
  auto* command =
      app.add_subcommand("check", "look for everything that would stop the migration; change nothing");
  auto step = std::make_shared<std::string>("run");
  add_step(*command, *step);
  take_flags(*command, flags, kAsks | FlagSet::document | kWhole);
  command->footer(
      "Examples:\n"
      "  # See whether the migration would go through\n"
      "  kots-export check -n circleci-server\n"
      "  # The same with corrections of the values\n"
      "  kots-export check -n circleci-server --values corrections.yaml\n"
      "  # As a document for programs; ends with 4 if a check fails\n"
      "  kots-export check -n circleci-server -o json");
  return {command, [step](const Call& call) { return run_check(call, *step); }};
}

}  // namespace kots_export::cli
