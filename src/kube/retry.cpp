#include "kube/retry.h"

#include <kots_export/kube/http_status.h>

#include <algorithm>
#include <charconv>

namespace kots_export::kube {

namespace {

using Clock = std::chrono::steady_clock;

// A server that asks for more than this is not waited for longer.
constexpr std::chrono::seconds kLongestRetryAfter{60};

bool is_read(Method method) { return method == Method::get; }

std::optional<std::chrono::milliseconds> retry_after(const Outcome& outcome) {
  const auto* reply = std::get_if<Reply>(&outcome);
  if (reply == nullptr) return std::nullopt;
  const auto header = reply->header("retry-after");
  if (!header) return std::nullopt;
  int seconds = 0;
  const auto [end, error] = std::from_chars(header->data(), header->data() + header->size(), seconds);
  if (error != std::errc() || end != header->data() + header->size() || seconds < 0) return std::nullopt;
  return std::min<std::chrono::milliseconds>(std::chrono::seconds(seconds), kLongestRetryAfter);
}

}  // namespace

RetryingSource::RetryingSource(RequestSource& inner, RetryPolicy policy, std::function<bool()> interrupted,
                               bool& reached)
    : inner_(inner), policy_(policy), interrupted_(std::move(interrupted)), reached_(reached) {}

bool RetryingSource::may_repeat(const Attempt& attempt, const Outcome& outcome) const {
  if (attempt.number >= policy_.attempts || attempt.got_data) return false;
  const bool read = is_read(attempt.exchange.request.method);
  if (const auto* failure = std::get_if<TransportFailure>(&outcome)) {
    switch (failure->kind) {
      case TransportFailure::Kind::connect:
      case TransportFailure::Kind::reset:
      case TransportFailure::Kind::timeout:
        break;
      default:
        return false;  // a wrong name, certificate or credential does not get better
    }
    // The first connection that is refused means a server that is down: the operator waits for nothing. Later
    // it means one that restarts.
    if (failure->kind == TransportFailure::Kind::connect && !reached_) return false;
    return read || failure->delivered == TransportFailure::Delivered::no;
  }
  const int status = std::get<Reply>(outcome).status;
  if (status == http::kTooManyRequests) return true;
  if (status == http::kUnavailable) return read || retry_after(outcome).has_value();
  return read &&
         (status == http::kInternalError || status == http::kBadGateway || status == http::kGatewayTimeout);
}

std::chrono::milliseconds RetryingSource::delay_for(const Attempt& attempt, const Outcome& outcome) {
  if (const auto asked = retry_after(outcome)) return *asked;
  std::chrono::milliseconds delay = policy_.first_delay;
  std::uniform_real_distribution<double> jitter(0.5, 1.0);
  for (int i = 1; i < attempt.number; ++i) delay = std::min(delay * 2, policy_.longest_delay);
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(static_cast<double>(delay.count()) * jitter(random_)));
}

Exchange RetryingSource::start(const std::shared_ptr<Attempt>& attempt) {
  Exchange exchange;
  exchange.request = attempt->exchange.request;
  exchange.kind = attempt->exchange.kind;
  if (attempt->exchange.on_data) {
    exchange.on_data = [attempt](std::string_view data) {
      attempt->got_data = true;
      return attempt->exchange.on_data(data);
    };
  }
  exchange.done = [this, attempt](Outcome outcome) {
    reached_ = reached_ || std::holds_alternative<Reply>(outcome);
    if (may_repeat(*attempt, outcome)) {
      waiting_.emplace_back(Clock::now() + delay_for(*attempt, outcome), attempt);
      ++attempt->number;
    } else {
      attempt->exchange.done(std::move(outcome));
    }
  };
  return exchange;
}

std::optional<Exchange> RetryingSource::next() {
  const auto now = Clock::now();
  const auto due =
      std::ranges::find_if(waiting_, [now](const Waiting& waiting) { return waiting.first <= now; });
  if (due != waiting_.end()) {
    const auto attempt = due->second;
    waiting_.erase(due);
    return start(attempt);
  }
  auto exchange = inner_.next();
  if (!exchange) return std::nullopt;
  auto attempt = std::make_shared<Attempt>();
  attempt->exchange = std::move(*exchange);
  return start(attempt);
}

std::optional<Clock::time_point> RetryingSource::wake_at() {
  auto earliest = inner_.wake_at();
  for (const auto& [when, attempt] : waiting_) {
    if (!earliest || when < *earliest) earliest = when;
  }
  return earliest;
}

Flow RetryingSource::tick() {
  // While waiting between two tries, an interrupt ends the wait at once; requests in flight are the inner
  // source's say.
  if (interrupted_ && interrupted_() && !waiting_.empty()) {
    auto waiting = std::move(waiting_);
    waiting_.clear();
    for (auto& [when, attempt] : waiting) {
      attempt->exchange.done(TransportFailure{.kind = TransportFailure::Kind::cancelled,
                                              .delivered = TransportFailure::Delivered::no,
                                              .text = "interrupted",
                                              .hint = {}});
    }
  }
  return inner_.tick();
}

}  // namespace kots_export::kube
