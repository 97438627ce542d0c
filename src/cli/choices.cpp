#include "cli/choices.h"

#include <kots_export/util/nearest.h>
#include <kots_export/util/text.h>

#include "cli/typed_words.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace kots_export::cli {

namespace {

std::vector<std::string_view> split(std::string_view choices) {
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t bar = choices.find('|');
    words.push_back(choices.substr(0, bar));
    if (bar == std::string_view::npos) return words;
    choices.remove_prefix(bar + 1);
  }
}

const char* unknown(Choice choice) {
  return choice == Choice::step ? "unknown step \"{word}\"{suggestion}"
                                : "unknown value \"{word}\"{suggestion}";
}

}  // namespace

void only_choices(CLI::Option& option, std::string_view choices, Choice choice, std::string_view hint,
                  const CLI::App* command) {
  const auto check = [choices, choice, hint, command](const std::string& typed) -> std::string {
    const auto words = split(choices);
    if (std::ranges::find(words, typed) != words.end()) return "";
    std::vector<std::string_view> meant = words;
    if (command != nullptr) std::ranges::copy(names_of_commands(*command), std::back_inserter(meant));
    return util::filled(unknown(choice),
                        {{"word", typed}, {"suggestion", util::did_you_mean(typed, meant)}}) +
           "\n" + util::filled("Write {choices}.", {{"choices", alternatives(words)}}) + std::string(hint);
  };
  option.type_name(std::string(choices))->check(CLI::Validator(check, ""));
}

std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string placeholder = option.get_type_name();
  if (placeholder.find('|') == std::string::npos) return {};
  const auto words = split(placeholder);
  return {words.begin(), words.end()};
}

void only_numbers(CLI::Option& option, long least, long most) {
  const auto check = [least, most](const std::string& typed) -> std::string {
    long number = 0;
    const char* const end = typed.data() + typed.size();
    const auto [stopped, error] = std::from_chars(typed.data(), end, number);
    if (error == std::errc() && stopped == end && number >= least && number <= most) return "";
    return util::filled("\"{number}\" is not possible", {{"number", typed}}) + "\n" +
           util::filled("Write a number from {least} to {most}.", {{"least", least}, {"most", most}});
  };
  option.type_name("NUMBER")->check(CLI::Validator(check, ""));
}

void not_empty(CLI::Option& option) {
  option.check(CLI::Validator(
      [](const std::string& typed) { return typed.empty() ? "is empty: is a variable not set?" : ""; }, ""));
}

std::string alternatives(const std::vector<std::string_view>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace kots_export::cli
