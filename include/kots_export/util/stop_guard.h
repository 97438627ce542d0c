#pragma once

#include <chrono>

// Shuts sockets of a process that was stopped (SIGSTOP), or whose machine slept, before it sends anything
// more. A look at the clock before each send is not enough: the stop may come between the look and the send.
// Here a timer's signal waits for the process to go on, and its handler comes before the next instruction.
namespace kots_export::util::stop_guard {

// From here on: if this thread gets to run only later than `until` + `slack` by CLOCK_BOOTTIME, all sockets
// that are guarded then are shut down for sending and receiving (what has arrived can still be read). Takes
// the place of what was armed before. Where the system has no such timer, nothing is guarded.
void arm(std::chrono::nanoseconds until, std::chrono::nanoseconds slack);
void disarm();

// A socket from its creation to just before it is closed. More than 256 at once are not guarded.
void add(int socket);
void remove(int socket);

}  // namespace kots_export::util::stop_guard
