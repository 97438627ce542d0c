#include <kots_export/change/lease.h>
#include <kots_export/util/process.h>

#include "unit/change/lease_server.h"

#include <gmock/gmock.h>

namespace kots_export::change {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::LeaseServer;
using Fault = test::LeaseServer::Fault;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Notices : public Observer {
 public:
  void notice(const Notice& notice) override { ids.push_back(notice.id); }
  std::vector<std::string> ids;
};

class LeaseTest : public ::testing::Test {
 protected:
  LeaseOptions options() {
    LeaseOptions result;
    result.holder = "me@here/1/r1";
    result.process = util::process_identity();
    result.retry = {.attempts = 1};
    result.since_boot = [this] { return clock.now(); };
    result.pause = [this](std::chrono::milliseconds time) { clock.move(time); };
    return result;
  }
  // Ctrl-C half a second from now.
  LeaseOptions stopped_soon() {
    LeaseOptions hearing = options();
    hearing.interrupted = [this, began = clock.now()] { return clock.now() - began > 500ms; };
    return hearing;
  }
  // Made over `wire`, and stopped on the way; what it may have made is given back at the end of its life.
  void acquire_and_be_stopped(kube::Transport& wire, const LeaseOptions& hearing) {
    Lease lease(wire, notices, hearing);
    EXPECT_THROW(lease.acquire("ns"), Interrupted);
  }
  // Those of one method.
  [[nodiscard]] std::vector<kube::Request> asked(kube::Method method) const {
    std::vector<kube::Request> found;
    for (const kube::Request& request : transport.requests()) {
      if (request.method == method) found.push_back(request);
    }
    return found;
  }

  test::ManualClock clock;
  LeaseServer server;
  test::ScriptedTransport transport{[this](const kube::Request& request) { return server.answer(request); }};
  Notices notices;
};

TEST_F(LeaseTest, IsThereWhileItIsHeld) {
  Lease lease(transport, notices, options());
  lease.acquire("ns");
  EXPECT_TRUE(lease.held());
  EXPECT_EQ(server.holder(), "me@here/1/r1");
  EXPECT_EQ((*server.lease)["spec"]["leaseDurationSeconds"], 30);
  lease.release();
  EXPECT_FALSE(server.lease);
}

TEST_F(LeaseTest, IsReleasedAtTheEndOfItsLife) {
  {
    Lease lease(transport, notices, options());
    lease.acquire("ns");
  }
  EXPECT_FALSE(server.lease);
}

TEST_F(LeaseTest, OfALivingRunIsRespected) {
  server.held_by("jo@there", "", 30);
  int looks = 0;
  server.before = [&](const kube::Request& request) {
    if (request.method == kube::Method::get && ++looks == 10) server.renewed();
  };
  Lease lease(transport, notices, options());
  try {
    lease.acquire("ns");
    FAIL() << "the lock of another was taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("jo@there holds the lock"));
    EXPECT_THAT(error.hint(), HasSubstr("--force-unlock"));
  }
  EXPECT_EQ(server.holder(), "jo@there");
  EXPECT_FALSE(lease.held());
}

TEST_F(LeaseTest, ThatIsNotRenewedForItsDurationByOurClockIsTakenOver) {
  server.held_by("jo@there", "", 45);
  const auto began = clock.now();
  std::chrono::nanoseconds taken{0};
  server.before = [&](const kube::Request& request) {
    if (request.method == kube::Method::del) taken = clock.now() - began;
  };
  Lease lease(transport, notices, options());
  lease.acquire("ns");
  EXPECT_GE(taken, 45s);
  EXPECT_LE(taken, 47s);
  EXPECT_EQ(server.holder(), "me@here/1/r1");
  EXPECT_THAT(notices.ids, ElementsAre("lock.waiting", "lock.taken-over"));
}

TEST_F(LeaseTest, IsWaitedForOnceByTheCheckAndByTheRun) {
  server.held_by("jo@there", "", 30);
  Lease lease(transport, notices, options());
  const auto began = clock.now();
  EXPECT_FALSE(lease.other_run("ns"));
  EXPECT_GE(clock.now() - began, 30s);
  const auto checked = clock.now();
  lease.acquire("ns");
  EXPECT_EQ(clock.now(), checked);
  EXPECT_EQ(server.holder(), "me@here/1/r1");
}

TEST_F(LeaseTest, ThatIsRenewedIsAnotherRunsAndNothingIsTaken) {
  server.held_by("jo@there", "", 30);
  server.before = [&](const kube::Request&) { server.renewed(); };
  Lease lease(transport, notices, options());
  const auto busy = lease.other_run("ns");
  ASSERT_TRUE(busy);
  EXPECT_THAT(busy->what(), HasSubstr("jo@there holds the lock"));
  EXPECT_EQ(server.holder(), "jo@there");
}

TEST_F(LeaseTest, TakingOverNamesUidAndVersionOfWhatWasSeen) {
  server.held_by("jo@there", "", 30);
  const json seen = (*server.lease)["metadata"];
  LeaseOptions force = options();
  force.take = LeaseOptions::Take::at_once;
  Lease lease(transport, notices, force);
  lease.acquire("ns");
  ASSERT_EQ(asked(kube::Method::del).size(), 1U);
  json preconditions = json::parse(asked(kube::Method::del)[0].body)["preconditions"];
  EXPECT_EQ(preconditions["uid"], seen["uid"]);
  EXPECT_EQ(preconditions["resourceVersion"], seen["resourceVersion"]);
  EXPECT_THAT(notices.ids, ElementsAre("lock.taken-over"));
}

// A laptop that wakes up between our look and our delete.
TEST_F(LeaseTest, ThatIsRenewedWhileItIsTakenOverStaysItsHolders) {
  server.held_by("jo@there", "", 30);
  server.before = [&](const kube::Request& request) {
    if (request.method == kube::Method::del) server.renewed();
  };
  Lease lease(transport, notices, options());
  EXPECT_THROW(lease.acquire("ns"), Error);
  EXPECT_EQ(server.holder(), "jo@there");
  EXPECT_THAT(notices.ids, ElementsAre("lock.waiting"));
}

TEST_F(LeaseTest, OfAProcessOfThisMachineThatHasEndedIsTakenAtOnce) {
  const std::string mine = util::process_identity();
  const auto last = mine.rfind('/');
  server.held_by("me@here", mine.substr(0, last) + "/1", 3600);  // our PID, started at another time
  Lease lease(transport, notices, options());
  const auto began = clock.now();
  lease.acquire("ns");
  EXPECT_EQ(clock.now(), began);
  EXPECT_THAT(notices.ids, ElementsAre("lock.taken-over"));
}

TEST_F(LeaseTest, WithoutPermissionWarnsAndGoesOn) {
  test::ScriptedTransport forbidding{
      [](const kube::Request&) { return test::status_reply(403, "Forbidden"); }};
  Lease lease(forbidding, notices, options());
  lease.acquire("ns");
  EXPECT_FALSE(lease.held());
  EXPECT_THAT(notices.ids, ElementsAre("lock.not-possible"));
}

// A gateway's page is not the server's word that there are no Leases.
TEST_F(LeaseTest, BehindAPageThatSaysForbiddenEndsTheRun) {
  for (const int status : {403, 404}) {
    SCOPED_TRACE(status);
    test::ScriptedTransport gateway{
        [=](const kube::Request&) { return test::text_reply(status, "<html>Sign in</html>"); }};
    Lease lease(gateway, notices, options());
    EXPECT_THROW(lease.acquire("ns"), Error);
    EXPECT_THAT(notices.ids, Not(Contains("lock.not-possible")));
  }
}

TEST_F(LeaseTest, ThatIsRefusedAsASecondOneAndNeverShownEndsTheRun) {
  server.instead = [](const kube::Request& request) -> LeaseServer::Answer {
    return request.method == kube::Method::get ? test::status_reply(404, "NotFound")
                                               : test::status_reply(409, "AlreadyExists");
  };
  Lease lease(transport, notices, options());
  const auto began = clock.now();
  EXPECT_THROW(lease.acquire("ns"), Error);
  EXPECT_GT(clock.now(), began) << "it asked without a pause";
}

TEST_F(LeaseTest, ThatWasMadeThoughItsAnswerWasLostIsOurs) {
  for (const Fault fault : {Fault::lose_answer, Fault::gateway_timeout_but_done, Fault::web_page_but_done}) {
    SCOPED_TRACE(static_cast<int>(fault));
    server.faults = {fault};
    Lease lease(transport, notices, options());
    const auto began = clock.now();
    lease.acquire("ns");
    EXPECT_TRUE(lease.held());
    EXPECT_EQ(server.holder(), "me@here/1/r1");
    EXPECT_EQ(clock.now(), began) << "it waited for its own lock";
    lease.release();
    EXPECT_FALSE(server.lease);
  }
  EXPECT_THAT(notices.ids, IsEmpty());
}

TEST_F(LeaseTest, ThatWasNotMadeIsMadeAgain) {
  for (const Fault fault : {Fault::lose_request, Fault::gateway_timeout, Fault::web_page}) {
    SCOPED_TRACE(static_cast<int>(fault));
    server.faults = {fault};
    Lease lease(transport, notices, options());
    lease.acquire("ns");
    EXPECT_TRUE(lease.held());
    EXPECT_EQ(server.holder(), "me@here/1/r1");
  }
}

// What was sent first may be what the server has: the time to send counts from there.
TEST_F(LeaseTest, CountsFromTheFirstTryToMakeIt) {
  server.faults = {Fault::lose_request};
  Lease lease(transport, notices, options());
  const auto began = clock.now();
  lease.acquire("ns");
  EXPECT_EQ(lease.renewed_at(), began);
  EXPECT_GT(clock.now(), began);
}

TEST_F(LeaseTest, ThatCannotBeMadeEndsTheRun) {
  test::ScriptedTransport dead{[](const kube::Request& request) {
    return request.method == kube::Method::get ? kube::Outcome(test::status_reply(404, "NotFound"))
                                               : kube::Outcome(test::reset());
  }};
  Lease lease(dead, notices, options());
  EXPECT_THROW(lease.acquire("ns"), kube::ConnectionError);
  EXPECT_EQ(dead.count(kube::Method::post), 5U);
}

TEST_F(LeaseTest, IsTakenOverThoughTheAnswerToThatWasLost) {
  for (const Fault fault : {Fault::lose_answer, Fault::lose_request}) {
    SCOPED_TRACE(static_cast<int>(fault));
    server.held_by("jo@there", "", 30);
    Lease lease(transport, notices, options());
    std::size_t tries = 0;
    server.before = [&](const kube::Request& request) {
      if (request.method == kube::Method::del && ++tries == 1) server.faults = {fault};
    };
    lease.acquire("ns");
    EXPECT_EQ(server.holder(), "me@here/1/r1");
  }
}

TEST_F(LeaseTest, IsReadAgainWhereAWebPageAnswers) {
  server.held_by("jo@there", "", 30);
  server.faults = {Fault::none, Fault::web_page};  // the create, the first look
  LeaseOptions patient = options();
  patient.retry.attempts = 2;
  Lease lease(transport, notices, patient);
  lease.acquire("ns");
  EXPECT_TRUE(lease.held());
}

TEST_F(LeaseTest, IsReleasedWithMoreThanOneTry) {
  Lease lease(transport, notices, options());
  lease.acquire("ns");
  server.faults = {Fault::lose_request, Fault::gateway_timeout};
  lease.release();
  EXPECT_FALSE(server.lease);
  EXPECT_EQ(asked(kube::Method::del).size(), 3U);
}

TEST_F(LeaseTest, IsReleasedAgainWhereTheFirstTryDidNothing) {
  const std::vector<std::deque<Fault>> answers = {
      {Fault::too_many_requests, Fault::too_many_requests}, {Fault::conflict}, {Fault::web_page}};
  for (const auto& faults : answers) {
    SCOPED_TRACE(static_cast<int>(faults.front()));
    Lease lease(transport, notices, options());
    lease.acquire("ns");
    server.faults = faults;
    lease.release();
    EXPECT_FALSE(server.lease);
  }
}

TEST_F(LeaseTest, IsLeftToRunOutWhereNobodyAnswersItsRelease) {
  Lease lease(transport, notices, options());
  lease.acquire("ns");
  server.faults.assign(1000, Fault::lose_request);
  const auto began = clock.now();
  lease.release();
  EXPECT_TRUE(server.lease);
  EXPECT_LE(clock.now() - began, 6s);
}

TEST_F(LeaseTest, OfAnotherIsNotReleased) {
  Lease lease(transport, notices, options());
  lease.acquire("ns");
  server.held_by("jo@there", "", 30);
  lease.release();
  EXPECT_EQ(server.holder(), "jo@there");
}

TEST_F(LeaseTest, IsReleasedAfterCtrlC) {
  bool pressed = false;
  LeaseOptions hearing = options();
  hearing.interrupted = [&pressed] { return pressed; };
  Lease lease(transport, notices, hearing);
  lease.acquire("ns");
  pressed = true;
  lease.release();
  EXPECT_FALSE(server.lease);
}

TEST_F(LeaseTest, HearsCtrlCWhileItWaits) {
  server.held_by("jo@there", "", 3600);
  const auto began = clock.now();
  LeaseOptions hearing = stopped_soon();
  Lease lease(transport, notices, hearing);
  EXPECT_THROW(lease.acquire("ns"), Interrupted);
  EXPECT_LT(clock.now() - began, 700ms);
}

// The server has made it and does not say so: nobody else may have to wait for it.
TEST_F(LeaseTest, ThatMayHaveBeenMadeIsGivenBackAfterCtrlC) {
  test::SlowWire wire(clock, server);
  const auto began = clock.now();
  bool was_made = false;
  wire.is_answered = [](const kube::Request& request) { return request.method != kube::Method::post; };
  wire.after_turn = [&] {
    if (wire.sent.empty() || was_made) return;
    server.held_by(options().holder, options().process, 30);
    was_made = true;
  };
  acquire_and_be_stopped(wire, stopped_soon());
  EXPECT_TRUE(was_made);
  EXPECT_FALSE(server.lease);
  EXPECT_LT(clock.now() - began, 1s);
}

// An API server goes on with what its client has given up.
TEST_F(LeaseTest, ThatIsMadeAfterCtrlCIsGivenBackToo) {
  test::SlowWire wire(clock, server);
  const auto began = clock.now();
  bool was_made = false;
  wire.is_answered = [](const kube::Request& request) { return request.method != kube::Method::post; };
  LeaseOptions hearing = stopped_soon();
  hearing.pause = [&](std::chrono::milliseconds time) {
    clock.move(time);
    if (was_made || clock.now() - began < 1s) return;
    server.held_by(options().holder, options().process, 30);
    was_made = true;
  };
  acquire_and_be_stopped(wire, hearing);
  EXPECT_TRUE(was_made);
  EXPECT_FALSE(server.lease);
}

TEST_F(LeaseTest, ThatMayHaveBeenMadeIsTold) {
  test::SlowWire wire(clock, server);
  wire.is_answered = [](const kube::Request&) { return false; };
  acquire_and_be_stopped(wire, stopped_soon());
  EXPECT_THAT(notices.ids, ElementsAre("lock.releasing", "lock.not-released"));
}

TEST_F(LeaseTest, OfAnotherThatWasThereBeforeOursIsNotGivenBack) {
  server.held_by("jo@there", "", 30);
  server.faults = {Fault::lose_request};
  bool pressed = false;
  LeaseOptions hearing = options();
  hearing.interrupted = [&] { return pressed; };
  hearing.pause = [&](std::chrono::milliseconds time) {
    clock.move(time);
    pressed = true;
  };
  {
    Lease lease(transport, notices, hearing);
    EXPECT_THROW(lease.acquire("ns"), Interrupted);
  }
  EXPECT_EQ(server.holder(), "jo@there");
}

TEST_F(LeaseTest, HearsCtrlCWhileTheServerSaysNothing) {
  test::SlowWire wire(clock, server);
  wire.is_answered = [](const kube::Request&) { return false; };
  const auto began = clock.now();
  LeaseOptions hearing = stopped_soon();
  Lease lease(wire, notices, hearing);
  EXPECT_THROW(lease.acquire("ns"), Interrupted);
  EXPECT_LT(clock.now() - began, 1s);
}

}  // namespace

}  // namespace kots_export::change
