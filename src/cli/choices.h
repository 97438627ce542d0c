#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

// What a flag or an argument may be. The help shows it, completion offers it, and a typing error is told with
// what may have been meant.
namespace kots_export::cli {

// What the choices are: a typing error is told so.
enum class Choice { value, step };

// One of the words of `choices`, "none|client|server", a text that stays. It becomes the placeholder too.
// `hint` is added to what a typing error is told; it stays too. Of `command`, if there is one, a command may
// have been meant: "plan shwo".
void only_choices(CLI::Option& option, std::string_view choices, Choice choice = Choice::value,
                  std::string_view hint = "", const CLI::App* command = nullptr);

// The words of an option that only_choices was called for; none for another.
[[nodiscard]] std::vector<std::string> choices_of(const CLI::Option& option);

// A whole number from `least` to `most`.
void only_numbers(CLI::Option& option, long least, long most);

// Anything but nothing: empty is a variable that was not set, and no wish for the default.
void not_empty(CLI::Option& option);

// "a, b or c" for "a|b|c".
[[nodiscard]] std::string alternatives(const std::vector<std::string_view>& words);

}  // namespace kots_export::cli
