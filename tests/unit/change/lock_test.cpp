#include <kots_export/change/lock.h>
#include <kots_export/util/process.h>

#include "unit/change/fake_cluster.h"

#include <gmock/gmock.h>

namespace kots_export::change {

namespace {

using nlohmann::json;
using test::FakeCluster;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kLease = "/apis/coordination.k8s.io/v1/namespaces/ns/leases/kots-export";

class Notices : public Observer {
 public:
  void notice(const Notice& notice) override { ids.push_back(notice.id); }
  std::vector<std::string> ids;
};

class LockTest : public ::testing::Test {
 protected:
  static LockOptions options() {
    LockOptions result;
    result.holder = "me@here/1/r1";
    result.process = util::process_identity();
    result.look_every = std::chrono::milliseconds(1);
    return result;
  }
  void held_by(const std::string& who, const std::string& process, int seconds) {
    cluster.put(kLease, {{"metadata",
                          {{"name", "kots-export"},
                           {"uid", "uid-" + who},
                           {"resourceVersion", "1"},
                           {"annotations", {{"kots-export/process", process}}}}},
                         {"spec", {{"holderIdentity", who}, {"leaseDurationSeconds", seconds}}}});
  }

  FakeCluster cluster;
  std::function<void(const kube::Request&)> before = [](const kube::Request&) {};
  test::ScriptedTransport transport{[this](const kube::Request& request) {
    before(request);
    return cluster.answer(request);
  }};
  Notices notices;
};

TEST_F(LockTest, IsALeaseWhileItIsHeld) {
  Lock lock(transport, transport, notices, options());
  lock.acquire("ns");
  EXPECT_EQ(cluster.objects[kLease]["spec"]["holderIdentity"], "me@here/1/r1");
  lock.release();
  EXPECT_THAT(cluster.objects, IsEmpty());
}

TEST_F(LockTest, IsReleasedAtTheEndOfItsLife) {
  {
    Lock lock(transport, transport, notices, options());
    lock.acquire("ns");
  }
  EXPECT_THAT(cluster.objects, IsEmpty());
}

TEST_F(LockTest, OfALivingRunIsRespected) {
  held_by("jo@there", "", 30);
  int looks = 0;
  before = [&](const kube::Request& request) {
    if (request.method == kube::Method::get && ++looks == 2)
      cluster.objects[kLease]["metadata"]["resourceVersion"] = "2";
  };
  Lock lock(transport, transport, notices, options());
  try {
    lock.acquire("ns");
    FAIL() << "the lock of another was taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("jo@there holds the lock"));
    EXPECT_THAT(error.hint(), HasSubstr("--force-unlock"));
  }
  EXPECT_EQ(cluster.objects[kLease]["spec"]["holderIdentity"], "jo@there");
}

TEST_F(LockTest, ThatIsNotRenewedForItsDurationIsTakenOver) {
  held_by("jo@there", "", 0);
  Lock lock(transport, transport, notices, options());
  lock.acquire("ns");
  EXPECT_EQ(cluster.objects[kLease]["spec"]["holderIdentity"], "me@here/1/r1");
  EXPECT_THAT(notices.ids, ElementsAre("lock.waiting", "lock.taken-over"));
}

TEST_F(LockTest, IsTakenAtOnceByForce) {
  held_by("jo@there", "", 3600);
  LockOptions force = options();
  force.take = LockOptions::Take::at_once;
  Lock lock(transport, transport, notices, force);
  lock.acquire("ns");
  EXPECT_THAT(notices.ids, ElementsAre("lock.taken-over"));
}

TEST_F(LockTest, OfAProcessOfThisMachineThatHasEndedIsTakenAtOnce) {
  const std::string mine = util::process_identity();
  const auto last = mine.rfind('/');
  held_by("me@here", mine.substr(0, last) + "/1", 3600);  // our PID, started at another time
  Lock lock(transport, transport, notices, options());
  lock.acquire("ns");
  EXPECT_THAT(notices.ids, ElementsAre("lock.taken-over"));
}

TEST_F(LockTest, WithoutPermissionWarnsAndGoesOn) {
  test::ScriptedTransport forbidding{[](const kube::Request&) { return test::reply(403); }};
  Lock lock(forbidding, forbidding, notices, options());
  lock.acquire("ns");
  EXPECT_FALSE(lock.held());
  EXPECT_THAT(notices.ids, ElementsAre("lock.not-possible"));
}

// Work that takes a few requests.
class Work : public kube::RequestSource {
 public:
  std::optional<kube::Exchange> next() override {
    if (left-- <= 0) return std::nullopt;
    return kube::Exchange{
        .request = {.method = kube::Method::get, .path = "/x", .headers = {}, .body = {}, .timeout = {}},
        .done = [](const kube::Outcome&) {},
        .on_data = {}};
  }
  int left = 5;
};

// Work that takes the lock when it comes to something that is to be written.
class WorkThatLocks : public Work {
 public:
  explicit WorkThatLocks(Lock& lock) : lock_(lock) {}
  std::optional<kube::Exchange> next() override {
    if (left == 4) lock_.acquire("ns");
    return Work::next();
  }

 private:
  Lock& lock_;
};

TEST_F(LockTest, ThatIsTakenInTheMiddleOfARunIsRenewedInIt) {
  LockOptions often = options();
  often.renew_every = std::chrono::milliseconds(0);
  test::ScriptedTransport beside{[this](const kube::Request& request) { return cluster.answer(request); }};
  Lock lock(transport, beside, notices, often);
  WorkThatLocks work(lock);
  lock.run(work);
  EXPECT_EQ(beside.requests().size(), 1U) << "the Lease alone";
  EXPECT_THAT(transport.requests(), Contains(Field(&kube::Request::method, kube::Method::patch)));
}

TEST_F(LockTest, NeedsNoSecondConnectionBetweenRuns) {
  test::ScriptedTransport beside{[](const kube::Request&) { return test::reply(500); }};
  Lock lock(transport, beside, notices, options());
  lock.acquire("ns");
  Work work;
  lock.run(work);
  lock.release();
  EXPECT_THAT(beside.requests(), IsEmpty());
  EXPECT_THAT(cluster.objects, IsEmpty());
}

TEST_F(LockTest, IsRenewedWhileWorkGoesOn) {
  LockOptions often = options();
  often.renew_every = std::chrono::milliseconds(0);
  Lock lock(transport, transport, notices, often);
  lock.acquire("ns");
  const std::string first = cluster.objects[kLease]["spec"]["renewTime"];
  Work work;
  lock.run(work);
  EXPECT_NE(cluster.objects[kLease]["spec"]["renewTime"], first);
}

TEST_F(LockTest, ThatAnotherRunHasTakenEndsTheWork) {
  LockOptions often = options();
  often.renew_every = std::chrono::milliseconds(0);
  Lock lock(transport, transport, notices, often);
  lock.acquire("ns");
  held_by("jo@there", "", 30);
  Work work;
  EXPECT_THROW(lock.run(work), Error);
  lock.release();
  EXPECT_EQ(cluster.objects[kLease]["spec"]["holderIdentity"], "jo@there")
      << "another's lock is not released";
}

// A laptop that was closed in the middle of a run.
TEST_F(LockTest, ThatRanOutMeanwhileIsRenewedBeforeAnythingMoreIsSent) {
  LockOptions sleeping = options();
  std::chrono::nanoseconds now{0};
  sleeping.since_boot = [&now] { return now; };
  Lock lock(transport, transport, notices, sleeping);
  lock.acquire("ns");
  kube::Client client(lock);
  const kube::ObjectRef object{.gvr = {"", "v1", "configmaps"},
                               .kind = "ConfigMap",
                               .ns = "ns",
                               .name = "a",
                               .uid = {},
                               .resource_version = {}};
  now += sleeping.duration;
  EXPECT_FALSE(client.get(object)) << "the lease was still ours: it goes on";

  held_by("jo@there", "", 30);
  now += sleeping.duration;
  const std::size_t sent = transport.requests().size();
  EXPECT_THROW((void)client.get(object), Error);
  ASSERT_EQ(transport.requests().size(), sent + 1) << "the renewal alone";
  EXPECT_THAT(transport.requests().back().path, HasSubstr("leases"));
}

TEST(Process, ThatRunsHasNotEndedAndAChildThatExitedHas) {
  EXPECT_FALSE(util::has_ended(util::process_identity()));
  EXPECT_FALSE(util::has_ended("another-machine/pid:[1]/1/1"));
  EXPECT_FALSE(util::has_ended(""));
}

}  // namespace

}  // namespace kots_export::change
