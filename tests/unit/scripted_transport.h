#pragma once

#include <kots_export/kube/transport.h>

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace kots_export::test {

// A Transport without a network: a function answers. Answers come in the order of the requests, the oldest in
// flight first, and only once no more can be started.
class ScriptedTransport : public kube::Transport {
 public:
  using Script = std::function<kube::Outcome(const kube::Request&)>;
  explicit ScriptedTransport(Script script, std::size_t max_in_flight = 4)
      : script_(std::move(script)), max_in_flight_(max_in_flight) {}

  void run(kube::RequestSource& source) override {
    std::deque<kube::Exchange> in_flight;
    for (;;) {
      while (in_flight.size() < max_in_flight_) {
        auto exchange = source.next();
        if (!exchange) break;
        requests_.push_back(exchange->request);
        in_flight.push_back(std::move(*exchange));
      }
      most_in_flight_ = std::max(most_in_flight_, in_flight.size());
      if (in_flight.empty()) {
        const auto wake = source.wake_at();
        if (!wake) return;
        std::this_thread::sleep_until(*wake);
        if (source.tick() == kube::Flow::stop) return;
        continue;
      }
      kube::Exchange exchange = std::move(in_flight.front());
      in_flight.pop_front();
      exchange.done(script_(exchange.request));
    }
  }

  [[nodiscard]] std::size_t max_in_flight() const override { return max_in_flight_; }

  kube::WebSocketResult websocket(const kube::Request&, std::string_view,
                                  const std::function<kube::Flow(std::string_view)>&) override {
    return {};
  }

  // Everything that was sent, in order.
  [[nodiscard]] const std::vector<kube::Request>& requests() const { return requests_; }
  [[nodiscard]] std::size_t most_in_flight() const { return most_in_flight_; }

 private:
  Script script_;
  std::size_t max_in_flight_;
  std::vector<kube::Request> requests_;
  std::size_t most_in_flight_ = 0;
};

inline kube::Reply reply(int status, const nlohmann::json& body = nlohmann::json::object()) {
  return {.status = status, .headers = {}, .body = body.dump()};
}

inline kube::TransportFailure cut(kube::TransportFailure::Delivered delivered) {
  return {.kind = kube::TransportFailure::Kind::reset, .delivered = delivered, .text = "cut", .hint = {}};
}

}  // namespace kots_export::test
