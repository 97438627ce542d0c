#include "cli/page.h"

#include "cli/flags.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace kots_export::cli {

namespace {

// CLI11's words for groups that were not named.
constexpr const char* kOwnFlags = "Options";
constexpr const char* kOwnCommands = "Subcommands";

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : full_name(*parent) + " " + command.get_name();
}

bool is_switch(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

Entry argument_of(const CLI::Option& option) {
  return {.letter = {}, .name = option.get_name(true), .help = option.get_description()};
}

Entry flag_of(const CLI::Option& option) {
  Entry entry{.letter = {}, .name = {}, .help = option.get_description()};
  if (!option.get_snames().empty()) entry.letter = "-" + option.get_snames().front();
  for (const std::string& name : option.get_lnames())
    entry.name += (entry.name.empty() ? "--" : ", --") + name;
  if (is_switch(option)) return entry;
  entry.name += " " + (option.get_positional() ? option.get_name(true) : option.get_type_name());
  return entry;
}

std::string usage_of(const CLI::App& command, const Page& page) {
  std::string usage = page.name;
  if (!page.commands.empty()) usage += command.get_require_subcommand_min() > 0 ? " COMMAND" : " [COMMAND]";
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = option->get_name(true);
    usage += option->get_required() ? " " + name : " [" + name + "]";
  }
  return usage + " [flags]";
}

Section& section(std::vector<Section>& sections, const std::string& heading) {
  const auto found = std::ranges::find(sections, heading, &Section::heading);
  if (found != sections.end()) return *found;
  return sections.emplace_back(Section{.heading = heading, .entries = {}});
}

}  // namespace

Page page_of(const CLI::App& command) {
  Page page;
  page.name = full_name(command);
  page.what = command.get_description();
  page.more = command.get_footer();
  for (const CLI::App* below : command.get_subcommands({})) {
    if (below->get_group().empty()) continue;
    const bool is_named = below->get_group() != kOwnCommands;
    section(page.commands, is_named ? below->get_group() : "Commands")
        .entries.push_back({.letter = {}, .name = below->get_name(), .help = below->get_description()});
  }
  Section own{.heading = kFlagsHeading, .entries = {}};
  std::vector<Section> shared;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_group().empty() || option == command.get_help_ptr()) continue;
    if (option->get_positional()) page.arguments.push_back(argument_of(*option));
    if (option->get_lnames().empty()) continue;
    const bool is_own = option->get_group() == kOwnFlags;
    (is_own ? own : section(shared, option->get_group())).entries.push_back(flag_of(*option));
  }
  if (const CLI::Option* help = command.get_help_ptr()) own.entries.push_back(flag_of(*help));
  if (!own.entries.empty()) page.flags.push_back(std::move(own));
  std::ranges::move(shared, std::back_inserter(page.flags));
  page.usage = usage_of(command, page);
  return page;
}

Page shared_flags() {
  CLI::App none;
  Flags flags;
  none.set_help_flag();
  take_flags(none, flags, kShared);
  return page_of(none);
}

std::vector<const CLI::App*> commands_below(const CLI::App& command) {
  std::vector<const CLI::App*> found = {&command};
  for (const CLI::App* below : command.get_subcommands({})) {
    if (below->get_group().empty()) continue;
    const auto deeper = commands_below(*below);
    found.insert(found.end(), deeper.begin(), deeper.end());
  }
  return found;
}

}  // namespace kots_export::cli
