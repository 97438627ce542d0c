#pragma once

#include <kots_export/util/secret.h>

#include <string>

// Questions to the person at the terminal. They are written to standard error and read from standard input.
namespace kots_export::ui {

// True where both standard input and standard error are terminals: only then is anything asked.
[[nodiscard]] bool can_ask();

// True where colour is wanted on that stream: a terminal, TERM not "dumb", and no NO_COLOR
// (https://no-color.org).
enum class Stream { out, err };
[[nodiscard]] bool wants_colour(Stream stream = Stream::err);

// Asks for a line. An empty answer gives `fallback`. Throws Error at end of input.
[[nodiscard]] std::string ask(const std::string& question, const std::string& fallback);

// Asks without echo. The terminal's settings come back whatever happens. Throws Error at end of input,
// Interrupted.
[[nodiscard]] Secret<std::string> ask_secret(const std::string& question);

// Asks for yes or no; only "y" and "yes" are yes.
[[nodiscard]] bool ask_yes(const std::string& question);

}  // namespace kots_export::ui
