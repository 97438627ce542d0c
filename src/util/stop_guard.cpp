#include <kots_export/util/stop_guard.h>
#include <kots_export/util/time.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <optional>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kots_export::util::stop_guard {

namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kMostSockets = 256;
constexpr int kNone = -1;

// What the handler touches: it may come between any two instructions.
std::array<std::atomic<int>, kMostSockets> sockets;
std::atomic<nanoseconds::rep> too_late{0};  // 0: not armed
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<nanoseconds::rep>::is_always_lock_free);

int signal_number() { return SIGRTMIN; }

void on_signal(int) {
  const int error = errno;
  const nanoseconds::rep limit = too_late;
  if (limit != 0 && since_boot().count() > limit) {
    for (const auto& socket : sockets) {
      if (socket != kNone) ::shutdown(socket, SHUT_RDWR);
    }
  }
  errno = error;
}

// A timer whose signal goes to the thread that makes it.
std::optional<timer_t> make_timer() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  if (::sigaction(signal_number(), &action, nullptr) != 0) return std::nullopt;
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = signal_number();
  event._sigev_un._tid = static_cast<pid_t>(::syscall(SYS_gettid));
  timer_t timer{};
  if (::timer_create(CLOCK_BOOTTIME, &event, &timer) != 0) return std::nullopt;
  return timer;
}

void set_timer(nanoseconds at) {
  static const std::optional<timer_t> timer = make_timer();
  if (!timer) return;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  itimerspec when{};
  when.it_value = {.tv_sec = seconds.count(), .tv_nsec = (at - seconds).count()};
  ::timer_settime(*timer, TIMER_ABSTIME, &when, nullptr);
}

std::atomic<int>* find(int value) {
  for (auto& socket : sockets) {
    if (socket == value) return &socket;
  }
  return nullptr;
}

// Static zeros would be descriptor 0.
const bool sockets_are_empty = [] {
  for (auto& socket : sockets) socket = kNone;
  return true;
}();

}  // namespace

void arm(nanoseconds until, nanoseconds slack) {
  too_late = (until + slack).count();
  set_timer(until);
}

void disarm() {
  too_late = 0;
  set_timer(nanoseconds(0));
}

void add(int socket) {
  if (auto* free = find(kNone)) *free = socket;
}

void remove(int socket) {
  if (auto* found = find(socket)) *found = kNone;
}

}  // namespace kots_export::util::stop_guard
