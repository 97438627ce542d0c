#include "cli/typed_words.h"

#include <kots_export/util/nearest.h>
#include <kots_export/util/text.h>

#include "cli/choices.h"
#include "cli/flags.h"
#include "cli/page.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace kots_export::cli {

namespace {

// Where the = of "--context=" stands, which has no value after it (a variable that is not set), or that of
// "-n=ci". CLI11 2.1 takes the next word for the one, and "=ci" for the other.
std::optional<std::size_t> equals_sign(std::string_view word) {
  if (word.size() > 3 && word.starts_with("--") && word.ends_with('=')) return word.size() - 1;
  const bool has_short_form = word.size() > 2 && word[0] == '-' && word[1] != '-' && word[2] == '=';
  return has_short_form ? std::optional<std::size_t>(2) : std::nullopt;
}

std::vector<std::string> split_at_equals(const std::vector<std::string>& typed) {
  std::vector<std::string> words;
  for (const std::string& word : typed) {
    const auto equals = equals_sign(word);
    words.push_back(word.substr(0, equals.value_or(word.size())));
    if (equals) words.push_back(word.substr(*equals + 1));
  }
  return words;
}

// The British spelling, as in --licence-file.
std::string spelled(std::string word) {
  constexpr std::string_view kBritish = "--licence";
  if (word.starts_with(kBritish)) word[kBritish.size() - 2] = 's';
  return word;
}

const CLI::Option* option_of(const CLI::App& app, const std::string& word) {
  const std::string name = word.substr(0, word.starts_with("--") ? word.find('=') : 2);
  return app.get_option_no_throw(name);
}

bool takes_a_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }
// The value is the next word: neither "--name=value" nor "-nvalue".
bool has_value_behind(const std::string& word) {
  return word.starts_with("--") ? word.find('=') == std::string::npos : word.size() == 2;
}

// "--release-name" for "-a": what every command calls it.
std::string long_form(const std::string& word, const CLI::Option& option) {
  const std::string name = option.get_lnames().empty() ? std::string() : option.get_lnames().front();
  if (word.starts_with("--") || letter_of_the_script(name).empty() || word.size() < 2) return word;
  if (word.size() == 2) return "--" + name;
  return takes_a_value(option) ? "--" + name + "=" + word.substr(2) : word;
}

const CLI::App* command_of(const CLI::App& app, const std::string& word) {
  const auto commands = app.get_subcommands([&](const CLI::App* below) { return below->check_name(word); });
  return commands.empty() ? nullptr : commands.front();
}

std::vector<std::string> names_of_flags(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string path_of(const CLI::App& app) { return page_of(app).name; }

constexpr const char* kHelpListsFlags = "`{command} --help` lists flags.";
constexpr const char* kHelpListsCommands = "`{command} --help` lists commands.";

std::string of_command(const char* sentence, const CLI::App& app) {
  return util::filled(sentence, {{"command", path_of(app)}});
}

std::string usage_hint(const CLI::App& app) {
  return util::filled("Usage: {usage}", {{"usage", page_of(app).usage}});
}

UsageError unknown_flag(const CLI::App& root, const CLI::App& app, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  const bool is_of_another = std::ranges::any_of(commands_below(root), [&](const CLI::App* command) {
    return command != &app && option_of(*command, name) != nullptr;
  });
  const auto names = names_of_flags(app);
  const std::vector<std::string_view> flags(names.begin(), names.end());
  if (is_of_another)
    return UsageError(
        util::filled(&app == &root ? "the whole migration takes no {flag}" : "{command} takes no {flag}",
                     {{"command", path_of(app)}, {"flag", name}}),
        {}, of_command("`{command} --help` lists the flags that it takes.", app));
  return UsageError(util::filled("unknown flag {flag}{suggestion}",
                                 {{"flag", name}, {"suggestion", util::did_you_mean(name, flags)}}),
                    {}, of_command(kHelpListsFlags, app));
}

// The word that stands where a command of `app` may have been meant: "shwo" of "plan shwo FILE", which was
// taken for a step. Empty where there is none.
std::string mistyped_command(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional() || option->count() == 0) continue;
    const std::string& word = option->results().front();
    const auto choices = choices_of(*option);
    const bool is_a_choice = choices.empty() || std::ranges::find(choices, word) != choices.end();
    if (!is_a_choice && !util::nearest(word, names_of_commands(app)).empty()) return word;
  }
  return {};
}

UsageError unknown_word(const CLI::App& root, const CLI::App& app, const std::string& word) {
  if (word.size() > 1 && word.starts_with('-')) return unknown_flag(root, app, word);
  const bool takes_words = std::ranges::any_of(
      app.get_options(), [](const CLI::Option* option) { return option->get_positional(); });
  if (!names_of_commands(app).empty() && !takes_words) return unknown_command(app, word);
  if (const std::string typed = mistyped_command(app); !typed.empty()) return unknown_command(app, typed);
  return UsageError(
      util::filled("{command} does not take \"{word}\"", {{"command", path_of(app)}, {"word", word}}), {},
      usage_hint(app));
}

// The first word that nobody took, and whose command it stands behind.
std::optional<std::pair<const CLI::App*, std::string>> first_left(const CLI::App& app) {
  if (const auto left = app.remaining(false); !left.empty()) return std::pair(&app, left.front());
  for (const CLI::App* below : app.get_subcommands({})) {
    if (!below->parsed()) continue;
    if (auto left = first_left(*below)) return left;
  }
  return std::nullopt;
}

// "--context: 1 required CONTEXT missing", or "--context: At Most 1 required but received 2".
UsageError wrong_count(const CLI::App& app, const std::string& text) {
  const std::string name = text.substr(0, text.find(':'));
  const CLI::Option* option = app.get_option_no_throw(name);
  if (option == nullptr) return UsageError(text, {}, of_command(kHelpListsFlags, app));
  if (!takes_a_value(*option))
    return UsageError(util::filled("{flag} takes no value", {{"flag", name}}), {}, "Leave the value out.");
  if (option->count() > 1)
    return UsageError(util::filled("{flag} was given more than once", {{"flag", name}}), {}, "Give it once.");
  return UsageError(
      util::filled("{flag} needs a value: {value}", {{"flag", name}, {"value", option->get_type_name()}}), {},
      of_command(kHelpListsFlags, app));
}

// "--dry-run: unknown value "sever", did you mean server?" and, on a line of its own, what is possible.
UsageError with_hint(const std::string& text, const CLI::App& app) {
  const std::size_t line = text.find('\n');
  if (line == std::string::npos) return UsageError(text, {}, of_command(kHelpListsFlags, app));
  return UsageError(text.substr(0, line), {}, text.substr(line + 1));
}

}  // namespace

std::vector<std::string_view> names_of_commands(const CLI::App& app) {
  std::vector<std::string_view> names;
  for (const CLI::App* below : app.get_subcommands({})) {
    if (!below->get_group().empty()) names.push_back(below->get_name());
  }
  return names;
}

std::vector<std::string> ordered_words(const CLI::App& app, std::vector<std::string> typed) {
  std::vector<std::string> words = split_at_equals(typed);
  std::ranges::transform(words, words.begin(), spelled);
  std::vector<std::string> commands;
  std::vector<std::string> flags;
  const CLI::App* at = &app;
  auto word = words.begin();
  while (word != words.end()) {
    if (*word == "--") break;
    if (word->size() > 1 && word->starts_with('-')) {
      const CLI::Option* option = option_of(*at, *word);
      flags.push_back(option == nullptr ? *word : long_form(*word, *option));
      const bool has_value = option != nullptr && takes_a_value(*option) && has_value_behind(*word);
      ++word;
      if (has_value && word != words.end()) flags.push_back(*word++);
      continue;
    }
    const CLI::App* below = command_of(*at, *word);
    if (below == nullptr) break;
    at = below;
    commands.push_back(*word++);
  }
  if (commands.empty()) return words;
  commands.insert(commands.end(), flags.begin(), flags.end());
  commands.insert(commands.end(), word, words.end());
  return commands;
}

UsageError unknown_command(const CLI::App& above, const std::string& word) {
  return UsageError(
      util::filled("unknown command \"{command}\"{suggestion}",
                   {{"command", word}, {"suggestion", util::did_you_mean(word, names_of_commands(above))}}),
      {}, of_command(kHelpListsCommands, above));
}

bool has_words_left(const CLI::App& app) { return first_left(app).has_value(); }

UsageError usage_error(const CLI::App& app, const CLI::ParseError& error) {
  // A word that nobody took is the cause, whatever else is missing because of it.
  if (const auto left = first_left(app)) return unknown_word(app, *left->first, left->second);
  const CLI::App& command = named_command(app);
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    for (const CLI::Option* option : command.get_options()) {
      if (option->get_required() && option->count() == 0)
        return UsageError(util::filled("{command} needs {argument}",
                                       {{"command", path_of(command)}, {"argument", option->get_name(true)}}),
                          {}, usage_hint(command));
    }
    return UsageError(of_command("{command} needs a command", command), {},
                      of_command(kHelpListsCommands, command));
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
    return wrong_count(command, error.what());
  return with_hint(error.what(), command);
}

const CLI::App& named_command(const CLI::App& app) {
  for (const CLI::App* below : app.get_subcommands({})) {
    if (below->parsed()) return named_command(*below);
  }
  return app;
}

}  // namespace kots_export::cli
