#include <kots_export/util/error.h>
#include <kots_export/util/interrupt.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace kots_export::util {

namespace {

std::atomic<bool> asked_to_stop = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch lock-free atomics only");
std::atomic<unsigned> continued = 0;
static_assert(std::atomic<unsigned>::is_always_lock_free);
std::array<int, 2> wake_up = {-1, -1};

// What the second signal says: swapped as a whole, since the signal may come at any moment.
std::atomic<const std::string*> last_words = nullptr;
static_assert(std::atomic<const std::string*>::is_always_lock_free);

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

bool had_terminal = false;

// Async-signal-safe.
bool terminal_is_there() {
  const int terminal = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal >= 0) ::close(terminal);
  return terminal >= 0;
}

// Async-signal-safe: lock-free atomics, write(2), signal(2) and raise(3) alone, and open(2). Source:
// signal-safety(7).
void on_signal(int number) {
  const int error = errno;
  // A terminal that dies (a window that is closed, a connection that breaks) ends no run, and says so twice:
  // the kernel does, and the shell. Somebody's `kill -HUP` is a wish like SIGTERM.
  if (number == SIGHUP && had_terminal && !terminal_is_there()) {
    errno = error;
    return;
  }
  const bool is_second = asked_to_stop.exchange(true);
  if (is_second) {
    if (const std::string* words = last_words) {
      [[maybe_unused]] const ssize_t said = ::write(STDERR_FILENO, words->data(), words->size());
    }
    std::signal(number, SIG_DFL);
    std::raise(number);  // ends the process where this handler returns
  } else {
    [[maybe_unused]] const ssize_t put = ::write(wake_up[1], "", 1);
  }
  errno = error;
}

void on_continue(int) { ++continued; }

}  // namespace

void catch_interrupts() {
  if (wake_up[0] < 0 && ::pipe2(wake_up.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    throw Error("cannot wait for signals", std::strerror(errno));
  had_terminal = terminal_is_there();
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (const int number : kSignals) {
    struct sigaction inherited {};
    sigaction(number, nullptr, &inherited);
    // nohup, or a job in the background of a script: it is not to hear of it.
    if (inherited.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
  }
  struct sigaction note {};
  note.sa_handler = on_continue;
  note.sa_flags = SA_RESTART;
  sigaction(SIGCONT, &note, nullptr);
  // A closed pipe and a file at its limit (ulimit -f) are errors of a write, not the end of the process. And
  // a job in the background that writes to its terminal (stty tostop) is not to be stopped: it may hold a
  // lock.
  for (const int number : {SIGPIPE, SIGXFSZ, SIGTTOU}) std::signal(number, SIG_IGN);
}

void set_last_words(std::string words) {
  // Kept for good: a signal may be reading the ones before.
  static std::vector<std::unique_ptr<const std::string>> kept;
  kept.push_back(std::make_unique<const std::string>(std::move(words)));
  last_words = kept.back().get();
}

bool interrupted() { return asked_to_stop; }

unsigned times_continued() { return continued; }

int interrupt_descriptor() { return wake_up[0]; }

}  // namespace kots_export::util
