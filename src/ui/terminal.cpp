#include <kots_export/ui/terminal.h>
#include <kots_export/util/error.h>
#include <kots_export/util/interrupt.h>
#include <kots_export/util/text.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <iostream>

#include <poll.h>
#include <termios.h>
#include <unistd.h>

namespace kots_export::ui {

namespace {

// Waits until standard input has something to read, or ended. Throws Interrupted at a signal, also at one
// that came before.
void wait_for_input() {
  std::array<pollfd, 2> waited = {pollfd{STDIN_FILENO, POLLIN, 0},
                                  pollfd{util::interrupt_descriptor(), POLLIN, 0}};
  const int ready = ::poll(waited.data(), waited.size(), -1);
  if (ready < 0 || waited[1].revents != 0) throw Interrupted("no answer was given");
}

// Reads byte by byte: nothing beyond the line is taken from standard input.
std::string read_line() {
  std::string line;
  for (char c = 0;;) {
    wait_for_input();
    const ssize_t got = ::read(STDIN_FILENO, &c, 1);
    if (got <= 0) {
      if (line.empty())
        throw Error("no answer was given", "standard input ended", "Give the answer as a flag; see --help.");
      return line;
    }
    if (c == '\n') return line;
    line += c;
  }
}

class EchoOff {
 public:
  EchoOff() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;
  ~EchoOff() {
    if (!changed_) return;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    std::cerr << '\n';
  }

 private:
  termios before_{};
  bool changed_ = false;
};

}  // namespace

bool can_ask() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

bool wants_colour(Stream stream) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  const int descriptor = stream == Stream::out ? STDOUT_FILENO : STDERR_FILENO;
  return ::isatty(descriptor) == 1 && !dumb && (no_colour == nullptr || *no_colour == '\0');
}

std::string ask(const std::string& question, const std::string& fallback) {
  std::cerr << question << (fallback.empty() ? "" : " [" + fallback + "]") << ": " << std::flush;
  const std::string answer(util::trim(read_line()));
  return answer.empty() ? fallback : answer;
}

Secret<std::string> ask_secret(const std::string& question) {
  std::cerr << question << ": " << std::flush;
  const EchoOff echo_off;
  return Secret<std::string>(read_line());
}

bool ask_yes(const std::string& question) {
  const std::string answer = ask(question + " (y/n)", "n");
  return answer == "y" || answer == "yes" || answer == "Y" || answer == "Yes";
}

}  // namespace kots_export::ui
