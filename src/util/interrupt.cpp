#include <kots_export/util/error.h>
#include <kots_export/util/interrupt.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace kots_export::util {

namespace {

std::atomic<bool> asked_to_stop = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch lock-free atomics only");
std::array<int, 2> wake_up = {-1, -1};

void on_signal(int) {
  const int error = errno;
  asked_to_stop = true;
  [[maybe_unused]] const ssize_t put = ::write(wake_up[1], "", 1);
  errno = error;
}

}  // namespace

void catch_interrupts() {
  if (wake_up[0] < 0 && ::pipe2(wake_up.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    throw Error("cannot wait for signals", std::strerror(errno));
  struct sigaction action {};
  action.sa_handler = on_signal;
  // One shot: the second signal meets the system's default and ends the process.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A closed pipe and a file at its limit (ulimit -f) are errors of a write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

bool interrupted() { return asked_to_stop; }

int interrupt_descriptor() { return wake_up[0]; }

}  // namespace kots_export::util
