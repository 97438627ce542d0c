#pragma once

#include <kots_export/change/observer.h>
#include <kots_export/kube/client.h>
#include <kots_export/kube/transport.h>
#include <kots_export/util/time.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace kots_export::change {

inline constexpr const char* kLockName = "kots-export";

struct LeaseOptions {
  std::string holder;   // who holds it, for people, and no other run: "jo@laptop/4711/20261124T101530Z-k3f9"
  std::string process;  // util::process_identity() of the holder; may be empty
  // As long as this without a renewal and the lock is free for the taking.
  std::chrono::seconds duration{30};
  std::chrono::milliseconds look_every{1'000};                         // while another run holds it
  enum class Take { when_free, at_once } take = Take::when_free;       // at_once: --force-unlock
  std::string show_command = "kubectl get lease kots-export -o yaml";  // for people: prints the Lease
  std::function<bool()> interrupted = {};
  kube::RetryPolicy retry = {};
  // The clock by which the lease runs out: it goes on while this process is stopped and the machine sleeps.
  std::function<std::chrono::nanoseconds()> since_boot = util::since_boot;
  std::function<void(std::chrono::milliseconds)> pause = {};  // empty: sleeps
};

struct SeenLease;

// Keeps two runs from changing one namespace at once: Lease `kots-export` (coordination.k8s.io/v1) in it. The
// one thing beside the Executor that writes, and no Change: it is not journalled and not rolled back.
//
// Who creates the Lease holds the lock. A lock whose holder was killed is taken over: at once where the
// holder was a process of this machine that has ended; elsewhere when the Lease was seen unchanged for its
// duration by our own clock, as client-go's leader election does it (clocks of two machines differ). Taking
// over is a delete of exactly the Lease that was seen (UID and resourceVersion), then a create: so each
// holder has a Lease of its own UID, and what is renewed or released is never another's.
//
// The holder may send for two thirds of the duration, counted from when the last request that succeeded in
// making or renewing the Lease was sent: the rest is for what is on its way. RenewingTransport sees to that.
class Lease {
 public:
  // The references outlive the lease. Nothing is sent yet.
  Lease(kube::Transport& transport, Observer& observer, LeaseOptions options);
  ~Lease();  // releases
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  // Takes the lock of namespace `ns`; waits for a holder to be told dead. Not from inside a run of the
  // transport. Throws Error where another run is at work, Interrupted, ApiError, ConnectionError. Where the
  // user may not use Leases (403) or the server has none (404), the observer is warned and the run goes on:
  // every write carries a UID all the same.
  void acquire(const std::string& ns);
  // Looks whether another run is at work on `ns`, as acquire does, and takes nothing. Returns the Error that
  // acquire would throw for it. Throws ApiError, ConnectionError, Interrupted.
  [[nodiscard]] std::optional<Error> other_run(const std::string& ns);
  // Gives it back, as far as that can be done in a few seconds; never throws. Ctrl-C does not stop it. Also
  // one that acquire() may have made without hearing of it.
  void release() noexcept;
  [[nodiscard]] bool held() const noexcept { return !uid_.empty(); }

  // --- For RenewingTransport, which sends these requests in the middle of a run ---

  [[nodiscard]] std::chrono::nanoseconds now() const { return options_.since_boot(); }
  [[nodiscard]] std::chrono::nanoseconds duration() const { return options_.duration; }
  [[nodiscard]] const std::string& ns() const { return ref_.ns; }
  [[nodiscard]] bool interrupted() const { return options_.interrupted && options_.interrupted(); }
  // When the last request that made or renewed it was sent.
  [[nodiscard]] std::chrono::nanoseconds renewed_at() const { return renewed_at_; }
  // Until then its holder may send.
  [[nodiscard]] std::chrono::nanoseconds sending_until() const { return renewed_at_ + duration() * 2 / 3; }
  [[nodiscard]] bool may_send() const { return now() < sending_until(); }

  [[nodiscard]] kube::Request renewal() const;
  enum class Renewal { renewed, doubtful, failed };
  // The answer to a renewal() that was sent at `sent_at`. Only `renewed` counts; after `doubtful` (the server
  // says that it is not ours) a look tells.
  Renewal take_renewal(const kube::Outcome& outcome, std::chrono::nanoseconds sent_at);

  [[nodiscard]] kube::Request look() const;
  enum class Found { ours, lost, not_seen };
  // The answer to look(). After `lost` it is no longer held, and never released.
  Found take_look(const kube::Outcome& outcome);
  // Says who has the lock instead. After Found::lost.
  [[nodiscard]] const Error& lost() const { return *lost_; }
  // Lets it run out: it is no longer held, and not released.
  void abandon() noexcept { uid_.clear(); }

 private:
  enum class Made { ours, exists, unclear, not_possible };
  Made make(std::chrono::nanoseconds sent_at);
  [[nodiscard]] std::optional<SeenLease> read();
  bool take_over(const SeenLease& seen);  // false: it is no longer the Lease that was seen
  void hold(const SeenLease& ours, std::chrono::nanoseconds sent_at);
  [[nodiscard]] bool is_ours(const SeenLease& lease) const;
  [[nodiscard]] Error busy(const SeenLease& holder) const;
  [[nodiscard]] bool is_released(kube::Client& client, std::string& uid,
                                 std::chrono::nanoseconds may_come_until) const;
  void wait(std::chrono::milliseconds time) const;
  // Another's Lease as it was seen first, and when.
  struct First;
  enum class Holder { alive, dead, not_known };
  Holder judge(const SeenLease& live);

  kube::Transport& transport_;
  kube::Client client_;
  Observer& observer_;
  LeaseOptions options_;
  kube::ObjectRef ref_;
  std::string uid_;  // of our Lease; empty: not held
  std::chrono::nanoseconds renewed_at_{0};
  std::shared_ptr<const First> first_;  // kept from other_run() to acquire(): nobody waits twice
  int unclear_ = 0;                     // requests of acquire() of which nobody knows what came
  bool may_exist_ = false;              // a request to make it went out, and its answer did not come
  std::optional<Error> lost_;
};

}  // namespace kots_export::change
