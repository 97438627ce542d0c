#include <kots_export/cli/app.h>
#include <kots_export/migration/migration_plan.h>
#include <kots_export/ui/event_view.h>
#include <kots_export/ui/json_view.h>
#include <kots_export/ui/messages.h>
#include <kots_export/ui/polite_stderr.h>
#include <kots_export/util/error.h>
#include <kots_export/util/interrupt.h>
#include <kots_export/util/standard_streams.h>
#include <kots_export/util/text.h>
#include <kots_export/values/json.h>
#include <kots_export/values/yaml.h>

#include "cli/again.h"
#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/program.h"
#include "cli/typed_words.h"

#include <algorithm>
#include <array>
#include <functional>
#include <iostream>
#include <string_view>
#include <vector>

#include <poll.h>
#include <unistd.h>

namespace kots_export::cli {

namespace {

// The command that was named: a subcommand, the script's -f, or the whole run.
const Declared& chosen(const std::vector<Declared>& commands, const Flags& flags) {
  const auto parsed =
      std::ranges::find_if(commands, [](const Declared& command) { return command.app->parsed(); });
  if (parsed != commands.end()) return *parsed;
  const std::string name = flags.func == "cleanup_kots"                ? "kots_cleanup"
                           : flags.func.empty() || flags.func == "all" ? "run"
                                                                       : flags.func;
  return *std::ranges::find_if(commands,
                               [&](const Declared& command) { return command.app->get_name() == name; });
}

// Where an error that ends a command is told: for people or, with --log-format json, as an event; and in the
// document of -o.
struct Report {
  enum class Form { text, event } form = Form::text;
  ui::JsonView* document = nullptr;
};

int report(const Error& error, const Report& where = {}) {
  const int exit_code = static_cast<int>(error.exit_code());
  std::cerr << (where.form == Report::Form::event ? ui::event_of(error, exit_code) + "\n"
                                                  : ui::text_of(error, colour_of(ui::Stream::err)))
            << std::flush;
  if (where.document != nullptr) where.document->failed(error);
  return exit_code;
}

// Runs what may throw; an error is printed, and told to the document where there is one.
int run_guarded(const std::function<int()>& run, const Report& where) {
  try {
    return run();
  } catch (const Cancelled& cancelled) {
    if (where.form == Report::Form::event) return report(cancelled, where);
    std::cerr << cancelled.what() << std::endl;
    return static_cast<int>(cancelled.exit_code());
  } catch (const Error& error) {
    return report(error, where);
  } catch (const std::exception& error) {
    return report(
        Error("something unforeseen happened", error.what(), "Please report it; nothing more was changed."),
        where);
  }
}

// Markdown is of plans, those that a command shows and does not carry out, and of what is told about a run.
void require_markdown_makes_sense(const Flags& flags, const std::string& command) {
  constexpr std::array<std::string_view, 4> kAlways = {"plan", "message", "report", "runs"};
  if (flags.output != "markdown" || flags.dry_run != "none") return;
  if (std::ranges::find(kAlways, command) != kAlways.end()) return;
  throw UsageError(util::filled("-o markdown shows a plan, and {command} makes none that it only shows",
                                {{"command", command}}),
                   {}, "Add --dry-run=client or --dry-run=server.");
}

// Runs a command with -o: whatever happens, standard output gets one document.
int run_with_document(const Declared& command, Call call, Report where) {
  ui::JsonView view(command.app->get_name(), KOTS_EXPORT_VERSION);
  call.document = where.document = &view;
  const int exit_code = run_guarded([&] { return command.run(call); }, where);
  constexpr int kIndent = 2;
  std::string text =
      view.document(exit_code).dump(kIndent, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (call.flags.output == "yaml") text = values::to_yaml(values::parse_json(text, "the document"));
  if (!(std::cout << text << std::flush)) return report(Error("cannot write to standard output"), where);
  return exit_code;
}

// Whoever reads a pipe and has seen enough (head, less) is not to hear of it.
bool reader_has_gone() {
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

// --help and --version print and end; anything else that CLI11 throws is a typing error.
int show_and_end(const Program& program, const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::CallForVersion*>(&error) != nullptr) {
    std::cout << error.what() << std::endl;
  } else {
    std::cout << help_text(page_of(named_command(program.app))) << std::flush;
  }
  return static_cast<int>(ExitCode::done);
}

int parse_and_run(const std::vector<std::string>& typed) {
  Program program;
  std::vector<std::string> words = ordered_words(program.app, typed);
  std::ranges::reverse(words);  // CLI11 takes them from the end
  try {
    program.app.parse(words);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0 && !has_words_left(program.app)) return show_and_end(program, error);
    throw usage_error(program.app, error);
  }
  const Flags& flags = program.flags;
  const Declared& command = chosen(program.commands, flags);
  require_markdown_makes_sense(flags, command.app->get_name());
  const auto part = migration::part_from(command.app->get_name());
  const Call call{
      .flags = flags,
      .line = {.command = command.app->get_name(),
               .again = again(program.app),
               .places = given_places(program.app),
               .plan = part ? as_plan(program.app, *part) : std::string(),
               .form = command.app->parsed() ? CommandLine::Form::subcommand : CommandLine::Form::script}};
  const bool is_document = flags.output == "json" || flags.output == "yaml";
  const Report where{.form = flags.log_format == "json" ? Report::Form::event : Report::Form::text};
  return is_document ? run_with_document(command, call, where)
                     : run_guarded([&] { return command.run(call); }, where);
}

// What kubectl calls where a command line of the plugin is to be completed.
bool is_completer(std::string_view program) {
  return program.substr(program.rfind('/') + 1) == "kubectl_complete-kots_export";
}

}  // namespace

int run_app(int argc, char** argv) {
  util::hold_standard_streams();
  util::catch_interrupts();
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (argc > 0 && is_completer(argv[0])) return print_completion(words);
  if (!words.empty() && words.front() == kCompleteCommand)
    return print_completion({words.begin() + 1, words.end()});
  const ui::PoliteStderr polite;
  const int exit_code = run_guarded([&] { return parse_and_run(words); }, {});
  // What could not be shown was not done, as far as whoever reads it can tell; a run was not stopped for it.
  const bool is_success = exit_code == static_cast<int>(ExitCode::done) ||
                          exit_code == static_cast<int>(ExitCode::changes_pending);
  if (!(std::cout << std::flush) && is_success && !reader_has_gone())
    return report(Error("cannot write to standard output"));
  return exit_code;
}

}  // namespace kots_export::cli
