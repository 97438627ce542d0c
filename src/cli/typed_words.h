#pragma once

#include <kots_export/util/error.h>

#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

// What lies between the words that were typed and CLI11, which is strict about their order and says little
// about a typing error.
namespace kots_export::cli {

// The words for `app`, in their order: flags that stand before a command come after it ("-n ci plan" is
// "plan -n ci", and the script's -a its long form, which every command knows), "--context=" keeps its empty
// value, and --licence is --license.
[[nodiscard]] std::vector<std::string> ordered_words(const CLI::App& app, std::vector<std::string> typed);

// Whether a word was typed that no command takes.
[[nodiscard]] bool has_words_left(const CLI::App& app);

// What was wrong with the words that `app` was given, and what may have been meant.
[[nodiscard]] UsageError usage_error(const CLI::App& app, const CLI::ParseError& error);

// Of a word where a command of `above` was to be named.
[[nodiscard]] UsageError unknown_command(const CLI::App& above, const std::string& word);

// The commands that people see, right below `app`.
[[nodiscard]] std::vector<std::string_view> names_of_commands(const CLI::App& app);

// The innermost command that was named; `app` itself where none was.
[[nodiscard]] const CLI::App& named_command(const CLI::App& app);

}  // namespace kots_export::cli
