#include <kots_export/change/renewing_transport.h>

#include "unit/change/lease_server.h"
#include "unit/support/recording_observer.h"

#include <gmock/gmock.h>

namespace kots_export::change {

namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using test::LeaseServer;
using test::SlowWire;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Le;
using ::testing::SizeIs;
using Failure = kube::TransportFailure;

// Work of `count` PATCHes, as many at once as there is room for.
class Work : public kube::RequestSource {
 public:
  explicit Work(int count) : left_(count) {}
  std::optional<kube::Exchange> next() override {
    if (left_ == 0) return std::nullopt;
    before_next();
    if (left_ == 0) return std::nullopt;
    --left_;
    const std::string path = "/x/" + std::to_string(left_);
    return kube::Exchange{
        .request = {.method = kube::Method::patch, .path = path, .headers = {}, .body = "{}", .timeout = {}},
        .done = [this](kube::Outcome outcome) { outcomes.push_back(std::move(outcome)); },
        .on_data = {}};
  }
  void stop() { left_ = 0; }
  std::function<void()> before_next = [] {};
  std::vector<kube::Outcome> outcomes;

  [[nodiscard]] std::size_t replies() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        outcomes, [](const auto& outcome) { return std::holds_alternative<kube::Reply>(outcome); }));
  }
  [[nodiscard]] std::size_t failures(Failure::Delivered delivered) const {
    return static_cast<std::size_t>(std::ranges::count_if(outcomes, [&](const auto& outcome) {
      const auto* failure = std::get_if<Failure>(&outcome);
      return failure != nullptr && failure->delivered == delivered;
    }));
  }

 private:
  int left_;
};

bool is_for_lease(const kube::Request& request) { return request.path.find("/leases") != std::string::npos; }

class RenewingTransportTest : public ::testing::Test {
 protected:
  LeaseOptions options() {
    LeaseOptions result;
    result.holder = "me@here/1/r1";
    result.process = "here/1";
    result.retry = {.attempts = 1};
    result.since_boot = [this] { return clock.now(); };
    result.pause = [this](std::chrono::milliseconds time) { clock.move(time); };
    result.interrupted = [this] { return interrupted; };
    return result;
  }
  void SetUp() override {
    lease.acquire("ns");
    wire.sent.clear();
    began = lease.renewed_at();
  }
  std::string error_of(kube::RequestSource& work) {
    try {
      renewing.run(work);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  // "PATCH lease 10s" for each request of the lock, "work 10s" for each of the work.
  [[nodiscard]] std::vector<std::string> story() const {
    std::vector<std::string> lines;
    for (const SlowWire::Sent& one : wire.sent) {
      const bool ours = one.path.find("/leases") != std::string::npos;
      const auto at = std::chrono::round<std::chrono::seconds>(one.at - began).count();
      lines.push_back((ours ? std::string(to_string(one.method)) : std::string("work")) + " " +
                      std::to_string(at) + "s");
    }
    return lines;
  }
  [[nodiscard]] nanoseconds last_work() const {
    nanoseconds last{0};
    for (const SlowWire::Sent& one : wire.work_sent()) last = std::max(last, one.at - began);
    return last;
  }
  // Requests for the Lease, all others are answered.
  void answer_renewals(const std::function<LeaseServer::Answer()>& how) {
    refusing = how;
    wire.is_answered = [this](const kube::Request& request) {
      return !is_for_lease(request) || refusing().has_value();
    };
    server.instead = [this](const kube::Request& request) {
      return is_for_lease(request) ? refusing() : std::nullopt;
    };
  }

  bool interrupted = false;
  test::ManualClock clock;
  LeaseServer server;
  SlowWire wire{clock, server};
  test::RecordingObserver observer;
  Lease lease{wire, observer, options()};
  // Until when the work may send, as it was told; none: -1 s.
  std::vector<std::chrono::seconds> told;
  RenewingTransport renewing{
      wire, lease, observer, [this](std::optional<nanoseconds> until) {
        told.push_back(until ? std::chrono::round<std::chrono::seconds>(*until - began) : -1s);
      }};
  nanoseconds began{0};
  std::function<LeaseServer::Answer()> refusing;
};

TEST_F(RenewingTransportTest, RenewsAfterEachThirdOfTheDuration) {
  wire.latency = 35s;
  wire.latency_of_lease = 0s;
  Work one(1);
  renewing.run(one);
  EXPECT_THAT(story(), ElementsAre("work 0s", "PATCH 10s", "PATCH 20s", "PATCH 30s"));
}

TEST_F(RenewingTransportTest, RenewsByUidAndTheServersLeaseIsRenewed) {
  const std::string before = (*server.lease)["metadata"]["resourceVersion"];
  wire.latency = 12s;
  wire.latency_of_lease = 0s;
  Work one(1);
  renewing.run(one);
  EXPECT_NE((*server.lease)["metadata"]["resourceVersion"], before);
  EXPECT_EQ(lease.renewed_at() - began, 10s);
}

TEST_F(RenewingTransportTest, TellsUntilWhenTheWorkMaySend) {
  wire.latency = 25s;
  wire.latency_of_lease = 0s;
  Work one(1);
  renewing.run(one);
  EXPECT_THAT(told, ElementsAre(20s, 30s, 40s, -1s));

  told.clear();
  clock.move(100s);  // nothing may be sent, so nothing is to be kept from it
  Work another(1);
  wire.latency = 0s;
  renewing.run(another);
  EXPECT_THAT(told, ElementsAre(::testing::AllOf(::testing::Ge(144s), Le(147s)), -1s));
}

TEST_F(RenewingTransportTest, IsTheInnerTransportWhereNothingIsHeld) {
  lease.release();
  wire.sent.clear();
  wire.latency = 100s;
  Work one(1);
  renewing.run(one);
  EXPECT_THAT(story(), ElementsAre("work 0s"));
}

TEST_F(RenewingTransportTest, DoesNotKeepWorkAliveThatIsDone) {
  Work none(0);
  renewing.run(none);
  EXPECT_THAT(wire.sent, IsEmpty());
}

TEST_F(RenewingTransportTest, FindsRoomWhateverTheWorkDoes) {
  wire.latency = 25s;
  wire.latency_of_lease = 0s;
  Work work(100);
  wire.after_turn = [&] {
    if (clock.now() - began > 30s) work.stop();
  };
  renewing.run(work);
  EXPECT_EQ(renewing.max_in_flight(), wire.most - 1);
  EXPECT_THAT(story(), IsSupersetOf({"work 0s", "PATCH 10s", "PATCH 20s", "work 25s", "PATCH 30s"}));
}

struct Refusal {
  const char* name;
  LeaseServer::Answer answer;
  friend void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }
};

class ARenewalThatFails : public RenewingTransportTest, public ::testing::WithParamInterface<Refusal> {};

// A3: whatever goes wrong, it is no renewal.
TEST_P(ARenewalThatFails, IsNone) {
  answer_renewals([] { return GetParam().answer; });
  wire.latency = 1s;
  Work work(1'000);
  const std::string error = error_of(work);
  EXPECT_THAT(error, HasSubstr("could not be renewed for 30 s"));
  EXPECT_LT(last_work(), 20s);
  EXPECT_GT(last_work(), 18s);
  EXPECT_EQ(clock.now() - began, 30s);
  // About every 2 s, from 10 s on; one that is not answered takes 5 s.
  EXPECT_GE(wire.sent.size() - wire.work_sent().size(), 3U);
  EXPECT_LE(wire.sent.size() - wire.work_sent().size(), 11U);
  EXPECT_EQ(work.outcomes.size(), work.replies() + 1) << "one was waiting to be sent";
  EXPECT_EQ(work.failures(Failure::Delivered::no), 1U);
}

INSTANTIATE_TEST_SUITE_P(All, ARenewalThatFails,
                         ::testing::Values(Refusal{"Reset", test::reset()}, Refusal{"Silence", std::nullopt},
                                           Refusal{"Unauthorized", test::status_reply(401, "Unauthorized")},
                                           Refusal{"Forbidden", test::status_reply(403, "Forbidden")},
                                           Refusal{"TooManyRequests",
                                                   test::status_reply(429, "TooManyRequests")},
                                           Refusal{"InternalError", test::status_reply(500, "InternalError")},
                                           Refusal{"GatewayTimeout", test::text_reply(504, "")},
                                           Refusal{"WebPage", test::text_reply(200, "<html>Sign in</html>")}),
                         [](const auto& each) { return each.param.name; });

TEST_F(RenewingTransportTest, SaysWhatTheServerAnsweredToTheRenewals) {
  answer_renewals([] { return test::text_reply(404, "page not found"); });
  Work work(1'000);
  EXPECT_THAT(error_of(work), HasSubstr("page not found (404)"));
}

TEST_F(RenewingTransportTest, SaysItselfHowToGoOn) {
  answer_renewals([] { return test::status_reply(500, "InternalError"); });
  Work work(1'000);
  try {
    renewing.run(work);
    ADD_FAILURE() << "the lock cannot be renewed";
  } catch (const Error& error) {
    EXPECT_TRUE(error.tells_way_on()) << error.hint();
  }
}

TEST_F(RenewingTransportTest, WhatIsUnansweredAtTheEndOfTheDurationIsCancelledAndUnknown) {
  wire.is_answered = [](const kube::Request&) { return false; };
  Work work(3);
  EXPECT_THAT(error_of(work), HasSubstr("could not be renewed for 30 s"));
  EXPECT_EQ(work.failures(Failure::Delivered::maybe), 3U);
  EXPECT_EQ(clock.now() - began, 30s);
  lease.release();
  EXPECT_TRUE(server.lease) << "it is left to run out: what was sent may still arrive";
}

// A network that was cut: the old connection waits for TCP long after it is whole again.
TEST_F(RenewingTransportTest, ARenewalAfterSilenceGoesOverAConnectionOfItsOwn) {
  using Connection = kube::Request::Connection;
  const auto of_lease = [this] {
    std::vector<Connection> found;
    for (const SlowWire::Sent& one : wire.sent) {
      if (one.path.find("/leases") != std::string::npos) found.push_back(one.connection);
    }
    return found;
  };
  wire.latency = 3s;
  wire.latency_of_lease = 0s;
  wire.is_answered = [&](const kube::Request& request) {
    return !is_for_lease(request) || clock.now() - began > 15s;
  };
  Work work(60);
  renewing.run(work);
  EXPECT_EQ(work.replies(), 60U);
  // The one that is not answered, the one after it, and those that follow.
  const auto found = of_lease();
  ASSERT_GT(found.size(), 2U);
  EXPECT_EQ(found[1], Connection::fresh);
  EXPECT_EQ(std::ranges::count(found, Connection::fresh), 1);
}

TEST_F(RenewingTransportTest, WorkWaitsForARenewalThatSucceedsInTheEnd) {
  answer_renewals([this]() -> LeaseServer::Answer {
    return clock.now() - began < 25s ? LeaseServer::Answer(test::reset()) : std::nullopt;
  });
  wire.is_answered = [](const kube::Request&) { return true; };
  wire.latency = 3s;
  wire.latency_of_lease = 0s;
  Work work(40);
  renewing.run(work);
  EXPECT_EQ(work.replies(), 40U);
  const auto lines = story();
  const auto renewed = std::ranges::find(lines, "PATCH 26s");
  ASSERT_NE(renewed, lines.end());
  EXPECT_EQ(*std::prev(renewed), "GET 26s") << "the Lease is read first";
  EXPECT_THAT(std::vector<std::string>(std::next(renewed), lines.end()), ::testing::Contains("work 26s"));
  EXPECT_THAT(lines,
              ::testing::Not(::testing::Contains(::testing::AnyOf("work 21s", "work 23s", "work 25s"))));
  ASSERT_NE(observer.find("lock.not-renewed"), nullptr);
}

// The check stands after the journal's fsync.
TEST_F(RenewingTransportTest, WorkThatTookLongToMakeItsRequestIsHeldBackUntilTheLockIsRenewed) {
  Work work(1);
  work.before_next = [this] { clock.move(21s); };
  renewing.run(work);
  EXPECT_THAT(story(), ElementsAre("GET 21s", "PATCH 21s", "work 21s"));
  EXPECT_EQ(work.replies(), 1U);
}

class AfterAGap : public RenewingTransportTest {
 protected:
  // All of `work` is handed over and waits for a connection; then the process is stopped for `time`.
  void stop_for(nanoseconds time) {
    wire.open = false;
    wire.after_turn = [this, time] {
      if (std::exchange(wire.open, true)) return;
      clock.move(time);
      on_waking();
    };
  }
  std::function<void()> on_waking = [] {};
};

TEST_F(AfterAGap, WhatWasNotSentIsTakenBackAndSentOnceAfterTheLeaseWasReadAndRenewed) {
  stop_for(40s);
  Work work(3);
  renewing.run(work);
  EXPECT_THAT(story(), ElementsAre("GET 40s", "PATCH 40s", "work 40s", "work 40s", "work 40s"));
  EXPECT_EQ(work.replies(), 3U);
  EXPECT_EQ(work.outcomes.size(), 3U);
}

TEST_F(AfterAGap, NothingIsSentWhereAnotherHasTheLock) {
  stop_for(40s);
  on_waking = [this] { server.held_by("jo@there", "", 30); };
  Work work(3);
  EXPECT_THAT(error_of(work), AllOf(HasSubstr("another run has taken over the lock of namespace ns"),
                                    HasSubstr("jo@there holds it now")));
  EXPECT_THAT(story(), ElementsAre("GET 40s"));
  EXPECT_EQ(work.failures(Failure::Delivered::no), 3U);

  Work more(1);
  EXPECT_THAT(error_of(more), HasSubstr("jo@there"));
  lease.release();
  EXPECT_THAT(wire.sent, SizeIs(1)) << "nothing more is sent, not even a release";
  EXPECT_EQ(server.holder(), "jo@there");
}

TEST_F(AfterAGap, TheRunHasTheDurationAnewToFindOut) {
  stop_for(60s);
  int failures = 0;
  answer_renewals([this, &failures]() -> LeaseServer::Answer {
    return clock.now() - began < 65s && ++failures > 0 ? LeaseServer::Answer(test::reset()) : std::nullopt;
  });
  wire.is_answered = [](const kube::Request&) { return true; };
  Work work(1);
  renewing.run(work);
  EXPECT_EQ(work.replies(), 1U);
  EXPECT_GE(failures, 1);
}

// A journal that was forced to the disk while the machine slept.
TEST_F(AfterAGap, BetweenTwoRunsTheLeaseIsReadFirst) {
  clock.move(100s);
  Work work(1);
  renewing.run(work);
  EXPECT_THAT(story(), ElementsAre("GET 100s", "PATCH 100s", "work 100s"));
}

TEST_F(RenewingTransportTest, ALockThatAnotherTookEndsTheRunButAnswersAreTaken) {
  server.held_by("jo@there", "", 30);
  wire.latency = 14s;
  wire.latency_of_lease = 0s;
  Work work(1'000);
  EXPECT_THAT(error_of(work), HasSubstr("jo@there holds it now"));
  EXPECT_LE(last_work(), 10s) << "the renewal got 422";
  EXPECT_EQ(work.replies(), wire.work_sent().size()) << "what was in flight was answered at 14 s";
  EXPECT_FALSE(lease.held());
}

TEST_F(RenewingTransportTest, ALockThatWasDeletedEndsTheRun) {
  server.lease.reset();
  wire.latency = 1s;
  Work work(1'000);
  EXPECT_THAT(error_of(work), HasSubstr("was deleted while this run held it"));
  EXPECT_LE(last_work(), 10s);
}

// The other run edits the Lease in place, as client-go's leader election does.
TEST_F(RenewingTransportTest, ALeaseOfOurUidThatNamesAnotherHolderIsLost) {
  (*server.lease)["spec"]["holderIdentity"] = "jo@there";
  wire.latency = 1s;
  Work work(1'000);
  EXPECT_THAT(error_of(work), HasSubstr("jo@there holds it now"));
}

TEST_F(RenewingTransportTest, ARefusedRenewalOfALeaseThatIsOursIsTriedAgain) {
  int refused = 0;
  server.instead = [&](const kube::Request& request) -> LeaseServer::Answer {
    if (!is_for_lease(request) || request.method != kube::Method::patch || refused++ > 0) return std::nullopt;
    return test::status_reply(409, "Conflict");
  };
  wire.latency = 25s;
  wire.latency_of_lease = 0s;
  Work work(2);
  renewing.run(work);
  EXPECT_EQ(work.replies(), 2U);
  EXPECT_THAT(story(), ElementsAre("work 0s", "work 0s", "PATCH 10s", "GET 10s", "PATCH 12s", "PATCH 22s"));
}

TEST_F(RenewingTransportTest, CtrlCEndsTheWaitForTheLock) {
  answer_renewals([] { return LeaseServer::Answer(test::reset()); });
  wire.latency = 1s;
  Work work(1'000);
  wire.after_turn = [this] { interrupted = clock.now() - began > 22s; };
  work.before_next = [&] {
    if (interrupted) work.stop();
  };
  renewing.run(work);
  EXPECT_LE(clock.now() - began, 24s);
  EXPECT_EQ(work.failures(Failure::Delivered::no), 1U);
}

}  // namespace

}  // namespace kots_export::change
