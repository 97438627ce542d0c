#include <kots_export/ui/terminal.h>
#include <kots_export/util/error.h>
#include <kots_export/util/interrupt.h>

#include "unit/support/pseudo_terminal.h"

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kots_export::ui {

namespace {

using test::PseudoTerminal;
using ::testing::HasSubstr;
using ::testing::Not;

// The child prints the answer in brackets, or the error.
int show(const std::function<std::string()>& question) {
  try {
    const std::string answer = question();
    std::cout << "<" << answer << ">" << std::endl;
    return 0;
  } catch (const Error& error) {
    std::cout << error.what() << std::endl;
    return static_cast<int>(error.exit_code());
  }
}

TEST(Ask, TakesTheAnswer) {
  PseudoTerminal terminal([] { return show([] { return ask("Namespace", "circleci-server"); }); });
  terminal.expect("Namespace [circleci-server]: ");
  terminal.type("  ci \n");
  terminal.expect("<ci>");
  EXPECT_EQ(terminal.finish(), 0);
}

TEST(Ask, TakesTheFallbackForAnEmptyAnswer) {
  PseudoTerminal terminal([] { return show([] { return ask("Namespace", "circleci-server"); }); });
  terminal.expect(": ");
  terminal.type("\n");
  terminal.expect("<circleci-server>");
}

TEST(Ask, SaysThatTheInputEnded) {
  PseudoTerminal terminal([] { return show([] { return ask("Namespace", "x"); }); });
  terminal.expect(": ");
  terminal.type("\x04");
  terminal.expect("the input ended");
  EXPECT_EQ(terminal.finish(), 1);
}

TEST(Ask, HearsTheCtrlCThatCameBeforeItWaits) {
  PseudoTerminal terminal([] {
    util::catch_interrupts();
    ::raise(SIGINT);
    return show([] { return ask("Namespace", "x"); });
  });
  terminal.expect("interrupted");
  EXPECT_EQ(terminal.finish(), 130);
}

TEST(Ask, GoesOnAfterCtrlZAndFg) {
  PseudoTerminal terminal([] {
    util::catch_interrupts();
    std::cout << "pid " << ::getpid() << ";" << std::endl;
    return show([] { return ask("Namespace", "x"); });
  });
  terminal.expect("Namespace [x]: ");
  const pid_t child = std::stoi(terminal.screen().substr(terminal.screen().find("pid ") + 4));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // until it waits
  for (const int number : {SIGSTOP, SIGCONT}) {
    ASSERT_EQ(::kill(child, number), 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  terminal.expect("\rNamespace [x]: ");  // what the shell wrote stands below the first
  terminal.type("ci\n");
  terminal.expect("<ci>");
  EXPECT_EQ(terminal.finish(), 0);
}

TEST(AskSecret, ShowsNothingOfIt) {
  PseudoTerminal terminal(
      [] { return show([] { return ask_secret("Password").reveal() == " p@ss " ? "right" : "wrong"; }); });
  terminal.expect("Password: ");
  while (terminal.echoes()) ::usleep(1000);
  terminal.type(" p@ss \n");
  terminal.expect("<right>");
  EXPECT_EQ(terminal.finish(), 0);
  EXPECT_THAT(terminal.screen(), Not(HasSubstr("p@ss")));
}

TEST(AskSecret, IsSilentAgainAfterCtrlZAndFg) {
  PseudoTerminal terminal([] {
    util::catch_interrupts();
    std::cout << "pid " << ::getpid() << ";" << std::endl;
    return show([] { return ask_secret("License").reveal(); });
  });
  terminal.expect("License: ");
  const pid_t child = std::stoi(terminal.screen().substr(terminal.screen().find("pid ") + 4));
  while (terminal.echoes()) ::usleep(1000);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // until it waits
  ASSERT_EQ(::kill(child, SIGSTOP), 0);
  terminal.set_echo();  // as a shell does
  ASSERT_EQ(::kill(child, SIGCONT), 0);
  for (int i = 0; i < 100 && terminal.echoes(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(terminal.echoes());
  terminal.expect("\rLicense: ");
  terminal.type("secret\n");
  terminal.expect("<secret>");
  EXPECT_EQ(terminal.finish(), 0);
}

TEST(AskSecret, BringsTheEchoBackAfterCtrlC) {
  PseudoTerminal terminal([] {
    util::catch_interrupts();
    const int code = show([] { return ask_secret("Password").reveal(); });
    std::string line;
    std::getline(std::cin, line);
    return code;
  });
  terminal.expect("Password: ");
  while (terminal.echoes()) ::usleep(1000);
  terminal.type("\x03");
  terminal.expect("interrupted");
  EXPECT_TRUE(terminal.echoes());
  terminal.type("\n");
  EXPECT_EQ(terminal.finish(), 130);
}

std::string said(Consent consent) {
  return consent == Consent::yes ? "yes" : consent == Consent::details ? "details" : "no";
}

TEST(AskConsent, TakesOnlyYesForYes) {
  for (const auto& [answer, meaning] :
       {std::pair{"y\n", "<yes>"}, std::pair{"yes\n", "<yes>"}, std::pair{"Yes\n", "<yes>"},
        std::pair{"YES\n", "<yes>"}, std::pair{" Y \n", "<yes>"}, std::pair{"d\n", "<details>"},
        std::pair{"n\n", "<no>"}, std::pair{"\n", "<no>"}, std::pair{"yep\n", "<no>"},
        std::pair{"1\n", "<no>"}, std::pair{"\x04", "<no>"}}) {
    SCOPED_TRACE(answer);
    PseudoTerminal terminal([] { return show([] { return said(ask_consent("Change it?")); }); });
    terminal.expect("Change it? [y/N/d = details] ");
    terminal.type(answer);
    terminal.expect(meaning);
  }
}

TEST(AskConsent, EndsItsLineAtCtrlC) {
  PseudoTerminal terminal([] {
    util::catch_interrupts();
    return show([] { return said(ask_consent("Change it?")); });
  });
  terminal.expect("details] ");
  terminal.type("\x03");
  terminal.expect("\r\nno answer was given, and nothing was changed: interrupted");
  EXPECT_EQ(terminal.finish(), 130);
}

TEST(Questions, GoToTheTerminalWhereAStreamIsRedirected) {
  for (const int redirected : {STDIN_FILENO, STDERR_FILENO}) {
    SCOPED_TRACE(redirected);
    PseudoTerminal terminal([redirected] {
      const int nothing = ::open("/dev/null", O_RDWR);
      ::dup2(nothing, redirected);
      return show([] { return said(ask_consent("Change it?")); });
    });
    terminal.expect("Change it? [y/N/d = details] ");
    terminal.type("y\n");
    terminal.expect("<yes>");
  }
}

TEST(CanAsk, OnlyWithATerminal) {
  PseudoTerminal terminal([] { return can_ask() ? 0 : 1; });
  EXPECT_EQ(terminal.finish(), 0);
  PseudoTerminal redirected([] {
    ::close(STDIN_FILENO);
    return can_ask() ? 0 : 1;
  });
  EXPECT_EQ(redirected.finish(), 0);
  PseudoTerminal without([] {
    ::close(STDIN_FILENO);
    if (::fork() == 0) {
      ::setsid();  // no longer of the terminal
      ::_exit(can_ask() ? 0 : 1);
    }
    int status = 0;
    ::wait(&status);
    return WEXITSTATUS(status);
  });
  EXPECT_EQ(without.finish(), 1);
}

TEST(CanAsk, NotInTheBackgroundOfATerminal) {
  PseudoTerminal terminal([] {
    ::close(STDIN_FILENO);
    if (::fork() == 0) {
      ::setpgid(0, 0);
      ::_exit(can_ask() ? 0 : 1);
    }
    int status = 0;
    ::wait(&status);
    return WEXITSTATUS(status);
  });
  EXPECT_EQ(terminal.finish(), 1);
}

TEST(WantsColour, OnATerminalWithoutNoColor) {
  const auto wants = [](const char* name, const char* value) {
    PseudoTerminal terminal([=] {
      ::unsetenv("NO_COLOR");
      ::setenv("TERM", "xterm", 1);
      ::setenv(name, value, 1);
      return wants_colour() ? 1 : 0;
    });
    return terminal.finish() == 1;
  };
  EXPECT_TRUE(wants("TERM", "xterm-256color"));
  EXPECT_TRUE(wants("NO_COLOR", ""));  // no-color.org: only where it is not empty
  EXPECT_FALSE(wants("NO_COLOR", "1"));
  EXPECT_FALSE(wants("TERM", "dumb"));
}

// Through ssh no other variable comes along.
TEST(AreaNow, KnowsByTermAloneWhoBreaksLinesAnew) {
  const auto wraps = [](const char* term) {
    PseudoTerminal terminal([=] {
      for (const char* name : {"TMUX", "STY", "VTE_VERSION", "KITTY_WINDOW_ID", "ITERM_SESSION_ID",
                               "WEZTERM_PANE", "KONSOLE_VERSION"})
        ::unsetenv(name);
      ::setenv("TERM", term, 1);
      return area_now().narrower == Area::Narrower::wraps ? 1 : 0;
    });
    return terminal.finish() == 1;
  };
  EXPECT_TRUE(wraps("tmux-256color"));
  EXPECT_TRUE(wraps("xterm-kitty"));
  EXPECT_FALSE(wraps("xterm-256color"));
  EXPECT_FALSE(wraps("screen"));
}

}  // namespace

}  // namespace kots_export::ui
