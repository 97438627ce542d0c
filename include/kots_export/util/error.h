#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace kots_export {

// The process exit codes, as the README lists them. kubectl's own are 0 and 1; 2 is the convention of
// command-line parsers for wrong usage, 130 is 128 + SIGINT as shells report it.
enum class ExitCode : int {
  done = 0,
  failed = 1,
  usage = 2,
  changes_pending = 3,
  check_failed = 4,
  interrupted = 130,
};

// What to do next, one or more sentences; may be empty.
class Hint {
 public:
  Hint() = default;
  Hint(std::string text) : text_(std::move(text)) {}  // NOLINT(google-explicit-constructor)
  Hint(const char* text) : text_(text) {}             // NOLINT(google-explicit-constructor)
  // One that also says how to go on after the error: that is not to be added to it.
  [[nodiscard]] static Hint with_way_on(std::string text) {
    Hint hint(std::move(text));
    hint.way_on_ = WayOn::told;
    return hint;
  }
  // The same where to go on is all that can be done now: the way back is closed.
  [[nodiscard]] static Hint with_only_way_on(std::string text) {
    Hint hint(std::move(text));
    hint.way_on_ = WayOn::told_as_the_only_one;
    return hint;
  }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool tells_way_on() const noexcept { return way_on_ != WayOn::not_told; }
  [[nodiscard]] bool leaves_way_back() const noexcept { return way_on_ != WayOn::told_as_the_only_one; }

 private:
  enum class WayOn { not_told, told, told_as_the_only_one };
  std::string text_;
  WayOn way_on_ = WayOn::not_told;
};

// The one exception type of the project: what failed, why, and what the operator can do next.
// Every part is shown to people as it stands, so it holds no secret and no internals.
//   what:  the action and its object, "cannot read the kubeconfig /home/me/.kube/config"
//   why:   the cause as the system or the server said it, "permission denied"; may be empty
//   hint:  what to do next
//   state: how far the work had come, and where that is recorded; set by who knows it, mostly empty
// Derived types exist where a caller tells causes apart; cli/ catches Error once and prints it.
class Error : public std::runtime_error {
 public:
  explicit Error(std::string what, std::string why = {}, Hint hint = {},
                 ExitCode exit_code = ExitCode::failed)
      : std::runtime_error(why.empty() ? what : what + ": " + why),
        headline_(std::move(what)),
        why_(std::move(why)),
        hint_(std::move(hint)),
        exit_code_(exit_code) {}

  [[nodiscard]] const std::string& headline() const noexcept { return headline_; }
  [[nodiscard]] const std::string& why() const noexcept { return why_; }
  [[nodiscard]] const std::string& hint() const noexcept { return hint_.text(); }
  [[nodiscard]] bool tells_way_on() const noexcept { return hint_.tells_way_on(); }
  [[nodiscard]] bool leaves_way_back() const noexcept { return hint_.leaves_way_back(); }
  [[nodiscard]] const std::string& state() const noexcept { return state_; }
  [[nodiscard]] ExitCode exit_code() const noexcept { return exit_code_; }

  void set_state(std::string state) { state_ = std::move(state); }
  void set_hint(Hint hint) { hint_ = std::move(hint); }

 private:
  std::string headline_;
  std::string why_;
  Hint hint_;
  std::string state_;
  ExitCode exit_code_;
};

// Wrong flags or arguments: exit code 2.
class UsageError : public Error {
 public:
  explicit UsageError(std::string what, std::string why = {}, Hint hint = {})
      : Error(std::move(what), std::move(why), std::move(hint), ExitCode::usage) {}
};

// The operator pressed Ctrl-C (or the process got SIGTERM) and the work stopped cleanly: exit code 130.
class Interrupted : public Error {
 public:
  explicit Interrupted(std::string what, Hint hint = {})
      : Error(std::move(what), "interrupted", std::move(hint), ExitCode::interrupted) {}
};

// The operator was asked and said no. No error: it is printed as it stands. Exit code 1.
class Cancelled : public Error {
 public:
  using Error::Error;
};

}  // namespace kots_export
