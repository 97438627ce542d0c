#include "cli/again.h"

#include <kots_export/util/text.h>

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

// " -n ci"; empty where the option was not given.
std::string as_given(const CLI::Option& option) {
  if (option.count() == 0) return "";
  const auto secret =
      std::ranges::find(kSecrets, long_name(option), [](const auto& row) { return row.first; });
  if (secret != kSecrets.end()) return " " + std::string(secret->second);
  const std::string name =
      option.get_snames().empty() ? "--" + long_name(option) : "-" + option.get_snames().front();
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

std::string again(const CLI::App& app, const CLI::App& command) {
  std::string text = "kots-export";
  if (command.parsed()) {
    text += " " + command.get_name();
    for (const CLI::Option* option : command.get_options()) text += as_given(*option);
  }
  for (const CLI::Option* option : app.get_options()) text += as_given(*option);
  return text;
}

std::string given_places(const CLI::App& app) {
  constexpr std::array<std::string_view, 3> kInstallation = {"namespace", "release-name", "output-dir"};
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    const bool is_place = option->get_group() == "Cluster" ||
                          std::ranges::find(kInstallation, long_name(*option)) != kInstallation.end();
    if (is_place) text += as_given(*option);
  }
  return text;
}

}  // namespace kots_export::cli
