#pragma once

#include <kots_export/kube/transport.h>

#include "unit/support/scripted_transport.h"

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace kots_export::test {

constexpr const char* kLeasePath = "/apis/coordination.k8s.io/v1/namespaces/ns/leases/kots-export";

// A clock that moves when the test says so.
class ManualClock {
 public:
  [[nodiscard]] std::chrono::nanoseconds now() const { return now_; }
  void move(std::chrono::nanoseconds by) { now_ += by; }

 private:
  std::chrono::nanoseconds now_ = std::chrono::hours(1);
};

// The one Lease, with the API server's rules for it (tests/contract): 201 and 409 to a create, 404 where it
// is not there, 422 to a patch for another UID, 409 to a delete of another UID or resourceVersion. All else
// that is asked for is answered 200 {}.
class LeaseServer {
 public:
  using Answer = std::optional<kube::Outcome>;  // nothing: none ever comes

  // What happens to a request instead of, or after, what the server does with it. `none`: just that.
  enum class Fault {
    none,
    lose_request,
    lose_answer,
    gateway_timeout,
    gateway_timeout_but_done,
    web_page,
    web_page_but_done,
    too_many_requests,
    conflict  // without a reason: the server's store was written to by somebody else at the same time
  };
  std::deque<Fault> faults;  // of the next requests for the Lease, one each
  // Called before each request: time for the other run to do something.
  std::function<void(const kube::Request&)> before = [](const kube::Request&) {};
  // What is answered in place of the server's own answer; nothing: that.
  std::function<Answer(const kube::Request&)> instead = [](const kube::Request&) { return std::nullopt; };
  std::optional<nlohmann::json> lease;

  void held_by(const std::string& who, const std::string& process, int seconds) {
    lease = {{"kind", "Lease"},
             {"metadata",
              {{"name", "kots-export"},
               {"uid", "uid-of-" + who},
               {"resourceVersion", next_version()},
               {"annotations", {{"kots-export/process", process}}}}},
             {"spec", {{"holderIdentity", who}, {"leaseDurationSeconds", seconds}}}};
  }
  void renewed() { (*lease)["metadata"]["resourceVersion"] = next_version(); }
  [[nodiscard]] std::string holder() const { return lease ? (*lease)["spec"]["holderIdentity"] : ""; }

  kube::Outcome answer(const kube::Request& request) {
    before(request);
    if (auto other = instead(request)) return *std::move(other);
    if (request.path.find("/leases") == std::string::npos) return reply(200, nlohmann::json::object());
    Fault fault = Fault::none;
    if (!faults.empty()) {
      fault = faults.front();
      faults.pop_front();
    }
    const bool does_it = fault == Fault::none || fault == Fault::lose_answer ||
                         fault == Fault::gateway_timeout_but_done || fault == Fault::web_page_but_done;
    kube::Outcome answer = does_it ? carry_out(request) : reply(200);
    switch (fault) {
      case Fault::none:
        return answer;
      case Fault::lose_request:
      case Fault::lose_answer:
        return reset();
      case Fault::gateway_timeout:
      case Fault::gateway_timeout_but_done:
        return text_reply(504, "timeout");
      case Fault::web_page:
      case Fault::web_page_but_done:
        return text_reply(200, "<html>Sign in</html>");
      case Fault::too_many_requests:
        return text_reply(429, "Too many requests, please try again later.");
      case Fault::conflict:
        return status_reply(409, "Conflict");
    }
    return answer;
  }

 private:
  std::string next_version() { return std::to_string(++version_); }

  kube::Outcome carry_out(const kube::Request& request) {
    using nlohmann::json;
    const json body = request.body.empty() ? json() : json::parse(request.body);
    if (request.method == kube::Method::post) {
      if (lease) return status_reply(409, "AlreadyExists");
      lease = body;
      (*lease)["metadata"]["uid"] = "uid-" + next_version();
      (*lease)["metadata"]["resourceVersion"] = next_version();
      return reply(201, *lease);
    }
    if (!lease) return status_reply(404, "NotFound");
    json& metadata = (*lease)["metadata"];
    const auto differs = [&](const char* key, const json::json_pointer& at) {
      return body.contains(at) && body[at] != metadata[key];
    };
    if (request.method == kube::Method::get) return reply(200, *lease);
    if (request.method == kube::Method::del) {
      if (differs("uid", json::json_pointer("/preconditions/uid")) ||
          differs("resourceVersion", json::json_pointer("/preconditions/resourceVersion")))
        return status_reply(409, "Conflict");
      const json details{{"name", metadata["name"]}, {"kind", "leases"}, {"uid", metadata["uid"]}};
      lease.reset();
      return reply(200, {{"kind", "Status"}, {"status", "Success"}, {"details", details}});
    }
    if (differs("uid", json::json_pointer("/metadata/uid"))) return status_reply(422, "Invalid");
    lease->merge_patch(body);
    renewed();
    return reply(200, *lease);
  }

  int version_ = 0;
};

// A transport whose time is a ManualClock: a turn of its loop takes `turn`. A request waits until the wire is
// open, is sent, and answered after `latency`.
class SlowWire : public kube::Transport {
 public:
  SlowWire(ManualClock& clock, LeaseServer& server) : clock_(clock), server_(server) {}

  struct Sent {
    kube::Method method;
    std::string path;
    std::chrono::nanoseconds at;
    kube::Request::Connection connection = kube::Request::Connection::any;
  };
  std::vector<Sent> sent;
  bool open = true;  // else what was accepted is not sent yet
  std::size_t most = 4;
  std::chrono::milliseconds turn{100};
  std::chrono::milliseconds latency{0};
  std::optional<std::chrono::milliseconds> latency_of_lease;  // where it is another
  std::function<bool(const kube::Request&)> is_answered = [](const kube::Request&) { return true; };
  std::function<void()> after_turn = [] {};

  void run(kube::RequestSource& source) override {
    std::vector<Transfer> active;
    for (;;) {
      while (active.size() < most) {
        auto exchange = source.next();
        if (!exchange) break;
        active.push_back(
            {.exchange = std::move(*exchange), .accepted = clock_.now(), .outcome = {}, .at = {}});
      }
      if (active.empty() && !source.wake_at()) return;
      for (Transfer& transfer : active) {
        if (open && !transfer.is_sent) send(transfer);
      }
      finish(active);
      clock_.move(turn);
      after_turn();
      if (source.tick() == kube::Flow::stop) break;
    }
    for (Transfer& transfer : active)
      transfer.exchange.done(failure(kube::TransportFailure::Kind::cancelled));
  }

  [[nodiscard]] std::size_t max_in_flight() const override { return most; }
  kube::WebSocketResult websocket(const kube::Request&, std::string_view,
                                  const std::function<kube::Flow(std::string_view)>&) override {
    return {};
  }

  // Requests of the work, not of the lock.
  [[nodiscard]] std::vector<Sent> work_sent() const {
    std::vector<Sent> work;
    for (const Sent& one : sent) {
      if (one.path.find("/leases") == std::string::npos) work.push_back(one);
    }
    return work;
  }

 private:
  struct Transfer {
    kube::Exchange exchange;
    std::chrono::nanoseconds accepted;
    std::optional<kube::Outcome> outcome;
    std::chrono::nanoseconds at;
    bool is_sent = false;
  };

  static kube::TransportFailure failure(
      kube::TransportFailure::Kind kind,
      kube::TransportFailure::Delivered delivered = kube::TransportFailure::Delivered::maybe) {
    return {.kind = kind, .delivered = delivered, .text = "no answer", .hint = {}};
  }

  void send(Transfer& transfer) {
    transfer.is_sent = true;
    const bool is_for_lease = transfer.exchange.request.path.find("/leases") != std::string::npos;
    transfer.at = clock_.now() + (is_for_lease ? latency_of_lease.value_or(latency) : latency);
    if (transfer.exchange.may_send && !transfer.exchange.may_send()) {
      transfer.at = clock_.now();
      transfer.outcome =
          failure(kube::TransportFailure::Kind::cancelled, kube::TransportFailure::Delivered::no);
      return;
    }
    const kube::Request& request = transfer.exchange.request;
    sent.push_back({request.method, request.path, clock_.now(), request.connection});
    if (is_answered(request)) transfer.outcome = server_.answer(request);
  }

  void finish(std::vector<Transfer>& active) {
    std::vector<Transfer> done;
    std::erase_if(active, [&](Transfer& transfer) {
      const auto timeout = transfer.exchange.request.timeout;
      if (timeout.count() > 0 && clock_.now() - transfer.accepted >= timeout) {
        transfer.outcome = failure(kube::TransportFailure::Kind::timeout);
        transfer.at = clock_.now();
      }
      if (!transfer.outcome || transfer.at > clock_.now()) return false;
      done.push_back(std::move(transfer));
      return true;
    });
    for (Transfer& transfer : done) transfer.exchange.done(std::move(*transfer.outcome));
  }

  ManualClock& clock_;
  LeaseServer& server_;
};

}  // namespace kots_export::test
