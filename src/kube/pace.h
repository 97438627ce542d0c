#pragma once

#include <kots_export/kube/transport.h>

#include <chrono>
#include <cstddef>
#include <functional>

namespace kots_export::kube {

// How many requests are in flight: as many as the server answers without slowing down, between one and
// `most`.
//  - 429, 503, timeouts and cut connections halve the window, once for all that was in flight at that moment.
//  - After each window of writes, their mean latency is held against the least mean so far: where it is more
//  than
//    half as much again, the requests wait for each other in the server. The window then shrinks by as much,
//    but not below 16; else it grows by its square root. So a server at its limit gets 16, which
//    keep it busy (docs/performance.md), and one that is far away gets more.
// Latency is judged of writes alone: a page of a list takes what it takes. Source: TCP's additive increase
// and multiplicative decrease, and TCP Vegas' least round trip.
class Pace {
 public:
  explicit Pace(std::size_t most);

  [[nodiscard]] bool may_start() const { return in_flight_ < window(); }
  [[nodiscard]] std::size_t window() const;

  void started() { ++in_flight_; }
  // So many will not be heard of any more.
  void forget(std::size_t requests) { in_flight_ -= requests; }
  void finished(Method method, const Outcome& outcome, std::chrono::duration<double> latency);

 private:
  void back_off();
  void end_round();

  double most_;
  double window_;
  std::size_t in_flight_ = 0;
  std::size_t forgiven_ = 0;  // answers to what was in flight at the last back-off
  std::size_t samples_ = 0;   // of this round
  double sum_ = 0;            // of their latencies, in seconds
  double least_mean_ = 0;     // of a round; 0: none yet
};

// Stands between the transport and a source, and gives only as many requests as `pace` allows. Streams (those
// with on_data) are not counted: they stay open.
class PacedSource : public RequestSource {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  PacedSource(RequestSource& inner, Pace& pace, Clock now = &std::chrono::steady_clock::now)
      : inner_(inner), pace_(pace), now_(std::move(now)) {}
  PacedSource(const PacedSource&) = delete;
  PacedSource& operator=(const PacedSource&) = delete;
  // What a run that ended early left in flight is in flight no more.
  ~PacedSource() override { pace_.forget(in_flight_); }

  std::optional<Exchange> next() override;
  // What is due and has no room waits for an answer, not for the clock.
  std::optional<std::chrono::steady_clock::time_point> wake_at() override {
    return pace_.may_start() ? inner_.wake_at() : std::nullopt;
  }
  Flow tick() override { return inner_.tick(); }
  [[nodiscard]] std::optional<Retry> next_retry() const override { return inner_.next_retry(); }

 private:
  RequestSource& inner_;
  Pace& pace_;
  Clock now_;
  std::size_t in_flight_ = 0;
};

}  // namespace kots_export::kube
