#include "unit/migration/job_watch_fixture.h"

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Result = JobEnd::Result;

TEST_F(JobWatch, EndsWithTheJob) {
  running_job();
  job_events(events({watch_line("MODIFIED", complete())}));
  live_log(events({"one\ntwo\n"}, Stream::End::clean));

  const JobEnd end = follow();

  EXPECT_EQ(end.result, Result::complete);
  EXPECT_EQ(logged(), "one\ntwo\n");
  EXPECT_THAT(observer.lines, ElementsAre("one", "two"));
}

TEST_F(JobWatch, TellsWhereTheJobAndItsPodStand) {
  json pending = pod(waiting("ContainerCreating"));
  pending["status"]["phase"] = "Pending";
  json at_work = pod(running());
  at_work["status"]["phase"] = "Running";
  jobs(ok(list_of("JobList", {job()})));
  job_events(events({watch_line("MODIFIED", job()), watch_line("MODIFIED", complete())}));
  pods(ok(list_of("PodList", {pending})));
  // Nothing that a person sees has changed the second time.
  pod_events(events({watch_line("MODIFIED", at_work), watch_line("MODIFIED", at_work)}));
  live_log(events({"one\n"}, Stream::End::clean));

  (void)follow();

  using change::JobState;
  EXPECT_THAT(
      observer.jobs,
      ElementsAre(
          JobState{.job = "circle-migrator", .pod = {}, .phase = {}, .reason = {}},
          JobState{.job = "circle-migrator",
                   .pod = "circle-migrator-x",
                   .phase = "Pending",
                   .reason = "ContainerCreating"},
          JobState{.job = "circle-migrator", .pod = "circle-migrator-x", .phase = "Running", .reason = {}}));
}

json beside_a_sidecar(const json& state) {
  const json sidecar = {{"name", "istio-proxy"}, {"state", running()}};
  json both = pod(state);
  both["status"]["containerStatuses"].push_back(sidecar);
  return both;
}

TEST_F(JobWatch, IsDoneWhereOnlyASidecarRunsOn) {
  jobs(ok(list_of("JobList", {job()})));
  job_events(events({}));
  pods(ok(list_of("PodList", {beside_a_sidecar(running())})));
  pod_events(events({watch_line("MODIFIED", beside_a_sidecar({{"terminated", {{"exitCode", 0}}}}))}));
  live_log(events({"done\n"}, Stream::End::clean));

  EXPECT_EQ(follow().result, Result::complete);
}

TEST_F(JobWatch, IsNotDoneWhereTheMigratorFailedBesideASidecar) {
  jobs(ok(list_of("JobList", {job()})));
  job_events(events({}));
  pods(ok(list_of("PodList", {beside_a_sidecar({{"terminated", {{"exitCode", 3}}}})})));
  pod_events(events({}));
  live_log(events({}, Stream::End::clean));

  EXPECT_EQ(follow(std::chrono::seconds(1)).result, Result::timed_out);
}

TEST_F(JobWatch, SeesAJobThatWasDoneBeforeItLooked) {
  jobs(ok(list_of("JobList", {complete()})));
  pods(ok(list_of("PodList", {})));
  pod_events(events({}));

  EXPECT_EQ(follow().result, Result::complete);
}

TEST_F(JobWatch, TellsWhyAJobFailed) {
  running_job();
  job_events(events({watch_line("MODIFIED", failed())}));
  live_log(events({"ERROR: locked\n"}, Stream::End::clean));

  const JobEnd end = follow();

  EXPECT_EQ(end.result, Result::failed);
  EXPECT_EQ(end.why, "BackoffLimitExceeded: it failed");
  EXPECT_EQ(logged(), "ERROR: locked\n");
}

TEST_F(JobWatch, IgnoresAConditionThatIsNotTrue) {
  running_job();
  job_events(events({watch_line("MODIFIED", job({{{"type", "Failed"}, {"status", "False"}},
                                                 {{"type", "Suspended"}, {"status", "True"}}})),
                     watch_line("MODIFIED", complete())}));
  live_log(events({}, Stream::End::clean));

  EXPECT_EQ(follow().result, Result::complete);
}

TEST_F(JobWatch, EndsWhenTheJobIsDeleted) {
  running_job();
  job_events(events({watch_line("DELETED", job())}));
  live_log(events({}, Stream::End::clean));

  const JobEnd end = follow();

  EXPECT_EQ(end.result, Result::failed);
  EXPECT_THAT(end.why, HasSubstr("deleted"));
}

TEST_F(JobWatch, EndsWhenTheJobIsGoneFromTheStart) {
  jobs(ok(list_of("JobList", {})));
  pods(ok(list_of("PodList", {})));
  pod_events(events({}));
  job_events(events({}));

  const JobEnd end = follow();

  EXPECT_EQ(end.result, Result::failed);
  EXPECT_THAT(end.why, HasSubstr("deleted"));
}

TEST_F(JobWatch, EndsWhenTheJobWentWhileTheWatchWasAway) {
  running_job();
  job_events(events({R"({"type": "ERROR", "object": {"kind": "Status", "code": 410}})"
                     "\n"}));
  jobs(ok(list_of("JobList", {}, "20")));
  job_events(events({}));
  live_log(events({}, Stream::End::clean));

  EXPECT_EQ(follow().result, Result::failed);
}

TEST_F(JobWatch, ListsAgainWhereTheServerForgotTheVersion) {
  running_job();
  job_events(status_reply(410, "Expired"));
  jobs(ok(list_of("JobList", {complete()}, "20")));
  live_log(events({}, Stream::End::clean));

  EXPECT_EQ(follow().result, Result::complete);
}

TEST_F(JobWatch, GoesOnFromTheLastVersionWhereAWatchIsCut) {
  running_job();
  job_events(events({watch_line("BOOKMARK", {{"metadata", {{"resourceVersion", "15"}}}})}, Stream::End::cut));
  job_events(events({watch_line("MODIFIED", complete())}));
  live_log(events({}, Stream::End::clean));

  EXPECT_EQ(follow().result, Result::complete);
  EXPECT_EQ(server.count(kube::Method::get, "/jobs?watch=true&allowWatchBookmarks=true&resourceVersion=11"),
            1U);
  EXPECT_EQ(server.count(kube::Method::get, "resourceVersion=15"), 1U);
}

TEST_F(JobWatch, OutlivesAServerThatIsAwayForAMoment) {
  running_job();
  job_events(events({}, Stream::End::cut));
  for (int i = 0; i < 3; ++i) job_events(test::connection_refused());
  job_events(status_reply(503, "ServiceUnavailable"));
  job_events(events({watch_line("MODIFIED", complete())}));
  live_log(events({}, Stream::End::clean));

  EXPECT_EQ(follow().result, Result::complete);
}

TEST_F(JobWatch, OutlivesAListThatIsAnsweredWithAServerError) {
  jobs(status_reply(500, "InternalError"));
  jobs(status_reply(429, "TooManyRequests"));
  jobs(ok(list_of("JobList", {complete()})));
  pods(ok(list_of("PodList", {})));
  pod_events(events({}));

  EXPECT_EQ(follow().result, Result::complete);
}

TEST_F(JobWatch, SaysThatItMayNotWatch) {
  jobs(status_reply(403, "Forbidden", "jane may not list jobs"));
  pods(ok(list_of("PodList", {})));
  pod_events(events({}));

  EXPECT_THROW((void)follow(), kube::ApiError);
}

TEST_F(JobWatch, TimesOut) {
  running_job();
  job_events(events({}));
  live_log(events({"still at work\n"}));

  EXPECT_EQ(follow(std::chrono::seconds(1)).result, Result::timed_out);
  EXPECT_EQ(logged(), "still at work\n");
}

TEST_F(JobWatch, StopsOnCtrlC) {
  running_job();
  job_events(events({}));
  live_log(events({"one\n"}));
  server.after_each([this](const kube::Request& request) {
    if (request.path.find("/log?follow") != std::string::npos) interrupted = true;
  });

  EXPECT_THROW((void)follow(), Interrupted);
}

// --- Pods that cannot start ---

TEST_F(JobWatch, GivesUpWhereAPodCannotStart) {
  for (const char* reason : {"InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError",
                             "CreateContainerError", "RunContainerError", "StartError"}) {
    SCOPED_TRACE(reason);
    jobs(ok(list_of("JobList", {job()})));
    job_events(events({}));
    pods(ok(list_of("PodList", {pod(waiting(reason, "the reason"))})));

    const JobEnd end = follow();

    EXPECT_EQ(end.result, Result::cannot_start);
    EXPECT_EQ(end.why, std::string(reason) + ": the reason");
    EXPECT_NE(end.hint, "");
  }
}

TEST_F(JobWatch, TellsApartWhereTheImageCannotBePulled) {
  jobs(ok(list_of("JobList", {job()})));
  job_events(events({}));
  pods(ok(list_of("PodList", {pod(waiting("ImagePullBackOff", "the reason"))})));

  EXPECT_EQ(follow().result, Result::cannot_pull);
}

TEST_F(JobWatch, TellsOfAnImageThatIsNotPulledYetAndWaits) {
  jobs(ok(list_of("JobList", {job()})));
  job_events(events(
      {watch_line("MODIFIED", job()), watch_line("MODIFIED", job()), watch_line("MODIFIED", complete())}));
  pods(ok(
      list_of("PodList", {pod(waiting("ErrImagePull", "denied")), pod(waiting("ErrImagePull", "denied"))})));
  pod_events(events({}));

  EXPECT_EQ(follow().result, Result::complete);
  EXPECT_EQ(observer.notices.size(), 1U);
  EXPECT_EQ(observer.argument("flyway.image-not-pulled", "message"), "denied");
}

TEST_F(JobWatch, WaitsForAContainerThatIsBeingMade) {
  jobs(ok(list_of("JobList", {job()})));
  job_events(events({watch_line("MODIFIED", complete())}));
  pods(ok(list_of("PodList", {pod(waiting("ContainerCreating"))})));
  pod_events(events({}));

  EXPECT_EQ(follow().result, Result::complete);
  EXPECT_THAT(observer.notices, IsEmpty());
}

TEST_F(JobWatch, TellsThatNoNodeTakesThePod) {
  const json unschedulable = json::parse(R"({"metadata": {"name": "p"}, "status": {"conditions": [
      {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available"}]}})");
  jobs(ok(list_of("JobList", {job()})));
  job_events(events({watch_line("MODIFIED", job()), watch_line("MODIFIED", complete())}));
  pods(ok(list_of("PodList", {unschedulable, unschedulable})));
  pod_events(events({}));

  EXPECT_EQ(follow().result, Result::complete);
  EXPECT_EQ(observer.notices.size(), 1U);
  EXPECT_EQ(observer.argument("flyway.unschedulable", "message"), "0/3 nodes are available");
}

TEST_F(JobWatch, TellsThatTheServerRefusesThePod) {
  test::ScriptedTransport other{8};
  kube::Client other_client{other, test::kQuickRetries};
  Context other_context{
      .client = other_client, .executor = executor, .observer = observer, .ns = {kNs}, .release = "r"};
  other.get_once("/jobs?watch=false", ok(list_of("JobList", {job()})));
  other.get_once("/pods?watch=false", ok(list_of("PodList", {})));
  other.get_once("/events?watch=false",
                 ok(list_of("EventList", {{{"message", "pods is forbidden: exceeded quota"}}})));
  other.get_once("/jobs?watch=true",
                 events({watch_line("MODIFIED", job()), watch_line("MODIFIED", complete())}));
  other.get("/pods?limit", ok(list_of("PodList", {})));
  other.otherwise([](const kube::Request&) { return events({}); });
  util::AppendFile log(folder / "log");

  EXPECT_EQ(
      follow_job(other_context, "circle-migrator", "circle-migrator", log, std::chrono::seconds(20)).result,
      Result::complete);
  EXPECT_EQ(observer.argument("flyway.pod-refused", "message"), "pods is forbidden: exceeded quota");
}

TEST_F(JobWatch, DoesNotNeedTheRightToReadEvents) {
  test::ScriptedTransport other{8};
  kube::Client other_client{other, test::kQuickRetries};
  Context other_context{
      .client = other_client, .executor = executor, .observer = observer, .ns = {kNs}, .release = "r"};
  other.get_once("/events?watch=false", status_reply(403, "Forbidden"));
  other.get_once("/jobs?watch=false", ok(list_of("JobList", {complete()})));
  other.get_once("/pods?watch=false", ok(list_of("PodList", {})));
  other.get("/pods?limit", ok(list_of("PodList", {})));
  other.otherwise([](const kube::Request&) { return events({}); });
  util::AppendFile log(folder / "log");

  EXPECT_EQ(
      follow_job(other_context, "circle-migrator", "circle-migrator", log, std::chrono::seconds(20)).result,
      Result::complete);
}

}  // namespace

}  // namespace kots_export::migration
