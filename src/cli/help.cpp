#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include "cli/commands.h"
#include "cli/page.h"
#include "cli/typed_words.h"

#include <iostream>
#include <memory>

namespace kots_export::cli {

namespace {

// The command of that name below `at`.
const CLI::App& below(const CLI::App& at, const std::string& name) {
  const auto found = at.get_subcommands([&](const CLI::App* command) { return command->check_name(name); });
  if (found.empty() && at.get_subcommands({}).empty()) {
    throw UsageError(
        util::filled("{command} has no command \"{name}\"", {{"command", at.get_name()}, {"name", name}}), {},
        util::filled("`kots-export {command} --help` shows what it takes.", {{"command", at.get_name()}}));
  }
  if (found.empty()) throw unknown_command(at, name);
  return *found.front();
}

int show(const std::string& text) {
  if (!(std::cout << text << std::flush)) throw Error("cannot write to standard output");
  return static_cast<int>(ExitCode::done);
}

int show_help(const CLI::App& app, const std::vector<std::string>& names) {
  const CLI::App* command = &app;
  for (const std::string& name : names) command = &below(*command, name);
  return show(help_text(page_of(*command)));
}

}  // namespace

Declared declare_help(CLI::App& app, Flags& /*flags*/) {
  auto* command = app.add_subcommand("help", "show the help of a command");
  auto names = std::make_shared<std::vector<std::string>>();
  command->add_option("COMMAND", *names, "the command (kots-export itself)");
  command->footer(
      "Examples:\n"
      "  # All commands\n"
      "  kots-export help\n"
      "  # A command's flags and examples\n"
      "  kots-export help plan\n"
      "  # A command of a command\n"
      "  kots-export help plan show");
  return {command, [&app, names](const Call& /*call*/) { return show_help(app, *names); }};
}

Declared declare_options(CLI::App& app, Flags& /*flags*/) {
  auto* command = app.add_subcommand("options", "list the flags that several commands take");
  command->footer(
      "Each command takes those that its own --help shows, and the flags of the cluster\n"
      "if it asks one.\n\n"
      "Examples:\n"
      "  # All of them\n"
      "  kots-export options\n"
      "  # Which say which cluster?\n"
      "  kots-export options | sed -n '/^Cluster/,$p'\n"
      "  # Which ones does a command take?\n"
      "  kots-export plan --help");
  return {command, [](const Call& /*call*/) { return show(flags_text(shared_flags())); }};
}

}  // namespace kots_export::cli
