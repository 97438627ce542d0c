#pragma once

#include <kots_export/kube/transport.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// What goes over a transport, for people who wait for it. Decides nothing.
namespace kots_export::kube {

// What is under way at one moment. Streams do not count: they are silent for good reasons.
struct Traffic {
  struct Unanswered {
    Method method = Method::get;
    std::string path;
    std::chrono::milliseconds since{0};  // it was given to the transport
  };
  std::size_t in_flight = 0;
  std::optional<Unanswered> oldest;
  struct Pause {
    Method method = Method::get;
    std::string path;
    std::string why;  // see Retry
    std::chrono::milliseconds left{0};
  };
  std::optional<Pause> pause;  // before the next request that is sent again
};

class TrafficListener {
 public:
  virtual ~TrafficListener() = default;
  // A request has ended: `outcome` of this one try, and how long it took. The body of a stream is not in it.
  virtual void request_done(const Request& /*request*/, const Outcome& /*outcome*/,
                            std::chrono::milliseconds /*took*/) {}
  // Told several times a second for as long as a transport is at work.
  virtual void traffic(const Traffic& /*now*/) {}
};

// "PATCH Deployment frontend", "GET /version": a request as people name it. A kind that this tool does not
// know is named as kubectl names resources: "PATCH leases.coordination.k8s.io kots-export".
[[nodiscard]] std::string request_text(Method method, std::string_view path);

}  // namespace kots_export::kube
