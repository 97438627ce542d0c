#pragma once

#include <kots_export/change/lease.h>
#include <kots_export/change/observer.h>
#include <kots_export/kube/transport.h>

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

namespace kots_export::change {

// Keeps a Lease while work goes over a transport: renewals are slipped in among the work, so that the lock
// lives as long as anything is done or waited for, without a second thread. While the lease is not held, this
// is the transport itself.
//
//  - A renewal is due after a third of the Lease's duration. One that fails is tried again after a fifteenth
//    (2 s of 30), and none takes longer than a sixth. After one that was not answered the next goes over a
//    connection of its own.
//  - Only a 2xx with our Lease renews. Once two thirds of the duration have passed since the last one that
//    did was sent, no request of the work is sent. This is looked at twice: when the work has made its
//    request (its journal is on the disk then), and by the inner transport just before the first byte
//    (Exchange::may_send): so also a request that waited in libcurl while the process was stopped, or the
//    machine slept, is taken back and waits here.
//  - Then the Lease is read first. Where it is ours still, it is renewed and the work goes on. Where it is
//    another's or gone, run() throws Error, now and ever after: nothing more is sent, and what is in flight
//    is waited for until the end of the duration at most.
//  - A lock that could not be renewed for its whole duration (counted anew after the process was stopped or
//    the machine slept) ends the run: what is unanswered is cancelled, so its fate is unknown, and run()
//    throws Error. The Lease is left to run out.
class RenewingTransport : public kube::Transport {
 public:
  // Told during a run until when the work may send, by the lease's clock, whenever that changes; nothing: it
  // does not matter now. util::stop_guard listens: between the look before the first byte and the byte itself
  // the process may still be stopped.
  using SendingUntil = std::function<void(std::optional<std::chrono::nanoseconds>)>;

  // The references outlive this.
  RenewingTransport(kube::Transport& inner, Lease& lease, Observer& observer, SendingUntil sending_until = {})
      : inner_(inner), lease_(lease), observer_(observer), sending_until_(std::move(sending_until)) {
    if (!sending_until_) sending_until_ = [](std::optional<std::chrono::nanoseconds>) {};
  }

  void run(kube::RequestSource& source) override;
  // One less than the inner transport: a renewal finds room whatever the work does.
  [[nodiscard]] std::size_t max_in_flight() const override;
  kube::WebSocketResult websocket(const kube::Request& request, std::string_view protocol,
                                  const std::function<kube::Flow(std::string_view)>& on_message) override;

 private:
  class Run;

  kube::Transport& inner_;
  Lease& lease_;
  Observer& observer_;
  SendingUntil sending_until_;
  std::optional<Error> ended_;  // why nothing is sent any more
};

}  // namespace kots_export::change
