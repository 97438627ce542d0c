#include <kots_export/change/lock.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/util/json.h>
#include <kots_export/util/process.h>
#include <kots_export/util/time.h>

#include <algorithm>
#include <ctime>
#include <thread>

#include <nlohmann/json.hpp>

namespace kots_export::change {

using nlohmann::json;
using util::text_at;
using Clock = std::chrono::steady_clock;

namespace {

constexpr const char* kProcessAnnotation = "kots-export/process";
constexpr std::chrono::milliseconds kInterruptTick{50};

// meta/v1 MicroTime.
std::string now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count();
  constexpr long long kMillion = 1'000'000;
  const auto seconds = static_cast<std::time_t>(micros / kMillion);
  const std::string fraction = std::to_string(kMillion + micros % kMillion);
  return util::utc_text(seconds, "%Y-%m-%dT%H:%M:%S.") + fraction.substr(1) + "Z";
}

}  // namespace

// The Lease as another run keeps it.
struct Lock::Holder {
  std::string uid;
  std::string version;  // changes with every renewal
  std::string who;
  std::string process;
  std::chrono::seconds duration{0};
};

// What is sent by a run: the work, and a renewal whenever one is due. The work itself may take the lock on
// the way, with its first Change.
class Lock::Renewing : public kube::RequestSource {
 public:
  Renewing(Lock& lock, kube::RequestSource& work) : lock_(lock), work_(work) { lock_.running_ = true; }
  Renewing(const Renewing&) = delete;
  Renewing& operator=(const Renewing&) = delete;
  ~Renewing() override { lock_.running_ = false; }

  std::optional<kube::Exchange> next() override {
    const bool ran_out = lock_.may_have_run_out();
    const bool is_due = lock_.held() && in_flight_ > 0 && Clock::now() >= due();
    if (!renewing_ && (ran_out || is_due)) return renewal();
    if (ran_out) return std::nullopt;
    auto exchange = work_.next();
    if (!exchange) return std::nullopt;
    ++in_flight_;
    exchange->done = [this, done = std::move(exchange->done)](kube::Outcome outcome) {
      --in_flight_;
      done(std::move(outcome));
    };
    return exchange;
  }

  // A renewal is no work: it must not keep a run alive that is done.
  std::optional<Clock::time_point> wake_at() override {
    const auto work = work_.wake_at();
    if (!lock_.held() || renewing_ || (in_flight_ == 0 && !work)) return work;
    return work ? std::min(*work, due()) : due();
  }

  kube::Flow tick() override { return work_.tick(); }

 private:
  [[nodiscard]] Clock::time_point due() const { return lock_.renewed_ + lock_.options_.renew_every; }

  kube::Exchange renewal() {
    renewing_ = true;
    // The UID makes the server refuse it where the Lease is no longer ours.
    const json patch{{"metadata", {{"uid", lock_.uid_}}}, {"spec", {{"renewTime", now()}}}};
    return {.request = kube::merge_patch_request(lock_.lease_, patch, kube::DryRun::none),
            .done = [this](const kube::Outcome& outcome) { on_renewal(outcome); },
            .on_data = {}};
  }

  void on_renewal(const kube::Outcome& outcome) {
    renewing_ = false;
    // A server that is away for a while gets the next one in its time: nobody else reaches it either.
    lock_.note_renewal();
    const auto* reply = std::get_if<kube::Reply>(&outcome);
    // 422: the UID is another's (the only field of the patch that validation can refuse).
    if (reply == nullptr ||
        (reply->status != kube::http::kNotFound && reply->status != kube::http::kConflict &&
         reply->status != kube::http::kInvalid))
      return;
    lock_.uid_.clear();
    throw Error(
        "another run has taken over the lock of namespace " + lock_.lease_.ns,
        "Lease " + std::string(kLockName) + " is no longer ours",
        "Nothing more is changed by this run. Wait for the other one, then run the same command again.");
  }

  Lock& lock_;
  kube::RequestSource& work_;
  bool renewing_ = false;
  std::size_t in_flight_ = 0;
};

Lock::Lock(kube::Transport& transport, kube::Transport& beside, Observer& observer, LockOptions options)
    : transport_(transport), beside_(beside), observer_(observer), options_(std::move(options)) {
  lease_.gvr = {.group = "coordination.k8s.io", .version = "v1", .resource = "leases"};
  lease_.kind = "Lease";
  lease_.name = kLockName;
}

Lock::~Lock() { release(); }

kube::Reply Lock::send(kube::Request request, const std::string& action) {
  return kube::Client(running_ ? beside_ : transport_).send(std::move(request), action);
}

Lock::Created Lock::create() {
  const std::string time = now();
  const json manifest{{"apiVersion", kube::api_version(lease_.gvr)},
                      {"kind", lease_.kind},
                      {"metadata",
                       {{"name", lease_.name},
                        {"namespace", lease_.ns},
                        {"annotations", {{kProcessAnnotation, options_.process}}}}},
                      {"spec",
                       {{"holderIdentity", options_.holder},
                        {"leaseDurationSeconds", options_.duration.count()},
                        {"acquireTime", time},
                        {"renewTime", time}}}};
  const std::string action = "lock namespace " + lease_.ns;
  const kube::Reply reply = send(kube::create_request(lease_, manifest, kube::DryRun::none), action);
  if (reply.status == kube::http::kConflict) return Created::exists;
  const kube::ApiError error = kube::api_error(action, reply);
  if (reply.status == kube::http::kForbidden || reply.status == kube::http::kNotFound) {
    observer_.warn("lock.not-possible", {{"namespace", lease_.ns}, {"why", error.why()}});
    return Created::not_possible;
  }
  if (!kube::http::is_success(reply.status)) throw error;
  uid_ = text_at(json::parse(reply.body, nullptr, false), {"metadata", "uid"});
  note_renewal();
  return Created::yes;
}

void Lock::note_renewal() {
  renewed_ = Clock::now();
  renewed_since_boot_ = options_.since_boot();
}

bool Lock::may_have_run_out() const {
  return held() && options_.since_boot() - renewed_since_boot_ >= options_.duration;
}

std::optional<Lock::Holder> Lock::read() {
  const std::string action = "read Lease " + lease_.name;
  const kube::Reply reply = send(kube::get_request(lease_), action);
  if (reply.status == kube::http::kNotFound) return std::nullopt;
  if (!kube::http::is_success(reply.status)) throw kube::api_error(action, reply);
  const json live = json::parse(reply.body, nullptr, false);
  const json* duration = util::find_at(live, {"spec", "leaseDurationSeconds"});
  return Holder{.uid = text_at(live, {"metadata", "uid"}),
                .version = text_at(live, {"metadata", "resourceVersion"}),
                .who = text_at(live, {"spec", "holderIdentity"}),
                .process = text_at(live, {"metadata", "annotations", kProcessAnnotation}),
                .duration = duration != nullptr && duration->is_number_integer()
                                ? std::chrono::seconds(duration->get<long long>())
                                : options_.duration};
}

void Lock::take_over(const Holder& holder) {
  observer_.warn("lock.taken-over", {{"holder", holder.who}});
  kube::ObjectRef theirs = lease_;
  theirs.uid = holder.uid;
  const std::string action = "take over the lock of " + holder.who;
  const kube::Reply reply =
      send(kube::delete_request(theirs, kube::Propagation::background, kube::DryRun::none), action);
  // Gone, or another's meanwhile: the next look tells.
  if (reply.status == kube::http::kNotFound || reply.status == kube::http::kConflict) return;
  if (!kube::http::is_success(reply.status)) throw kube::api_error(action, reply);
}

void Lock::wait() const {
  const auto until = Clock::now() + options_.look_every;
  while (Clock::now() < until) {
    if (options_.interrupted && options_.interrupted())
      throw Interrupted("stopped while waiting for the lock of namespace " + lease_.ns);
    std::this_thread::sleep_for(std::min<Clock::duration>(kInterruptTick, options_.look_every));
  }
}

void Lock::acquire(const std::string& ns) {
  lease_.ns = ns;
  std::optional<Holder> seen;
  Clock::time_point seen_at;
  while (create() == Created::exists) {
    const auto holder = read();
    if (!holder) continue;
    const bool unchanged = seen && seen->version == holder->version && seen->uid == holder->uid;
    if (seen && !unchanged) {
      throw Error("another run is at work on namespace " + ns, holder->who + " holds the lock and renews it",
                  "Wait for it, or look at it with `kubectl -n " + ns + " get lease " +
                      std::string(kLockName) + " -o yaml`. --force-unlock takes the lock from it.");
    }
    const bool at_once = options_.take == LockOptions::Take::at_once || util::has_ended(holder->process);
    if (at_once || (seen && Clock::now() - seen_at >= holder->duration)) {
      take_over(*holder);
      seen.reset();
      continue;
    }
    if (!seen) {
      observer_.note("lock.waiting",
                     {{"holder", holder->who}, {"seconds", std::to_string(holder->duration.count())}});
      seen = holder;
      seen_at = Clock::now();
    }
    wait();
  }
}

void Lock::release() noexcept {
  if (uid_.empty()) return;
  try {
    kube::ObjectRef ours = lease_;
    ours.uid = uid_;
    uid_.clear();
    (void)send(kube::delete_request(ours, kube::Propagation::background, kube::DryRun::none), "unlock");
  } catch (const std::exception&) {
    // It runs out by itself.
  }
}

void Lock::run(kube::RequestSource& source) {
  Renewing renewing(*this, source);
  transport_.run(renewing);
}

}  // namespace kots_export::change
