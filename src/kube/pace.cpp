#include "kube/pace.h"

#include <kots_export/kube/http_status.h>

#include <algorithm>
#include <cmath>

namespace kots_export::kube {

namespace {

constexpr double kFirstWindow = 16;
// Latency may rise this much before the window shrinks.
constexpr double kTolerance = 1.5;

// The server, or something before it, has too much to do.
bool is_overload(const Outcome& outcome) {
  if (const auto* failure = std::get_if<TransportFailure>(&outcome))
    return failure->kind == TransportFailure::Kind::timeout || failure->kind == TransportFailure::Kind::reset;
  const int status = std::get<Reply>(outcome).status;
  return status == http::kTooManyRequests || status == http::kUnavailable;
}

}  // namespace

Pace::Pace(std::size_t most)
    : most_(static_cast<double>(std::max<std::size_t>(most, 1))), window_(std::min(kFirstWindow, most_)) {}

std::size_t Pace::window() const { return static_cast<std::size_t>(window_); }

void Pace::finished(Method method, const Outcome& outcome, std::chrono::duration<double> latency) {
  --in_flight_;
  const bool is_old = forgiven_ > 0;
  if (is_old) --forgiven_;
  if (is_overload(outcome)) {
    if (!is_old) back_off();
    return;
  }
  if (is_old || method == Method::get) return;
  sum_ += latency.count();
  if (++samples_ >= window()) end_round();
}

void Pace::back_off() {
  window_ = std::max(1.0, window_ / 2);
  forgiven_ = in_flight_;
  samples_ = 0;
  sum_ = 0;
}

void Pace::end_round() {
  const double mean = sum_ / static_cast<double>(samples_);
  samples_ = 0;
  sum_ = 0;
  if (least_mean_ == 0 || mean < least_mean_) least_mean_ = mean;
  const double gradient = mean > 0 ? std::clamp(kTolerance * least_mean_ / mean, 0.5, 1.0) : 1.0;
  const double growth = gradient < 1.0 ? 0.0 : std::sqrt(window_);
  // Latency alone does not take it below where it began: on a busy machine it tells little.
  const double least = std::min(window_, std::min(kFirstWindow, most_));
  window_ = std::clamp(window_ * gradient + growth, least, most_);
}

std::optional<Exchange> PacedSource::next() {
  if (!pace_.may_start()) return std::nullopt;
  auto exchange = inner_.next();
  if (!exchange || exchange->on_data) return exchange;
  pace_.started();
  ++in_flight_;
  exchange->done = [this, method = exchange->request.method, began = now_(),
                    done = std::move(exchange->done)](Outcome outcome) {
    --in_flight_;
    pace_.finished(method, outcome, now_() - began);
    done(std::move(outcome));
  };
  return exchange;
}

}  // namespace kots_export::kube
