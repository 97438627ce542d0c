#pragma once

#include <kots_export/util/secret.h>

#include <string>

// Questions to the person at the terminal. They are written to standard error and read from standard input.
namespace kots_export::ui {

// True where both standard input and standard error are terminals: only then is anything asked.
[[nodiscard]] bool can_ask();

// True where colour is wanted on standard error: a terminal, TERM not "dumb", and no NO_COLOR
// (https://no-color.org).
[[nodiscard]] bool wants_colour();
// The same for another file descriptor.
[[nodiscard]] bool wants_colour_on(int descriptor);

// Asks for a line. An empty answer gives `fallback`. Throws Error at end of input.
[[nodiscard]] std::string ask(const std::string& question, const std::string& fallback);

// Asks without echo. The terminal's settings come back whatever happens. Throws Error at end of input,
// Interrupted.
[[nodiscard]] Secret<std::string> ask_secret(const std::string& question);

// Asks for yes or no; only "y" and "yes" are yes.
[[nodiscard]] bool ask_yes(const std::string& question);

}  // namespace kots_export::ui
