#include "unit/support/pseudo_terminal.h"

#include <array>
#include <csignal>
#include <stdexcept>

#include <poll.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

namespace kots_export::test {

PseudoTerminal::PseudoTerminal(const std::function<int()>& child) {
  child_ = ::forkpty(&master_, nullptr, nullptr, nullptr);
  if (child_ < 0) throw std::runtime_error("forkpty failed");
  if (child_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::_exit(child());
  }
}

PseudoTerminal::~PseudoTerminal() {
  if (child_ > 0) {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  ::close(master_);
}

bool PseudoTerminal::read_some(std::chrono::milliseconds limit) {
  pollfd waiting{.fd = master_, .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, static_cast<int>(limit.count())) <= 0) return false;
  std::array<char, 4096> block{};
  const ssize_t got = ::read(master_, block.data(), block.size());
  if (got <= 0) return false;  // EIO: the child has closed its side
  screen_.append(block.data(), static_cast<std::size_t>(got));
  return true;
}

void PseudoTerminal::expect(const std::string& text, std::chrono::seconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    if (const auto at = screen_.find(text, seen_); at != std::string::npos) {
      seen_ = at + text.size();
      return;
    }
    if (!read_some(std::chrono::milliseconds(100)) && std::chrono::steady_clock::now() > end)
      throw std::runtime_error("\"" + text + "\" was not printed, but:\n" + screen_.substr(seen_));
  }
}

void PseudoTerminal::type(const std::string& keys) const {
  if (::write(master_, keys.data(), keys.size()) != static_cast<ssize_t>(keys.size()))
    throw std::runtime_error("cannot type");
}

void PseudoTerminal::hang_up() {
  ::close(master_);
  master_ = -1;
}

int PseudoTerminal::finish() {
  // What the child still prints is read first: its last write waits for that. One that waits for an answer
  // that no test gives is not waited for.
  while (master_ >= 0 && read_some(std::chrono::seconds(30))) continue;
  const int patience = master_ >= 0 ? 1'000 : 30'000;
  int status = 0;
  for (int tick = 0; ::waitpid(child_, &status, WNOHANG) == 0; ++tick) {
    if (tick == patience) ::kill(child_, SIGKILL);
    ::usleep(1000);
  }
  child_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool PseudoTerminal::echoes() const {
  termios settings{};
  if (::tcgetattr(master_, &settings) != 0) throw std::runtime_error("no terminal");
  return (settings.c_lflag & static_cast<tcflag_t>(ECHO)) != 0;
}

void PseudoTerminal::set_echo() const {
  termios settings{};
  if (::tcgetattr(master_, &settings) != 0) throw std::runtime_error("no terminal");
  settings.c_lflag |= static_cast<tcflag_t>(ECHO);
  ::tcsetattr(master_, TCSANOW, &settings);
}

}  // namespace kots_export::test
