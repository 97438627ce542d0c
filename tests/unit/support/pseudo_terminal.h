#pragma once

#include <chrono>
#include <functional>
#include <string>

#include <sys/types.h>

// A child on a terminal of its own, and the person before it.
namespace kots_export::test {

class PseudoTerminal {
 public:
  // Runs `child` in a process whose standard streams are the terminal; what it
  // returns is the exit code.
  explicit PseudoTerminal(const std::function<int()>& child);
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;
  ~PseudoTerminal();

  // Waits until `text` was printed (since the last call). Throws
  // std::runtime_error with what was printed instead where it is not within
  // `limit`.
  void expect(const std::string& text, std::chrono::seconds limit = std::chrono::seconds(20));
  // Types, as keys: "\n" is Enter, "\x03" Ctrl-C, "\x04" Ctrl-D.
  void type(const std::string& keys) const;
  // The window is closed, the connection breaks: the kernel sends SIGHUP, and the terminal is gone.
  void hang_up();
  // Waits for the end; 128 + N where signal N ended it.
  int finish();
  // Everything that was on the screen.
  [[nodiscard]] const std::string& screen() const { return screen_; }
  // Whether the terminal shows what is typed.
  [[nodiscard]] bool echoes() const;
  // Makes it do so, as a shell does that has it back.
  void set_echo() const;

 private:
  bool read_some(std::chrono::milliseconds limit);

  pid_t child_ = -1;
  int master_ = -1;
  std::string screen_;
  std::size_t seen_ = 0;
};

}  // namespace kots_export::test
