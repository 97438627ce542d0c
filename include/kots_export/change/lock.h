#pragma once

#include <kots_export/change/lease.h>
#include <kots_export/change/observer.h>
#include <kots_export/kube/client.h>
#include <kots_export/kube/transport.h>
#include <kots_export/util/time.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace kots_export::change {


struct LockOptions {
  std::string holder;   // who holds it, for people: "jo@laptop/4711/20261124T101530Z-k3f9"
  std::string process;  // util::process_identity() of the holder; may be empty
  // As long as this without a renewal and the lock is free for the taking.
  std::chrono::seconds duration{30};
  std::chrono::milliseconds renew_every{10'000};
  std::chrono::milliseconds look_every{1'000};                    // while another run holds it
  enum class Take { when_free, at_once } take = Take::when_free;  // at_once: --force-unlock
  std::function<bool()> interrupted;
  // Tells that the lease ran out while this process was stopped or the machine slept.
  std::function<std::chrono::nanoseconds()> since_boot = util::since_boot;
};

// Keeps two runs from changing one namespace at once: Lease `kots-export` (coordination.k8s.io/v1) in it. The
// one thing beside the Executor that writes, and no Change: it is not journalled and not rolled back.
//
// It is also the Transport that the run's client works with: whatever goes on over it, a renewal is slipped
// in when it is due, so that the lock lives as long as anything is done or waited for, without a second
// thread. Where the lease may have run out, nothing more is sent until the server has renewed it.
//
// A lock whose holder was killed is taken over: at once where the holder was a process of this machine that
// has ended; elsewhere when the lease was seen unchanged for its duration by our own clock, as client-go's
// leader election does it (clocks of two machines differ). Each holder makes a Lease of its own UID: so what
// is renewed or released is never another's.
class Lock : public kube::Transport {
 public:
  // `transport` is what the work goes over. The lock itself is asked for over it too, or, in the middle of
  // one of its run()s, over `beside`. The references outlive the lock. Nothing is sent yet.
  Lock(kube::Transport& transport, kube::Transport& beside, Observer& observer, LockOptions options);
  ~Lock() override;  // releases
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  // Takes the lock of namespace `ns`; waits for a holder to be told dead. Throws Error where another run is
  // at work, Interrupted, ApiError, ConnectionError. Where the user may not use Leases (403) or the server
  // has none (404), the observer is warned and the run goes on: every write carries a UID all the same.
  void acquire(const std::string& ns);
  // Gives it back, as far as that is possible; never throws.
  void release() noexcept;
  [[nodiscard]] bool held() const noexcept { return !uid_.empty(); }

  // Throws Error out of run() once a renewal shows that another run has taken the lock.
  void run(kube::RequestSource& source) override;
  [[nodiscard]] std::size_t max_in_flight() const override { return transport_.max_in_flight(); }
  kube::WebSocketResult websocket(const kube::Request& request, std::string_view protocol,
                                  const std::function<kube::Flow(std::string_view)>& on_message) override {
    return transport_.websocket(request, protocol, on_message);
  }

 private:
  class Renewing;
  struct Holder;
  enum class Created { yes, exists, not_possible };
  Created create();
  [[nodiscard]] std::optional<Holder> read();
  void take_over(const Holder& holder);
  void wait() const;
  void note_renewal();
  [[nodiscard]] bool may_have_run_out() const;
  kube::Reply send(kube::Request request, const std::string& action);

  kube::Transport& transport_;
  kube::Transport& beside_;
  Observer& observer_;
  LockOptions options_;
  kube::ObjectRef lease_;
  std::string uid_;       // of our Lease; empty: not held
  bool running_ = false;  // transport_ is in the middle of a run()
  std::chrono::steady_clock::time_point renewed_;
  std::chrono::nanoseconds renewed_since_boot_{0};
};

}  // namespace kots_export::change
