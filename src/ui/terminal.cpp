#include <kots_export/ui/terminal.h>
#include <kots_export/util/error.h>
#include <kots_export/util/interrupt.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

namespace kots_export::ui {

namespace {

// Where a person is asked, for one question.
class Console {
 public:
  Console() {
    if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1) {
      in_ = STDIN_FILENO;
      out_ = STDERR_FILENO;
      return;
    }
    tty_ = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    // The kernel stops a process that reads the terminal from its background.
    if (tty_ >= 0 && ::tcgetpgrp(tty_) == ::getpgrp()) in_ = out_ = tty_;
  }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;
  ~Console() {
    if (tty_ >= 0) ::close(tty_);
  }

  [[nodiscard]] bool is_there() const { return in_ >= 0; }
  [[nodiscard]] int input() const { return in_; }

  void print(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t put = ::write(out_, text.data(), text.size());
      if (put < 0 && errno != EINTR) return;
      if (put > 0) text.remove_prefix(static_cast<std::size_t>(put));
    }
  }

  // Byte by byte: nothing beyond the line is taken. Nothing where the input ended before it had a letter.
  // What comes after an answer that was not given begins on a line of its own. After Ctrl-Z and fg `prompt`
  // is shown again, below what the shell wrote. `woken` is called where a signal interrupted the wait and it
  // goes on, as then.
  std::optional<std::string> read_line(
      const std::string& prompt, const std::function<void()>& woken = [] {}) const {
    if (!is_there()) throw Error("no answer was given", "there is no terminal");
    unsigned times_away = util::times_continued();
    print(prompt);
    std::string line;
    for (char c = 0;;) {
      wait_for_input([&] {
        woken();
        const unsigned times_now = util::times_continued();
        if (std::exchange(times_away, times_now) == times_now) return;
        if (::tcgetpgrp(in_) == ::getpgrp()) print("\r" + prompt);
      });
      const ssize_t got = ::read(in_, &c, 1);
      if (got <= 0) {
        print("\n");
        return line.empty() ? std::nullopt : std::optional(line);
      }
      if (c == '\n') return line;
      line += c;
    }
  }

 private:
  // Waits until there is something to read, or the input ended. Throws Interrupted at a signal, also at one
  // that came before.
  void wait_for_input(const std::function<void()>& woken) const {
    std::array<pollfd, 2> waited = {pollfd{in_, POLLIN, 0}, pollfd{util::interrupt_descriptor(), POLLIN, 0}};
    int ready = 0;
    while ((ready = ::poll(waited.data(), waited.size(), -1)) < 0 && errno == EINTR && !util::interrupted())
      woken();
    if (ready >= 0 && waited[1].revents == 0) return;
    print("\n");
    throw Interrupted("no answer was given, and nothing was changed");
  }

  int in_ = -1;
  int out_ = -1;
  int tty_ = -1;
};

class EchoOff {
 public:
  explicit EchoOff(int terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal_, &before_) != 0) return;
    silent_ = before_;
    silent_.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(terminal_, TCSAFLUSH, &silent_) == 0;
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;
  ~EchoOff() {
    if (changed_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }

  // A shell brings its own settings back while the process is stopped. In the background they stay its own.
  void again() const {
    if (changed_ && ::tcgetpgrp(terminal_) == ::getpgrp()) ::tcsetattr(terminal_, TCSANOW, &silent_);
  }

 private:
  int terminal_;
  termios before_{};
  termios silent_{};
  bool changed_ = false;
};

std::string line_from(
    const Console& console, const std::string& prompt, const std::function<void()>& woken = [] {}) {
  if (auto line = console.read_line(prompt, woken)) return std::move(*line);
  throw Error("no answer was given", "the input ended", "Give the answer as a flag; see --help.");
}

// POSIX: the first of them that is set says which characters there are.
bool is_utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string locale = util::lower(value);
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return false;
}

int descriptor_of(Stream stream) { return stream == Stream::out ? STDOUT_FILENO : STDERR_FILENO; }

// Terminals that are known to break lines anew when they get narrower; others cut them, such as xterm, or do
// not say what they are. Each sets a variable of its own for what runs in it; through ssh comes TERM alone.
bool breaks_lines_anew() {
  // A tmux or screen decides for itself, whatever it runs in.
  if (std::getenv("TMUX") != nullptr) return true;
  if (std::getenv("STY") != nullptr) return false;
  const char* term = std::getenv("TERM");
  const std::string_view kind = term != nullptr ? term : "";
  if (kind.starts_with("tmux") || kind == "xterm-kitty") return true;
  constexpr std::array kTheirOwn = {"VTE_VERSION", "KITTY_WINDOW_ID", "ITERM_SESSION_ID", "WEZTERM_PANE",
                                    "KONSOLE_VERSION"};
  return std::ranges::any_of(kTheirOwn, [](const char* name) { return std::getenv(name) != nullptr; });
}

}  // namespace

bool can_ask() { return Console().is_there(); }

bool wants_colour(Stream stream) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  const bool terminal = stream == Stream::questions ? can_ask() : is_terminal(stream);
  return terminal && !dumb && (no_colour == nullptr || *no_colour == '\0');
}

bool is_terminal(Stream stream) { return ::isatty(descriptor_of(stream)) == 1; }

bool is_pipe(Stream stream) {
  struct stat status {};
  return ::fstat(descriptor_of(stream), &status) == 0 && S_ISFIFO(status.st_mode);
}

bool can_paint() {
  const char* term = std::getenv("TERM");
  const std::string_view kind = term != nullptr ? term : "";
  return is_terminal(Stream::err) && !kind.empty() && kind != "dumb";
}

Area area_now() {
  Area area;
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    area.columns = size.ws_col;
    area.rows = size.ws_row;
  }
  area.times_away = util::times_continued();
  area.narrower = breaks_lines_anew() ? Area::Narrower::wraps : Area::Narrower::cuts;
  area.glyphs = is_utf8_locale() ? Area::Glyphs::unicode : Area::Glyphs::ascii;
  return area;
}

std::string ask(const std::string& question, const std::string& fallback) {
  const Console console;
  const std::string prompt = question + (fallback.empty() ? "" : " [" + fallback + "]") + ": ";
  const std::string answer(util::trim(line_from(console, prompt)));
  return answer.empty() ? fallback : answer;
}

Secret<std::string> ask_secret(const std::string& question) {
  const Console console;
  const EchoOff echo_off(console.input());
  Secret<std::string> answer(line_from(console, question + ": ", [&echo_off] { echo_off.again(); }));
  console.print("\n");  // the one that was typed is not shown
  return answer;
}

void tell(const std::string& text) { Console().print(text); }

Consent ask_consent(const std::string& question) {
  const Console console;
  const std::string prompt = util::filled("{question} [y/N/d = details] ", {{"question", question}});
  const std::string answer = util::lower(util::trim(console.read_line(prompt).value_or("")));
  if (answer == "d") return Consent::details;
  return answer == "y" || answer == "yes" ? Consent::yes : Consent::no;
}

}  // namespace kots_export::ui
