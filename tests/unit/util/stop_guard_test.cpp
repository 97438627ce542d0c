#include <kots_export/util/stop_guard.h>
#include <kots_export/util/time.h>

#include <array>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kots_export::util {

namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

// A process that may send until 100 ms from now, is stopped at once for `time`, and sends then.
class Stopped : public ::testing::Test {
 protected:
  enum class Guarded { no, yes };
  static ssize_t sent_after(nanoseconds time, Guarded guarded) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) return -1;
    const pid_t pid = ::fork();
    if (pid == 0) {
      std::signal(SIGPIPE, SIG_IGN);
      if (guarded == Guarded::yes) {
        stop_guard::add(ends[1]);
        stop_guard::arm(since_boot() + 100ms, 50ms);
      }
      ::raise(SIGSTOP);
      (void)!::write(ends[1], "x", 1);
      ::_exit(0);
    }
    ::close(ends[1]);
    int status = 0;
    ::waitpid(pid, &status, WUNTRACED);
    EXPECT_TRUE(WIFSTOPPED(status));
    std::this_thread::sleep_for(time);
    ::kill(pid, SIGCONT);
    char byte = 0;
    const ssize_t got = ::read(ends[0], &byte, 1);
    ::waitpid(pid, nullptr, 0);
    ::close(ends[0]);
    return got;
  }
};

TEST_F(Stopped, ForTooLongSendsNothing) { EXPECT_EQ(sent_after(400ms, Guarded::yes), 0); }

TEST_F(Stopped, AndNotGuardedSends) { EXPECT_EQ(sent_after(400ms, Guarded::no), 1); }

TEST_F(Stopped, ForAShortTimeSends) { EXPECT_EQ(sent_after(10ms, Guarded::yes), 1); }

// Nobody stopped it: what is under way may end.
TEST(StopGuard, LeavesTheSocketsOfAProcessThatRuns) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  stop_guard::add(ends[1]);
  const auto until = since_boot() + 20ms;
  stop_guard::arm(until, 5s);
  while (since_boot() < until + 20ms) {
  }
  EXPECT_EQ(::write(ends[1], "x", 1), 1);
  stop_guard::disarm();
  stop_guard::remove(ends[1]);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(StopGuard, LeavesASocketThatIsNoLongerItsOwn) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  stop_guard::add(ends[1]);
  stop_guard::remove(ends[1]);
  stop_guard::arm(since_boot() - 1s, 1ms);  // at once, and late
  const auto until = since_boot() + 20ms;
  while (since_boot() < until) {
  }
  EXPECT_EQ(::write(ends[1], "x", 1), 1);
  stop_guard::disarm();
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace

}  // namespace kots_export::util
