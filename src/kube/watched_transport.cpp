#include <kots_export/kube/watched_transport.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace kots_export::kube {

using std::chrono::milliseconds;
using TimePoint = std::chrono::steady_clock::time_point;

namespace {

// Often enough for a person, and seldom enough to cost nothing.
constexpr milliseconds kTurn{100};

milliseconds between(TimePoint from, TimePoint to) {
  return std::chrono::duration_cast<milliseconds>(to - from);
}

}  // namespace

// One run: what is in flight, in the order in which it was given.
class WatchedTransport::Source : public RequestSource {
 public:
  Source(WatchedTransport& of, RequestSource& inner) : of_(of), inner_(inner) {}

  std::optional<Exchange> next() override {
    auto exchange = inner_.next();
    if (!exchange) return exchange;
    auto sent = std::make_shared<Sent>();
    sent->since = of_.now_();
    if (of_.keep_ == Keep::whole) {
      sent->request = exchange->request;
    } else {
      sent->request.method = exchange->request.method;
      sent->request.path = exchange->request.path;
    }
    const std::uint64_t number = ++given_;
    if (exchange->kind == Exchange::Kind::request) in_flight_.emplace(number, sent);
    exchange->done = [this, number, sent = std::move(sent),
                      done = std::move(exchange->done)](Outcome outcome) {
      in_flight_.erase(number);
      of_.listener_.request_done(sent->request, outcome, between(sent->since, of_.now_()));
      done(std::move(outcome));
    };
    return exchange;
  }

  std::optional<TimePoint> wake_at() override { return inner_.wake_at(); }

  Flow tick() override {
    const TimePoint now = of_.now_();
    if (now - told_ >= kTurn) {
      told_ = now;
      of_.listener_.traffic(traffic(now));
    }
    return inner_.tick();
  }

  [[nodiscard]] std::optional<Retry> next_retry() const override { return inner_.next_retry(); }

 private:
  struct Sent {
    Request request;
    TimePoint since;
  };

  [[nodiscard]] Traffic traffic(TimePoint now) const {
    Traffic result{.in_flight = in_flight_.size(), .oldest = std::nullopt, .pause = std::nullopt};
    if (!in_flight_.empty()) {
      const Sent& oldest = *in_flight_.begin()->second;
      result.oldest = {
          .method = oldest.request.method, .path = oldest.request.path, .since = between(oldest.since, now)};
    }
    if (auto retry = inner_.next_retry()) {
      result.pause = {.method = retry->method,
                      .path = std::move(retry->path),
                      .why = std::move(retry->why),
                      .left = std::max(between(now, retry->at), milliseconds(0))};
    }
    return result;
  }

  WatchedTransport& of_;
  RequestSource& inner_;
  std::map<std::uint64_t, std::shared_ptr<const Sent>> in_flight_;
  std::uint64_t given_ = 0;
  TimePoint told_{};
};

void WatchedTransport::run(RequestSource& source) {
  Source watched(*this, source);
  inner_.run(watched);
}

WebSocketResult WatchedTransport::websocket(const Request& request, std::string_view protocol,
                                            const std::function<Flow(std::string_view)>& on_message) {
  const TimePoint began = now_();
  TimePoint heard = began;
  WebSocketResult result = inner_.websocket(request, protocol, [&](std::string_view message) {
    if (!message.empty()) heard = now_();
    const Traffic::Unanswered open{
        .method = request.method, .path = request.path, .since = between(heard, now_())};
    listener_.traffic({.in_flight = 1, .oldest = open, .pause = std::nullopt});
    return on_message(message);
  });
  // What came over it is the output of a command, which may hold passwords.
  Request line;
  line.method = request.method;
  line.path = request.path;
  listener_.request_done(line, Reply{.status = result.http_status, .headers = {}, .body = {}},
                         between(began, now_()));
  return result;
}

}  // namespace kots_export::kube
