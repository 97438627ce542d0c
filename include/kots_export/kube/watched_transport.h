#pragma once

#include <kots_export/kube/traffic.h>
#include <kots_export/kube/transport.h>

#include <chrono>
#include <functional>

namespace kots_export::kube {

// A transport that tells a listener what goes over it: each request when it has ended, and several times a
// second what is under way. Changes nothing of what is sent.
class WatchedTransport : public Transport {
 public:
  // What the listener gets to see of a request: method and path, or headers and body too, which then are held
  // twice.
  enum class Keep { line, whole };
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  // The references outlive this. The listener throws nothing.
  WatchedTransport(Transport& inner, TrafficListener& listener, Keep keep = Keep::line,
                   Clock now = &std::chrono::steady_clock::now)
      : inner_(inner), listener_(listener), keep_(keep), now_(std::move(now)) {}

  void run(RequestSource& source) override;
  [[nodiscard]] std::size_t max_in_flight() const override { return inner_.max_in_flight(); }
  WebSocketResult websocket(const Request& request, std::string_view protocol,
                            const std::function<Flow(std::string_view)>& on_message) override;

 private:
  class Source;

  Transport& inner_;
  TrafficListener& listener_;
  Keep keep_;
  Clock now_;
};

}  // namespace kots_export::kube
