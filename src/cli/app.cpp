#include <kots_export/cli/app.h>
#include <kots_export/migration/migration_plan.h>
#include <kots_export/ui/json_view.h>
#include <kots_export/ui/messages.h>
#include <kots_export/util/error.h>
#include <kots_export/util/interrupt.h>
#include <kots_export/util/standard_streams.h>
#include <kots_export/values/json.h>
#include <kots_export/values/yaml.h>

#include "cli/again.h"
#include "cli/commands.h"
#include "cli/output.h"

#include <algorithm>
#include <functional>
#include <iostream>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <poll.h>
#include <unistd.h>

namespace kots_export::cli {

namespace {

constexpr const char* kDescription =
    "Migrates a CircleCI Server 3.x installation (KOTS) in place to 4.x (Helm).\n"
    "Without a subcommand the whole migration runs: checks, export, transform,\n"
    "fix-manifest (where it is needed), annotate, kots_cleanup, flyway, postgres, message.";

constexpr const char* kFooter =
    "Examples:\n"
    "  # Look at every change of the migration; nothing is sent\n"
    "  kots-export --license-file licence.txt --dry-run=client\n"
    "  # Migrate the installation of the current kubeconfig context\n"
    "  kots-export -n circleci-server --license-file licence.txt\n"
    "  # Run one step again\n"
    "  kots-export flyway -n circleci-server\n"
    "  # Transform a values file without any cluster\n"
    "  kots-export transform values-3.x.yaml - --license-file licence.txt\n\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 changes are pending (--detailed-exitcode),\n"
    "4 a check before the run failed, 130 interrupted.";

// The command that was named: a subcommand, the script's -f, or the whole run.
const Declared& chosen(const std::vector<Declared>& commands, const Flags& flags) {
  const auto parsed =
      std::ranges::find_if(commands, [](const Declared& command) { return command.app->parsed(); });
  if (parsed != commands.end()) {
    if (!flags.func.empty()) throw UsageError("--func and a subcommand were given", {}, "Give one of them.");
    return *parsed;
  }
  const std::string name = flags.func == "cleanup_kots"                ? "kots_cleanup"
                           : flags.func.empty() || flags.func == "all" ? "run"
                                                                       : flags.func;
  return *std::ranges::find_if(commands,
                               [&](const Declared& command) { return command.app->get_name() == name; });
}

int report(const Error& error, ui::JsonView* document = nullptr) {
  std::cerr << ui::text_of(error) << std::flush;
  if (document != nullptr) document->failed(error);
  return static_cast<int>(error.exit_code());
}

// Runs what may throw; an error is printed, and told to the document where there is one.
int run_guarded(const std::function<int()>& run, ui::JsonView* document) {
  try {
    return run();
  } catch (const Cancelled& cancelled) {
    std::cerr << cancelled.what() << std::endl;
    return static_cast<int>(cancelled.exit_code());
  } catch (const Error& error) {
    return report(error, document);
  } catch (const std::exception& error) {
    return report(
        Error("something unforeseen happened", error.what(), "Please report it; nothing more was changed."),
        document);
  }
}

// Markdown is of plans: those that a command shows and does not carry out.
void require_markdown_makes_sense(const Flags& flags, const std::string& command) {
  if (flags.output != "markdown" || command == "plan") return;
  const std::vector<std::string> others = {"apply", "rollback", "secret"};
  const bool plans = migration::part_from(command) || std::ranges::find(others, command) != others.end();
  if (plans && flags.dry_run != "none") return;
  throw UsageError(
      "-o markdown shows a plan, and " + command + " makes none that it only shows", {},
      plans ? "Add --dry-run=client or --dry-run=server." : "Use it with plan, plan show or --dry-run.");
}

// Runs a command with -o: whatever happens, standard output gets one document.
int run_with_document(const Declared& command, Call call) {
  ui::JsonView view(command.app->get_name(), KOTS_EXPORT_VERSION);
  call.document = &view;
  const int exit_code = run_guarded([&] { return command.run(call); }, &view);
  constexpr int kIndent = 2;
  std::string text =
      view.document(exit_code).dump(kIndent, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (call.flags.output == "yaml") text = values::to_yaml(values::parse_json(text, "the document"));
  if (!(std::cout << text << std::flush)) return report(Error("cannot write to standard output"));
  return exit_code;
}

// Whoever reads a pipe and has seen enough (head, less) is not to hear of it.
bool reader_has_gone() {
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

// Where the = of "--context=" stands, which has no value after it (a variable that is not set), or that of
// "-n=ci". CLI11 2.3 takes the next word for the one, and "=ci" for the other.
std::optional<std::size_t> equals_sign(std::string_view word) {
  if (word.size() > 3 && word.starts_with("--") && word.ends_with('=')) return word.size() - 1;
  const bool has_short_form = word.size() > 2 && word[0] == '-' && word[1] != '-' && word[2] == '=';
  return has_short_form ? std::optional<std::size_t>(2) : std::nullopt;
}

// The words that were typed, last first as CLI11 takes them. "help plan" is "plan --help".
std::vector<std::string> words_of(int argc, char** argv) {
  std::vector<std::string> words;
  for (const std::string_view word : std::span(argv + 1, argv + argc)) {
    const auto equals = equals_sign(word);
    words.emplace_back(word.substr(0, equals.value_or(word.size())));
    if (equals) words.emplace_back(word.substr(*equals + 1));
  }
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  std::ranges::reverse(words);
  return words;
}

int parse_and_run(int argc, char** argv) {
  CLI::App app(kDescription, "kots-export");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("kots-export ") + KOTS_EXPORT_VERSION);
  app.require_subcommand(0, 1);
  Flags flags;
  add_flags(app, flags);
  const std::vector<Declared> commands = {
      declare_run(app, flags),          declare_secret(app, flags),       declare_export(app, flags),
      declare_transform(app, flags),    declare_fix_manifest(app, flags), declare_annotate(app, flags),
      declare_kots_cleanup(app, flags), declare_flyway(app, flags),       declare_postgres(app, flags),
      declare_message(app, flags),      declare_runs(app, flags),         declare_rollback(app, flags),
      declare_config(app, flags),       declare_validate(app, flags),     declare_diff(app, flags),
      declare_plan(app, flags),         declare_apply(app, flags),        declare_check(app, flags)};
  for (const Declared& command : commands) command.app->fallthrough();
  try {
    app.parse(words_of(argc, argv));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return report(UsageError(error.what(), {}, "kots-export --help lists commands and flags."));
  }
  const Declared& command = chosen(commands, flags);
  require_markdown_makes_sense(flags, command.app->get_name());
  const Call call{
      .flags = flags,
      .line = {.command = command.app->get_name(),
               .again = again(app, *command.app),
               .places = given_places(app),
               .form = command.app->parsed() ? CommandLine::Form::subcommand : CommandLine::Form::script}};
  const bool is_text = flags.output.empty() || flags.output == "markdown";
  return is_text ? command.run(call) : run_with_document(command, call);
}

}  // namespace

int run_app(int argc, char** argv) {
  util::hold_standard_streams();
  util::catch_interrupts();
  const int exit_code = run_guarded([&] { return parse_and_run(argc, argv); }, nullptr);
  // What could not be shown was not done, as far as whoever reads it can tell; a run was not stopped for it.
  const bool is_success = exit_code == static_cast<int>(ExitCode::done) ||
                          exit_code == static_cast<int>(ExitCode::changes_pending);
  if (!(std::cout << std::flush) && is_success && !reader_has_gone())
    return report(Error("cannot write to standard output"));
  return exit_code;
}

}  // namespace kots_export::cli
