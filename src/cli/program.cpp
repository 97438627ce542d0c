#include "cli/program.h"

#include "cli/choices.h"

namespace kots_export::cli {

namespace {

constexpr const char* kDescription =
    "Migrate a CircleCI Server 3.x installation (KOTS) in place to 4.x (Helm). Without a command the whole "
    "migration runs: checks, export, transform, fix-manifest (if it is needed), annotate, kots_cleanup, "
    "flyway, postgres, message.";

constexpr const char* kFooter =
    "Examples:\n"
    "  # Look at every change of the migration; nothing is changed\n"
    "  kots-export --license-file license.txt --dry-run=client\n"
    "  # Migrate the installation of the current kubeconfig context\n"
    "  kots-export -n circleci-server --license-file license.txt\n"
    "  # Run one step again\n"
    "  kots-export flyway -n circleci-server\n"
    "  # Transform a values file without any cluster\n"
    "  kots-export transform values-3.x.yaml - --license-file license.txt\n\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 changes are pending\n"
    "(--detailed-exitcode), 4 a check before the run failed, 130 interrupted.";

constexpr const char* kMigration = "The migration";
constexpr const char* kSteps = "Its steps, one by one";
constexpr const char* kAfterwards = "Afterwards";
constexpr const char* kFiles = "Files, without a cluster";
constexpr const char* kAbout = "About kots-export";

struct Row {
  const char* heading;
  Declared (*declare)(CLI::App& app, Flags& flags);
};

// In the order of the help.
constexpr Row kCommands[] = {
    {kMigration, declare_run},       {kMigration, declare_check},    {kMigration, declare_plan},
    {kMigration, declare_apply},     {kSteps, declare_secret},       {kSteps, declare_export},
    {kSteps, declare_transform},     {kSteps, declare_fix_manifest}, {kSteps, declare_annotate},
    {kSteps, declare_kots_cleanup},  {kSteps, declare_flyway},       {kSteps, declare_postgres},
    {kSteps, declare_message},       {kAfterwards, declare_status},  {kAfterwards, declare_verify},
    {kAfterwards, declare_nomad},    {kAfterwards, declare_report},  {kAfterwards, declare_runs},
    {kAfterwards, declare_rollback}, {kFiles, declare_validate},     {kFiles, declare_diff},
    {kFiles, declare_config},        {kAbout, declare_completion},   {kAbout, declare_options},
    {kAbout, declare_version},       {kAbout, declare_help}};

// Where a variable is not set, the newest run or the current context is not what was meant.
void refuse_empty_words(CLI::App& command) {
  for (CLI::Option* option : command.get_options()) {
    if (option->get_items_expected_min() > 0) not_empty(*option);
  }
  for (CLI::App* part : command.get_subcommands({})) refuse_empty_words(*part);
}

}  // namespace

Program::Program() : app(kDescription, "kots-export") {
  app.footer(kFooter);
  app.set_help_flag("-h,--help", "show this help");
  app.set_version_flag("--version", std::string("kots-export ") + KOTS_EXPORT_VERSION,
                       "show the version; `kots-export version` shows more");
  app.require_subcommand(0, 1);
  take_flags(app, flags, kStep | kWhole | FlagSet::script, Letters::script);
  for (const Row& row : kCommands) {
    commands.push_back(row.declare(app, flags));
    commands.back().app->group(row.heading);
  }
  refuse_empty_words(app);
}

}  // namespace kots_export::cli
