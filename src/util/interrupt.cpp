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

// What the second signal says; written once, before signals matter.
std::array<char, 1024> last_words{};
std::atomic<std::size_t> last_words_size = 0;

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

// Async-signal-safe: lock-free atomics, write(2), signal(2) and raise(3) alone. Source: signal-safety(7).
void on_signal(int number) {
  const int error = errno;
  if (asked_to_stop.exchange(true)) {
    [[maybe_unused]] const ssize_t said = ::write(STDERR_FILENO, last_words.data(), last_words_size);
    std::signal(number, SIG_DFL);
    std::raise(number);  // ends the process where this handler returns
    errno = error;
    return;
  }
  [[maybe_unused]] const ssize_t put = ::write(wake_up[1], "", 1);
  errno = error;
}

}  // namespace

void catch_interrupts() {
  if (wake_up[0] < 0 && ::pipe2(wake_up.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    throw Error("cannot wait for signals", std::strerror(errno));
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (const int number : kSignals) {
    struct sigaction inherited {};
    sigaction(number, nullptr, &inherited);
    // nohup, or a job in the background of a script: it is not to hear of it.
    if (inherited.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
  }
  // A closed pipe and a file at its limit (ulimit -f) are errors of a write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void set_last_words(std::string_view words) {
  last_words_size = 0;
  last_words_size = words.copy(last_words.data(), last_words.size());
}

bool interrupted() { return asked_to_stop; }

int interrupt_descriptor() { return wake_up[0]; }

}  // namespace kots_export::util
