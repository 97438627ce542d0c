#pragma once

#include <kots_export/ui/progress_text.h>
#include <kots_export/util/secret.h>

#include <string>

// Questions to the person at the terminal. They go to standard error and are read from standard input where
// both are terminals. Where one of them is redirected (`2>&1 | tee`, `echo n |`), they go to the terminal
// that the process belongs to, /dev/tty, and are read from there.
namespace kots_export::ui {

// True where there is a terminal to ask on. A process in the background of one has none, unless its standard
// streams say otherwise.
[[nodiscard]] bool can_ask();

// True where colour is wanted on that stream: a terminal, TERM not "dumb", and no NO_COLOR
// (https://no-color.org). `questions` is where questions go.
enum class Stream { out, err, questions };
[[nodiscard]] bool wants_colour(Stream stream = Stream::err);

[[nodiscard]] bool is_terminal(Stream stream);
[[nodiscard]] bool is_pipe(Stream stream);

// True where standard error is a terminal on which the cursor can be moved: TERM is set, and not "dumb".
[[nodiscard]] bool can_paint();
// What that terminal has room for, and shows: its size now, 80x24 where it does not say; Unicode where the
// locale is one of UTF-8.
[[nodiscard]] Area area_now();

// Asks for a line. An empty answer gives `fallback`. Throws Error at end of input, Interrupted.
[[nodiscard]] std::string ask(const std::string& question, const std::string& fallback);

// Asks without echo. The terminal's settings come back whatever happens. Throws Error at end of input,
// Interrupted.
[[nodiscard]] Secret<std::string> ask_secret(const std::string& question);

// Prints `text` where questions go.
void tell(const std::string& text);

// Asks whether to go on. "y" and "yes" in any case are yes, "d" wants details first; everything else is no,
// and so is the end of input. Throws Interrupted.
enum class Consent { no, yes, details };
[[nodiscard]] Consent ask_consent(const std::string& question);

}  // namespace kots_export::ui
