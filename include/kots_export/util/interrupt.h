#pragma once

#include <string>

// Ctrl-C, SIGTERM and SIGHUP as a wish that the work looks at, not as its end.
namespace kots_export::util {

// From here on the first SIGINT, SIGTERM or SIGHUP only asks the work to stop; one after that ends the
// process at once. A SIGHUP because the terminal has gone asks nothing, and one that was ignored when the
// process started (nohup) stays ignored. Throws Error where the system has no more file descriptors.
void catch_interrupts();

// What the second signal writes to standard error before it ends the process. Empty at first.
void set_last_words(std::string words);

// True once the process was asked to stop.
[[nodiscard]] bool interrupted();

// How often the process was stopped (Ctrl-Z) and went on since catch_interrupts(): each time others may have
// written to its terminal.
[[nodiscard]] unsigned times_continued();

// Readable from that moment on, never to be read: for poll(2), beside what is waited for. A look at
// interrupted() before a blocking call misses the signal that comes in between. -1, which poll(2) ignores,
// before catch_interrupts().
[[nodiscard]] int interrupt_descriptor();

}  // namespace kots_export::util
