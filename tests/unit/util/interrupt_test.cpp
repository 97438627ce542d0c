#include <kots_export/util/interrupt.h>

#include "unit/support/pseudo_terminal.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

namespace kots_export::util {

namespace {

constexpr int kAsked = 1;
constexpr int kNotAsked = 2;

struct Ended {
  int code = -1;  // 128 + N where signal N ended it
  std::string said;
};

// A process that catches interrupts does `body`, and says whether it was asked to stop.
Ended after(const std::function<void()>& body) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return {};
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    body();
    ::_exit(interrupted() ? kAsked : kNotAsked);
  }
  ::close(ends[1]);
  Ended ended;
  std::array<char, 4096> chunk{};
  for (ssize_t got = 0; (got = ::read(ends[0], chunk.data(), chunk.size())) > 0;)
    ended.said.append(chunk.data(), static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  ended.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return ended;
}

Ended after_signals(const std::vector<int>& signals, const std::string& last_words = {}) {
  return after([&] {
    catch_interrupts();
    set_last_words(last_words);
    for (const int signal : signals) std::raise(signal);
  });
}

TEST(Interrupt, TheFirstOnlyAsks) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    SCOPED_TRACE(::strsignal(signal));
    const Ended ended = after_signals({signal}, "last words");
    EXPECT_EQ(ended.code, kAsked);
    EXPECT_EQ(ended.said, "");
  }
}

TEST(Interrupt, TheSecondEndsAtOnceWithItsLastWords) {
  for (const int first : {SIGINT, SIGTERM, SIGHUP}) {
    SCOPED_TRACE(::strsignal(first));
    const Ended ended = after_signals({first, SIGTERM}, "last words");
    EXPECT_EQ(ended.code, 128 + SIGTERM);
    EXPECT_EQ(ended.said, "last words");
  }
}

// With the kernel's signal and the shell's.
TEST(Interrupt, ATerminalThatDiesAsksNothing) {
  int answer[2] = {-1, -1};
  ASSERT_EQ(::pipe(answer), 0);
  test::PseudoTerminal terminal([&] {
    catch_interrupts();
    (void)!::write(STDOUT_FILENO, "ready", 5);
    char line = 0;  // none comes: the read ends when the terminal has gone, behind the kernel's SIGHUP
    while (::read(STDIN_FILENO, &line, 1) < 0 && errno == EINTR) continue;
    std::raise(SIGHUP);
    const char asked = interrupted() ? 'y' : 'n';
    (void)!::write(answer[1], &asked, 1);
    return 0;
  });
  terminal.expect("ready");
  terminal.hang_up();
  ::close(answer[1]);
  char asked = '?';
  EXPECT_EQ(::read(answer[0], &asked, 1), 1);
  EXPECT_EQ(asked, 'n');
  ::close(answer[0]);
}

TEST(Interrupt, SomebodysSighupOnATerminalThatIsThereAsks) {
  test::PseudoTerminal terminal([] {
    catch_interrupts();
    std::raise(SIGHUP);
    return interrupted() ? 0 : 1;
  });
  EXPECT_EQ(terminal.finish(), 0);
}

TEST(Interrupt, TheLastWordsAreThoseThatWereSetLastWhateverTheirLength) {
  const std::string long_path(4000, 'x');
  const Ended ended = after([&] {
    catch_interrupts();
    set_last_words("the ones before");
    set_last_words(long_path);
    std::raise(SIGINT);
    std::raise(SIGINT);
  });
  EXPECT_EQ(ended.said, long_path);
}

TEST(Interrupt, WhatWasIgnoredStaysIgnored) {
  const Ended ended = after([] {
    std::signal(SIGHUP, SIG_IGN);  // nohup
    catch_interrupts();
    std::raise(SIGHUP);
  });
  EXPECT_EQ(ended.code, kNotAsked);
}

TEST(Interrupt, AJobInTheBackgroundThatWritesToItsTerminalIsNotStopped) {
  test::PseudoTerminal terminal([] {
    termios settings{};
    ::tcgetattr(STDOUT_FILENO, &settings);
    settings.c_lflag |= TOSTOP;
    ::tcsetattr(STDOUT_FILENO, TCSANOW, &settings);
    const pid_t job = ::fork();
    if (job == 0) {
      ::setpgid(0, 0);
      catch_interrupts();
      (void)!::write(STDOUT_FILENO, "progress", 8);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(job, &status, WUNTRACED);
    if (WIFSTOPPED(status)) ::kill(job, SIGKILL);
    return WIFEXITED(status) ? 0 : 1;
  });
  EXPECT_EQ(terminal.finish(), 0);
}

}  // namespace

}  // namespace kots_export::util
