#include <kots_export/change/renewing_transport.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "change/lease_protocol.h"

#include <algorithm>
#include <deque>
#include <memory>

namespace kots_export::change {

using std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;

namespace {

// Where there is no room for what is due, the transport's loop must not spin.
constexpr std::chrono::milliseconds kShortestWait{10};
constexpr const char* kRenewing = "renew the lock";

}  // namespace

// What is sent by a run: the work, and what keeps the lock.
class RenewingTransport::Run : public kube::RequestSource {
 public:
  Run(RenewingTransport& of, kube::RequestSource& work)
      : lease_(of.lease_),
        observer_(of.observer_),
        sending_until_(of.sending_until_),
        work_(work),
        room_(of.max_in_flight()),
        looked_at_(lease_.now()) {
    // Between runs nobody renews.
    if (lease_.may_send()) {
      sending_until_(lease_.sending_until());
    } else {
      awake_since_ = looked_at_;
    }
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() override { sending_until_(std::nullopt); }

  std::optional<kube::Exchange> next() override {
    note_gap();
    if (ended_) return std::nullopt;
    if (auto ours = next_of_ours()) return ours;
    if (requests_in_flight_ >= room_) return std::nullopt;
    if (waiting_.empty()) {
      auto exchange = work_.next();  // which may take its time: a journal that is forced to the disk
      if (!exchange) return std::nullopt;
      waiting_.push_back(std::make_shared<Work>(Work{std::move(*exchange)}));
    }
    if (!may_send()) return next_of_ours();
    auto work = std::move(waiting_.front());
    waiting_.pop_front();
    return send(work);
  }

  // A renewal is no work: it does not keep a run alive that is done.
  std::optional<Clock::time_point> wake_at() override {
    if (ended_) return std::nullopt;
    const auto work = work_.wake_at();
    if (ours_in_flight_ || !(is_at_work() || work)) return work;
    const auto ours = Clock::now() + std::max<nanoseconds>(next_due() - lease_.now(), kShortestWait);
    return work ? std::min(*work, ours) : ours;
  }

  kube::Flow tick() override {
    note_gap();
    if (work_.tick() == kube::Flow::stop) return kube::Flow::stop;
    if (lease_.interrupted()) finish();  // the rest of the work's tries is its own say
    if (ended_) {
      const bool over = lease_.now() - lease_.renewed_at() >= lease_.duration();
      return requests_in_flight_ == 0 || over ? kube::Flow::stop : kube::Flow::go_on;
    }
    const nanoseconds since = std::max(lease_.renewed_at(), awake_since_);
    if (lease_.now() - since < lease_.duration()) return kube::Flow::go_on;
    give_up();
    return kube::Flow::stop;
  }

  [[nodiscard]] std::optional<kube::Retry> next_retry() const override { return work_.next_retry(); }

  // What waits is not sent, and is not left without an answer.
  void finish() {
    while (!waiting_.empty()) {
      auto work = std::move(waiting_.front());
      waiting_.pop_front();
      work->exchange.done(not_sent());
    }
  }

  // Why the run ended; nothing where it did so by itself.
  [[nodiscard]] const std::optional<Error>& ended() const { return ended_; }

 private:
  struct Work {
    kube::Exchange exchange;
    bool taken_back = false;  // by the last try to send it
  };
  using WorkPtr = std::shared_ptr<Work>;

  [[nodiscard]] kube::TransportFailure not_sent() const {
    return {.kind = kube::TransportFailure::Kind::cancelled,
            .delivered = kube::TransportFailure::Delivered::no,
            .text = ended_ ? "not sent: the lock was lost" : "not sent: stopped",
            .hint = {}};
  }

  [[nodiscard]] bool may_send() const { return !ended_ && !doubtful_ && lease_.may_send(); }
  [[nodiscard]] bool is_at_work() const {
    return !waiting_.empty() || requests_in_flight_ + streams_in_flight_ > 0;
  }

  // When the next request that keeps the lock is to be sent.
  [[nodiscard]] nanoseconds next_due() const {
    const nanoseconds due = may_send() ? lease_.renewed_at() + lease_.duration() / 3 : lease_.now();
    return std::max(due, try_again_at_);
  }

  // Nobody asked for longer than a few turns of the transport's loop take: the process was stopped, or the
  // machine slept. It gets its time anew to find out whether the lock is still ours.
  void note_gap() {
    const nanoseconds now = lease_.now();
    if (now - looked_at_ >= lease_.duration() / 6 && !lease_.may_send()) awake_since_ = now;
    looked_at_ = now;
  }

  std::optional<kube::Exchange> next_of_ours() {
    const bool wanted = is_at_work() || work_.wake_at();
    if (ours_in_flight_ || !wanted || lease_.now() < next_due()) return std::nullopt;
    ours_in_flight_ = true;
    // Where the time to send is over, the Lease is read first.
    const bool renew = may_send() || std::exchange(is_ours_, false);
    if (!renew) {
      return kube::Exchange{.request = on_live_connection(lease_.look()),
                            .done = [this](const kube::Outcome& outcome) { take_look(outcome); },
                            .on_data = {}};
    }
    return kube::Exchange{.request = on_live_connection(lease_.renewal()),
                          .done = [this, sent_at = lease_.now()](
                                      const kube::Outcome& outcome) { take_renewal(outcome, sent_at); },
                          .on_data = {}};
  }

  // A network that was cut and is whole again: the old connection waits for TCP to send once more, for longer
  // than the lock lives.
  [[nodiscard]] kube::Request on_live_connection(kube::Request request) const {
    if (is_silent_) request.connection = kube::Request::Connection::fresh;
    return request;
  }

  void note_answer(const kube::Outcome& outcome) {
    ours_in_flight_ = false;
    const auto* failure = std::get_if<kube::TransportFailure>(&outcome);
    is_silent_ = failure != nullptr && failure->kind == kube::TransportFailure::Kind::timeout;
  }

  void take_renewal(const kube::Outcome& outcome, nanoseconds sent_at) {
    note_answer(outcome);
    switch (lease_.take_renewal(outcome, sent_at)) {
      case Lease::Renewal::renewed:
        doubtful_ = false;
        told_ = false;
        if (may_send()) sending_until_(lease_.sending_until());
        return;
      case Lease::Renewal::doubtful:
        doubtful_ = true;
        why_ = failure_text(outcome, kRenewing);
        break;
      case Lease::Renewal::failed:
        try_later(outcome);
        break;
    }
  }

  void take_look(const kube::Outcome& outcome) {
    note_answer(outcome);
    switch (lease_.take_look(outcome)) {
      case Lease::Found::ours:
        is_ours_ = true;
        if (doubtful_) try_again_at_ = lease_.now() + lease_.duration() / 15;
        return;
      case Lease::Found::lost:
        ended_ = lease_.lost();
        return;
      case Lease::Found::not_seen:
        try_later(outcome);
        break;
    }
  }

  void try_later(const kube::Outcome& outcome) {
    try_again_at_ = lease_.now() + lease_.duration() / 15;
    why_ = failure_text(outcome, kRenewing);
    if (may_send() || std::exchange(told_, true)) return;
    observer_.warn("lock.not-renewed", {{"why", why_}});
  }

  void give_up() {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(lease_.now() - lease_.renewed_at());
    ended_ =
        Error(util::filled("the lock of namespace {namespace} could not be renewed for {time}",
                           {{"namespace", lease_.ns()}, {"time", util::elapsed_text(seconds)}}),
              why_.empty() ? "the server does not answer" : why_,
              Hint::with_way_on("Another run may take it now, so nothing more is sent by this one. Run the "
                                "same command again: it looks at what is there and does only what is "
                                "left."));
    lease_.abandon();
  }

  kube::Exchange send(const WorkPtr& work) {
    const kube::Exchange& given = work->exchange;
    std::size_t& in_flight =
        given.kind == kube::Exchange::Kind::stream ? streams_in_flight_ : requests_in_flight_;
    ++in_flight;
    kube::Exchange exchange{.request = given.request,
                            .done =
                                [this, work, &in_flight](kube::Outcome outcome) {
                                  --in_flight;
                                  const bool failed = std::holds_alternative<kube::TransportFailure>(outcome);
                                  if (std::exchange(work->taken_back, false) && failed && !ended_)
                                    return waiting_.push_back(work);
                                  work->exchange.done(std::move(outcome));
                                },
                            .on_data = {},
                            .kind = given.kind,
                            .may_send =
                                [this, work] {
                                  work->taken_back = !may_send();
                                  return !work->taken_back;
                                }};
    if (given.on_data)
      exchange.on_data = [work](std::string_view data) { return work->exchange.on_data(data); };
    return exchange;
  }

  Lease& lease_;
  Observer& observer_;
  const SendingUntil& sending_until_;
  kube::RequestSource& work_;
  std::deque<WorkPtr> waiting_;  // for the lock to be renewed
  std::size_t room_;             // for the work
  std::size_t requests_in_flight_ = 0;
  std::size_t streams_in_flight_ = 0;
  bool ours_in_flight_ = false;
  bool is_silent_ = false;  // the last request of ours was not answered in its time
  bool doubtful_ = false;   // the server refused a renewal
  bool is_ours_ = false;    // a look has shown it, and no renewal was tried since
  bool told_ = false;       // that nothing is sent
  std::string why_;         // the last renewal or look failed
  nanoseconds try_again_at_{0};
  nanoseconds looked_at_;  // at the clock
  nanoseconds awake_since_{0};
  std::optional<Error> ended_;
};

void RenewingTransport::run(kube::RequestSource& source) {
  if (ended_) throw Error(*ended_);
  if (!lease_.held()) return inner_.run(source);
  Run run(*this, source);
  inner_.run(run);
  run.finish();
  if (!run.ended()) return;
  ended_ = run.ended();
  throw Error(*ended_);
}

std::size_t RenewingTransport::max_in_flight() const {
  return std::max<std::size_t>(inner_.max_in_flight(), 2) - 1;
}

kube::WebSocketResult RenewingTransport::websocket(
    const kube::Request& request, std::string_view protocol,
    const std::function<kube::Flow(std::string_view)>& on_message) {
  if (ended_) throw Error(*ended_);
  return inner_.websocket(request, protocol, on_message);
}

}  // namespace kots_export::change
