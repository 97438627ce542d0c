#pragma once

#include <kots_export/kube/client.h>
#include <kots_export/util/line_buffer.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kots_export::kube {

// Between two tries of the same stream; it grows with each that fails.
inline constexpr std::chrono::milliseconds kStreamPause{300};
// How many in a row may fail (about a minute) before the operator hears of it.
inline constexpr int kStreamTries = 24;

// One log of a `follow` call: its stream, made anew where it is cut, and a look at the Pod where it says
// nothing. Exchanges under way refer to it: it does not move.
class LogFollower {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Looks at the Pod where the log says nothing for `silence`.
  LogFollower(LogSpec spec, std::chrono::milliseconds silence) : spec_(std::move(spec)), silence_(silence) {}
  LogFollower(const LogFollower&) = delete;
  LogFollower& operator=(const LogFollower&) = delete;

  // As of a RequestSource.
  std::optional<Exchange> next(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> wake_at() const;
  // Its end was read, or there is none to be had.
  [[nodiscard]] bool finished() const { return finished_; }

 private:
  // `follow` until its end; `rest`, what there is, where the container has ended and its stream does not.
  enum class Reading { follow, rest };

  Exchange open(Reading reading);
  Exchange look_at_pod();
  void take(std::string_view data);
  void on_end(const Outcome& outcome);
  void on_pod(const Outcome& outcome);
  void finish();

  LogSpec spec_;
  std::chrono::milliseconds silence_;
  util::LineBuffer lines_;
  Reading reading_ = Reading::follow;
  std::size_t received_ = 0;  // bytes of the log so far
  std::size_t to_skip_ = 0;   // after a cut a log starts anew: bytes that are known already
  int stream_ = 0;            // number of the stream that counts: an older one may still be open
  bool open_ = false;
  bool looking_ = false;
  bool finished_ = false;
  int failures_ = 0;
  TimePoint not_before_;
  TimePoint last_heard_;
};

}  // namespace kots_export::kube
