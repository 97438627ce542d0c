#include "cli/again.h"

#include <kots_export/util/text.h>

#include "cli/flags.h"
#include "cli/page.h"
#include "cli/typed_words.h"

#include <algorithm>
#include <array>
#include <utility>

namespace kots_export::cli {

namespace {

// A secret stays out of what is printed; what stands for it keeps it out of the process list too.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kSecrets = {{
    {"license", "--license-file FILE"},
    {"token", "--token TOKEN"},
    {"docker-password", "--docker-password-file FILE"},
}};

std::string long_name(const CLI::Option& option) {
  return option.get_lnames().empty() ? std::string() : option.get_lnames().front();
}

std::string name_of(const CLI::Option& option) {
  return option.get_snames().empty() ? "--" + long_name(option) : "-" + option.get_snames().front();
}

// " -n ci" by the name "-n"; empty where the option was not given.
std::string as_given(const CLI::Option& option, const std::string& name) {
  if (option.count() == 0) return "";
  const auto secret =
      std::ranges::find(kSecrets, long_name(option), [](const auto& row) { return row.first; });
  if (secret != kSecrets.end()) return " " + std::string(secret->second);
  if (option.get_items_expected_max() == 0) return " " + name;
  std::string text;
  for (const std::string& value : option.results()) {
    // The value of a flag without a short form may begin with a dash.
    const bool is_argument = option.get_positional();
    text += (is_argument ? " " : " " + name + (value.starts_with('-') && value != "-" ? "=" : " ")) +
            util::shell_quote(value);
  }
  return text;
}

}  // namespace

std::string again(const CLI::App& app) {
  const CLI::App& command = named_command(app);
  std::string text = page_of(command).name;
  for (const CLI::Option* option : command.get_options()) text += as_given(*option, name_of(*option));
  return text;
}

std::string as_plan(const CLI::App& program, migration::Part part) {
  const CLI::App* plan = program.get_subcommand("plan");
  std::string text = page_of(*plan).name;
  if (part != migration::Part::whole) text += " " + std::string(to_string(part));
  text += " --out FILE";
  for (const CLI::Option* option : named_command(program).get_options()) {
    const std::string name = "--" + long_name(*option);
    if (name != "--" && name != "--help" && plan->get_option_no_throw(name) != nullptr)
      text += as_given(*option, name);
  }
  return text;
}

std::string given_places(const CLI::App& app) {
  constexpr std::array<std::string_view, 3> kInstallation = {"namespace", "release-name", "output-dir"};
  std::string text;
  for (const CLI::Option* option : named_command(app).get_options()) {
    const std::string name = long_name(*option);
    const bool is_place = option->get_group() == kClusterHeading ||
                          std::ranges::find(kInstallation, name) != kInstallation.end();
    // Other commands do not have the script's letters.
    const bool has_letter_elsewhere = letter_of_the_script(name).empty();
    if (is_place) text += as_given(*option, has_letter_elsewhere ? name_of(*option) : "--" + name);
  }
  return text;
}

}  // namespace kots_export::cli
