#include <kots_export/change/lease.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/kube/status.h>
#include <kots_export/util/process.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "change/lease_protocol.h"

#include <algorithm>
#include <thread>

namespace kots_export::change {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

constexpr milliseconds kInterruptTick{50};
// How often a request of the lock is sent at most, where nobody knows what came of the one before.
constexpr int kTries = 5;
constexpr milliseconds kBetweenTries{500};
// To give the lock back is worth a few seconds: then it runs out by itself.
constexpr milliseconds kLongestRelease{5'000};
constexpr milliseconds kOneRelease{2'000};
constexpr milliseconds kBetweenReleases{200};
// A request to make it that nobody answered may be carried out this much later, and is looked for that long.
constexpr milliseconds kMayStillCome{2'000};

// A renewal that takes longer does not help any more: the next one is to be sent in time.
milliseconds longest_renewal(nanoseconds duration) {
  return std::chrono::duration_cast<milliseconds>(duration / 6);
}

[[noreturn]] void fail(const kube::Outcome& outcome, const std::string& action) {
  if (const auto* failure = std::get_if<kube::TransportFailure>(&outcome))
    throw kube::ConnectionError(action, *failure);
  const auto& reply = std::get<kube::Reply>(outcome);
  if (!kube::http::is_success(reply.status)) throw kube::api_error(action, reply);
  throw Error(util::filled("cannot {action}", {{"action", action}}), "the answer is no Lease",
              kube::kForeignAnswerHint);
}

kube::Outcome ask(kube::Client& client, kube::Request request, const std::string& action) {
  try {
    return client.send(std::move(request), action);
  } catch (const kube::ConnectionError& error) {
    return error.failure();
  }
}

}  // namespace

Lease::Lease(kube::Transport& transport, Observer& observer, LeaseOptions options)
    : transport_(transport),
      client_(transport, options.retry, options.interrupted),
      observer_(observer),
      options_(std::move(options)) {
  if (!options_.pause) options_.pause = [](milliseconds time) { std::this_thread::sleep_for(time); };
}

Lease::~Lease() { release(); }

bool Lease::is_ours(const SeenLease& lease) const {
  return is_held_by(lease, {.holder = options_.holder, .process = options_.process});
}

void Lease::hold(const SeenLease& ours, nanoseconds sent_at) {
  uid_ = ours.uid;
  may_exist_ = false;
  renewed_at_ = sent_at;
  lost_.reset();
}

Error Lease::busy(const SeenLease& holder) const {
  return Error(util::filled("another run holds the lock on namespace {namespace}", {{"namespace", ref_.ns}}),
               util::filled("{holder} holds the lock and renews it", {{"holder", holder.terms.holder}}),
               util::filled("Wait for it, or look at it with `{command}`. If that run is gone for good, "
                            "--force-unlock takes the lock from it.",
                            {{"command", options_.show_command}}));
}

void Lease::wait(milliseconds time) const {
  for (const auto until = now() + time; now() < until;) {
    if (options_.interrupted && options_.interrupted())
      throw Interrupted(util::filled("stopped while waiting for the lock of namespace {namespace}",
                                     {{"namespace", ref_.ns}}));
    options_.pause(std::min(kInterruptTick, time));
  }
}

Lease::Made Lease::make(nanoseconds sent_at) {
  const LeaseTerms terms{
      .holder = options_.holder, .process = options_.process, .duration = options_.duration};
  const std::string action = util::filled("lock namespace {namespace}", {{"namespace", ref_.ns}});
  const bool may_have_existed = std::exchange(may_exist_, true);  // also where the asking is stopped
  const kube::Outcome outcome = ask(client_, make_request(ref_, terms), action);
  const Making made = answer_to_make(outcome, terms);
  if (!std::holds_alternative<Unclear>(made))
    may_exist_ = may_have_existed && std::holds_alternative<Exists>(made);
  if (const auto* ours = std::get_if<SeenLease>(&made)) {
    hold(*ours, sent_at);
    return Made::ours;
  }
  if (std::holds_alternative<Exists>(made)) return Made::exists;
  if (std::holds_alternative<NotPossible>(made)) {
    observer_.warn("lock.not-possible", {{"namespace", ref_.ns}, {"why", failure_text(outcome, action)}});
    return Made::not_possible;
  }
  if (std::holds_alternative<Refused>(made) || ++unclear_ == kTries) fail(outcome, action);
  return Made::unclear;
}

std::optional<SeenLease> Lease::read() {
  const std::string action = util::filled("read Lease {lease}", {{"lease", ref_.name}});
  const kube::Outcome outcome = ask(client_, look_request(ref_), action);
  Look look = answer_to_look(outcome);
  if (std::holds_alternative<NotThere>(look)) return std::nullopt;
  auto* seen = std::get_if<SeenLease>(&look);
  if (seen == nullptr) fail(outcome, action);
  if (seen->terms.duration.count() <= 0) seen->terms.duration = options_.duration;
  return std::move(*seen);
}

bool Lease::take_over(const SeenLease& seen) {
  const std::string action = util::filled("take over the lock of {holder}", {{"holder", seen.terms.holder}});
  const kube::Outcome outcome = ask(client_, take_request(ref_, seen), action);
  const Taking taken = answer_to_take(ref_, outcome);
  if (taken == Taking::no || (taken == Taking::unclear && ++unclear_ == kTries)) fail(outcome, action);
  if (taken == Taking::unclear) wait(kBetweenTries);
  return taken != Taking::refused;  // renewed, or another's meanwhile
}

struct Lease::First {
  SeenLease lease;
  nanoseconds at;
};

Lease::Holder Lease::judge(const SeenLease& live) {
  if (options_.take == LeaseOptions::Take::at_once || util::has_ended(live.terms.process))
    return Holder::dead;
  if (!first_) {
    observer_.note("lock.waiting", {{"holder", live.terms.holder},
                                    {"seconds", std::to_string(live.terms.duration.count())},
                                    {"time", util::elapsed_text(live.terms.duration)}});
    first_ = std::make_shared<const First>(First{.lease = live, .at = now()});
    return Holder::not_known;
  }
  if (first_->lease.uid != live.uid || first_->lease.version != live.version) return Holder::alive;
  return now() - first_->at >= live.terms.duration ? Holder::dead : Holder::not_known;
}

std::optional<Error> Lease::other_run(const std::string& ns) {
  if (held()) return std::nullopt;
  ref_ = lease_of(ns);
  for (;;) {
    const auto live = read();
    if (!live) return std::nullopt;
    const Holder holder = judge(*live);
    if (holder == Holder::alive) return busy(*live);
    if (holder == Holder::dead) return std::nullopt;
    wait(options_.look_every);
  }
}

void Lease::acquire(const std::string& ns) {
  ref_ = lease_of(ns);
  unclear_ = 0;
  std::optional<nanoseconds> unanswered_since;  // of ours: it may be there
  std::string taken_from;
  for (;;) {
    const nanoseconds sent_at = unanswered_since.value_or(now());
    const Made made = make(sent_at);
    if (made == Made::not_possible) return;
    if (made == Made::unclear) unanswered_since = sent_at;
    const auto live = made == Made::ours ? std::nullopt : read();
    if (live && is_ours(*live)) hold(*live, sent_at);
    if (held()) break;
    if (!live) {
      if (made == Made::exists && ++unclear_ == kTries)
        throw Error(
            util::filled("cannot lock namespace {namespace}", {{"namespace", ref_.ns}}),
            util::filled("the server refuses a second Lease {lease}, and shows none", {{"lease", ref_.name}}),
            util::filled("Look at what answers: `{command}`.", {{"command", options_.show_command}}));
      wait(kBetweenTries);
      continue;
    }
    switch (judge(*live)) {
      case Holder::alive:
        throw busy(*live);
      case Holder::dead:
        if (take_over(*live)) taken_from = live->terms.holder;
        break;
      case Holder::not_known:
        wait(options_.look_every);
        break;
    }
  }
  if (!taken_from.empty()) observer_.warn("lock.taken-over", {{"holder", taken_from}});
}

void Lease::release() noexcept {
  if (uid_.empty() && !std::exchange(may_exist_, false)) return;
  try {
    std::string uid = std::exchange(uid_, {});
    // A client of its own: Ctrl-C must not keep the lock from being given back.
    kube::Client client(transport_, {.attempts = 1, .attempts_when_asked = 1});
    const auto until = now() + kLongestRelease;
    const auto may_come_until = now() + (uid.empty() ? kMayStillCome : milliseconds(0));
    bool released = is_released(client, uid, may_come_until);
    if (!released) observer_.note("lock.releasing", {{"namespace", ref_.ns}});
    while (!released && now() < until) {
      options_.pause(kBetweenReleases);
      released = is_released(client, uid, may_come_until);
    }
    if (!released) {
      const auto seconds = std::chrono::ceil<std::chrono::seconds>(options_.duration);
      observer_.warn("lock.not-released", {{"namespace", ref_.ns},
                                           {"seconds", std::to_string(seconds.count())},
                                           {"time", util::elapsed_text(seconds)}});
    }
  } catch (const std::exception&) {
    // It runs out by itself.
  }
}

// One try to give back the Lease of `uid`, or, where that is not known yet, the one that is ours. False: it
// may still be there.
bool Lease::is_released(kube::Client& client, std::string& uid, nanoseconds may_come_until) const {
  const auto answer_to = [&](kube::Request request) {
    request.timeout = kOneRelease;
    return ask(client, std::move(request), "unlock");
  };
  if (!uid.empty()) {
    const Taking taken = answer_to_take(ref_, answer_to(release_request(ref_, uid)));
    if (taken != Taking::refused) return taken != Taking::unclear;
  }
  const Look look = answer_to_look(answer_to(look_request(ref_)));
  if (std::holds_alternative<NotThere>(look)) return now() >= may_come_until;
  const auto* seen = std::get_if<SeenLease>(&look);
  if (seen == nullptr) return false;
  if (uid.empty() && is_ours(*seen)) {
    uid = seen->uid;
    return is_released(client, uid, may_come_until);
  }
  return seen->uid != uid;
}

kube::Request Lease::renewal() const {
  kube::Request request = renew_request(ref_, uid_);
  request.timeout = longest_renewal(duration());
  return request;
}

Lease::Renewal Lease::take_renewal(const kube::Outcome& outcome, nanoseconds sent_at) {
  switch (answer_to_renew(outcome, uid_, {.holder = options_.holder, .process = options_.process})) {
    case Renewing::renewed:
      renewed_at_ = std::max(renewed_at_, sent_at);
      return Renewal::renewed;
    case Renewing::doubtful:
      return Renewal::doubtful;
    case Renewing::failed:
      break;
  }
  return Renewal::failed;
}

kube::Request Lease::look() const {
  kube::Request request = look_request(ref_);
  request.timeout = longest_renewal(duration());
  return request;
}

Lease::Found Lease::take_look(const kube::Outcome& outcome) {
  const Look look = answer_to_look(outcome);
  if (std::holds_alternative<NotSeen>(look)) return Found::not_seen;
  const auto* seen = std::get_if<SeenLease>(&look);
  if (seen != nullptr && seen->uid == uid_ && is_ours(*seen)) return Found::ours;
  uid_.clear();
  const std::string hint =
      "Nothing more is changed by this run. Run the same command again: it does only what is left.";
  lost_ =
      seen != nullptr
          ? Error(util::filled("another run has taken over the lock of namespace {namespace}",
                               {{"namespace", ref_.ns}}),
                  util::filled("{holder} holds it now", {{"holder", seen->terms.holder}}),
                  Hint::with_only_way_on(hint + " " + "Wait for the other run first."))
          : Error(util::filled("the lock of namespace {namespace} is lost", {{"namespace", ref_.ns}}),
                  util::filled("Lease {lease} was deleted while this run held it", {{"lease", ref_.name}}),
                  Hint::with_way_on(hint));
  return Found::lost;
}

}  // namespace kots_export::change
