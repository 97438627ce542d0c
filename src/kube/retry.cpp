#include "kube/retry.h"

#include <kots_export/kube/http_status.h>
#include <kots_export/kube/status.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "kube/own_answer.h"

#include <algorithm>

namespace kots_export::kube {

namespace {

using Clock = std::chrono::steady_clock;

bool is_read(const Request& request) {
  return request.method == Method::get || request.path.starts_with(kReviewsPath) ||
         request.path.starts_with(kIdentityPath);
}

std::string failure_of(const Outcome& outcome) {
  if (const auto* failure = std::get_if<TransportFailure>(&outcome)) return failure->text;
  return util::filled("the server answers {status}", {{"status", std::get<Reply>(outcome).status}});
}

}  // namespace

RetryingSource::RetryingSource(RequestSource& inner, RetryPolicy policy, std::function<bool()> interrupted,
                               bool& reached)
    : inner_(inner), policy_(policy), interrupted_(std::move(interrupted)), reached_(reached) {}

bool RetryingSource::may_repeat(const Attempt& attempt, const Outcome& outcome) const {
  if (attempt.got_data) return false;
  const bool is_asked = retry_after(outcome).has_value();
  if (attempt.number >= (is_asked ? policy_.attempts_when_asked : policy_.attempts)) return false;
  const bool read = is_read(attempt.exchange.request);
  if (const auto* failure = std::get_if<TransportFailure>(&outcome)) {
    const bool unsent = failure->delivered == TransportFailure::Delivered::no;
    switch (failure->kind) {
      case TransportFailure::Kind::connect:
      case TransportFailure::Kind::reset:
      case TransportFailure::Kind::timeout:
      case TransportFailure::Kind::foreign:
        break;
      default:
        return false;  // a wrong name, certificate or credential does not get better
    }
    // Where the first connection is refused, or nobody answers its call, there is no server: the operator
    // waits for nothing. Later it means one that restarts.
    if (is_unreachable(*failure) && !reached_) return false;
    return read || unsent;
  }
  const Reply& reply = std::get<Reply>(outcome);
  if (!read) return reply.status == http::kTooManyRequests;
  return http::is_passing(reply.status);
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
  exchange.may_send = attempt->exchange.may_send;
  if (attempt->deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*attempt->deadline - Clock::now());
    const auto own = exchange.request.timeout.count() > 0 ? exchange.request.timeout : policy_.longest_try;
    exchange.request.timeout = std::max(std::min(own, left), std::chrono::milliseconds(1));
    attempt->ends_at_deadline = left <= own;
  }
  if (attempt->exchange.on_data) {
    exchange.on_data = [attempt](std::string_view data) {
      attempt->got_data = true;
      return attempt->exchange.on_data(data);
    };
  }
  exchange.done = [this, attempt](Outcome outcome) {
    reached_ = reached_ || std::holds_alternative<Reply>(outcome);
    // Of the answer to a write its sender has to judge.
    if (is_read(attempt->exchange.request) && !attempt->exchange.on_data)
      outcome = believed(attempt->exchange.request, std::move(outcome));
    const bool repeats = may_repeat(*attempt, outcome);
    const auto at = Clock::now() + (repeats ? delay_for(*attempt, outcome) : std::chrono::milliseconds(0));
    if (repeats && (!attempt->deadline || at < *attempt->deadline)) {
      waiting_.emplace_back(at, attempt);
      attempt->why_again = failure_of(outcome);
      ++attempt->number;
      return;
    }
    auto* failure = std::get_if<TransportFailure>(&outcome);
    if (failure != nullptr && is_unreachable(*failure) && !reached_) unreachable_ = *failure;
    if (failure != nullptr && failure->kind == TransportFailure::Kind::timeout && attempt->ends_at_deadline)
      failure->text = util::filled("no answer within {time} (--request-timeout)",
                                   {{"time", util::duration_text(policy_.total)}});
    attempt->exchange.done(std::move(outcome));
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
  for (; exchange && unreachable_; exchange = inner_.next()) exchange->done(*unreachable_);
  if (!exchange) return std::nullopt;
  auto attempt = std::make_shared<Attempt>();
  attempt->exchange = std::move(*exchange);
  if (policy_.total.count() > 0 && !attempt->exchange.on_data) attempt->deadline = now + policy_.total;
  return start(attempt);
}

std::optional<Clock::time_point> RetryingSource::wake_at() {
  auto earliest = inner_.wake_at();
  for (const auto& [when, attempt] : waiting_) {
    if (!earliest || when < *earliest) earliest = when;
  }
  return earliest;
}

std::optional<Retry> RetryingSource::next_retry() const {
  const auto first = std::ranges::min_element(waiting_, {}, &Waiting::first);
  if (first == waiting_.end()) return inner_.next_retry();
  const Attempt& attempt = *first->second;
  return Retry{.method = attempt.exchange.request.method,
               .path = attempt.exchange.request.path,
               .why = attempt.why_again,
               .at = first->first};
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
