#include "cli/complete.h"

#include <kots_export/util/text.h>

#include "cli/choices.h"
#include "cli/live_values.h"
#include "cli/program.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

namespace kots_export::cli {

namespace {

// Flags and arguments by their names.
constexpr std::array<std::pair<std::string_view, Live>, 7> kLive = {{{"--context", Live::contexts},
                                                                     {"--cluster", Live::clusters},
                                                                     {"--user", Live::users},
                                                                     {"--namespace", Live::namespaces},
                                                                     {"--release-name", Live::releases},
                                                                     {"--skip-check", Live::checks},
                                                                     {"RUN", Live::runs}}};
// Arguments that are names of files, and placeholders of flags.
constexpr std::array<std::string_view, 5> kFiles = {"FILE", "FROM", "TO", "OLD", "NEW"};

// Where the words before the last one lead to.
struct Place {
  const CLI::App* command = nullptr;
  const CLI::Option* value_of = nullptr;  // the flag that waits for its value
  std::size_t arguments = 0;              // that were given
  std::vector<const CLI::Option*> given;  // flags
  bool only_arguments = false;            // behind "--"
};

bool takes_a_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

const CLI::App* command_below(const CLI::App& app, const std::string& word) {
  const auto found = app.get_subcommands([&](const CLI::App* below) { return below->check_name(word); });
  return found.empty() ? nullptr : found.front();
}

void take_flag(Place& place, const std::string& word) {
  const bool is_long = word.starts_with("--");
  const std::size_t equals = word.find('=');
  const CLI::Option* option =
      place.command->get_option_no_throw(word.substr(0, is_long ? equals : std::size_t{2}));
  if (option == nullptr) return;
  place.given.push_back(option);
  const bool has_its_value = is_long ? equals != std::string::npos : word.size() > 2;
  if (takes_a_value(*option) && !has_its_value) place.value_of = option;
}

Place place_behind(const CLI::App& app, std::span<const std::string> words) {
  Place place;
  place.command = &app;
  for (const std::string& word : words) {
    if (place.value_of != nullptr) {
      place.value_of = nullptr;
    } else if (word == "--") {
      place.only_arguments = true;
    } else if (!place.only_arguments && word.size() > 1 && word.starts_with('-')) {
      take_flag(place, word);
    } else if (const CLI::App* below = place.arguments == 0 ? command_below(*place.command, word) : nullptr) {
      place.command = below;
    } else {
      ++place.arguments;
    }
  }
  return place;
}

// The argument that comes next.
const CLI::Option* argument_at(const Place& place) {
  std::size_t at = place.arguments;
  for (const CLI::Option* option : place.command->get_options()) {
    if (!option->get_positional()) continue;
    if (at == 0 || option->get_items_expected_max() > 1) return option;
    --at;
  }
  return nullptr;
}

void add_values(Completion& completion, const CLI::Option& option, const std::vector<std::string>& before,
                const LiveValues& live) {
  const auto choices = choices_of(option);
  for (const std::string& choice : choices) completion.candidates.push_back({.word = choice, .help = {}});
  if (!choices.empty()) return;
  const std::string name = option.get_positional() ? option.get_name(true) : option.get_name();
  const auto* const row = std::ranges::find(kLive, name, [](const auto& pair) { return pair.first; });
  const std::string what = option.get_positional() ? name : option.get_type_name();
  if (row != kLive.end()) {
    std::ranges::move(live(row->second, before), std::back_inserter(completion.candidates));
  } else if (std::ranges::find(kFiles, what) != kFiles.end()) {
    completion.directive = Directive::files;
  } else if (what == "DIR") {
    completion.directive = Directive::folders;
  }
}

void add_flags(Completion& completion, const Place& place) {
  for (const CLI::Option* option : place.command->get_options()) {
    const bool is_list = option->get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
    const bool is_given = std::ranges::find(place.given, option) != place.given.end();
    if (option->get_group().empty() || (is_given && !is_list)) continue;
    for (const std::string& name : option->get_lnames())
      completion.candidates.push_back({.word = "--" + name, .help = option->get_description()});
  }
}

void add_commands(Completion& completion, const CLI::App& command) {
  for (const CLI::App* below : command.get_subcommands({})) {
    if (!below->get_group().empty())
      completion.candidates.push_back({.word = below->get_name(), .help = below->get_description()});
  }
}

// `help` takes the names of commands, one below the other.
bool completes_commands(const CLI::Option& argument) { return argument.get_name(true) == "COMMAND"; }

}  // namespace

Completion complete(const CLI::App& app, const std::vector<std::string>& words, const LiveValues& live) {
  std::vector<std::string> before(words.begin(), words.end() - (words.empty() ? 0 : 1));
  std::string typed = words.empty() ? std::string() : words.back();
  Place place = place_behind(app, before);
  if (place.value_of != nullptr) before.pop_back();  // without its value it says nothing
  Completion completion;
  if (const std::size_t equals = typed.find('='); typed.starts_with("--") && equals != std::string::npos) {
    place.value_of = place.command->get_option_no_throw(typed.substr(0, equals));
    if (place.value_of == nullptr) return completion;
    typed.erase(0, equals + 1);
  }
  if (place.value_of != nullptr) {
    add_values(completion, *place.value_of, before, live);
  } else if (typed.starts_with('-') && !place.only_arguments) {
    add_flags(completion, place);
  } else {
    if (place.arguments == 0 && !place.only_arguments) add_commands(completion, *place.command);
    const CLI::Option* argument = argument_at(place);
    if (argument != nullptr && completes_commands(*argument)) {
      const auto names = std::span(before).last(place.arguments);
      add_commands(completion, *place_behind(app, names).command);
    } else if (argument != nullptr) {
      add_values(completion, *argument, before, live);
    }
  }
  std::erase_if(completion.candidates,
                [&](const Candidate& candidate) { return !candidate.word.starts_with(typed); });
  return completion;
}

int print_completion(const std::vector<std::string>& words) {
  Completion completion;
  try {
    const Program program;
    completion = complete(program.app, words, live_values);
  } catch (const std::exception&) {
    completion = {};
  }
  for (const Candidate& candidate : completion.candidates) {
    std::cout << util::printable(candidate.word);
    if (!candidate.help.empty()) std::cout << '\t' << util::printable(candidate.help);
    std::cout << '\n';
  }
  std::cout << ':' << static_cast<int>(completion.directive) << std::endl;
  return 0;
}

}  // namespace kots_export::cli
