#pragma once

// Ctrl-C and SIGTERM as a wish that the work looks at, not as its end.
namespace kots_export::util {

// From here on the first SIGINT or SIGTERM only asks the work to stop; the second ends the process at once.
// Throws Error where the system has no more file descriptors.
void catch_interrupts();

// True once the process was asked to stop.
[[nodiscard]] bool interrupted();

// Readable from that moment on, never to be read: for poll(2), beside what is waited for. A look at
// interrupted() before a blocking call misses the signal that comes in between. -1, which poll(2) ignores,
// before catch_interrupts().
[[nodiscard]] int interrupt_descriptor();

}  // namespace kots_export::util
