#include "unit/migration/job_watch_fixture.h"
#include "unit/support/full_disk.h"

#include <algorithm>

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Result = JobEnd::Result;

// The log of the Job while it is followed.
class JobLog : public JobWatch {};

TEST_F(JobLog, JoinsALogThatWasCutInTheMiddleOfALine) {
  running_job();
  live_log(events({"one\ntw"}, Stream::End::cut));
  live_log(events({"one\ntwo\nthr", "ee\nfour"}, Stream::End::clean));
  job_events(events({}, Stream::End::clean));
  job_events(events({watch_line("MODIFIED", complete())}));

  EXPECT_EQ(follow().result, Result::complete);
  EXPECT_EQ(logged(), "one\ntwo\nthree\nfour\n");
}

TEST_F(JobLog, ReadsAtTheEndWhatTheLiveLogMissed) {
  running_job();
  live_log(status_reply(500, "InternalError"));
  live_log(events({"one\n"}, Stream::End::open));
  job_events(events({watch_line("MODIFIED", complete())}));
  whole_log("one\ntwo\n");

  EXPECT_EQ(follow().result, Result::complete);
  EXPECT_EQ(logged(), "one\ntwo\n");
}

TEST_F(JobLog, ReadsTheLogOfAPodThatItNeverSawRunning) {
  test::ScriptedTransport quick{8};
  kube::Client quick_client{quick, test::kQuickRetries};
  Context quick_context{
      .client = quick_client, .executor = executor, .observer = observer, .ns = {kNs}, .release = "r"};
  quick.get_once("/jobs?watch=false", ok(list_of("JobList", {failed()})));
  quick.get_once("/pods?watch=false", ok(list_of("PodList", {})));
  quick.get(
      "/pods?limit",
      ok(list_of("PodList", {pod({{"terminated", {{"exitCode", 1}}}}), pod(waiting("Created"), "other")})));
  quick.get("/pods/circle-migrator-x/log?container", test::text_reply(200, "ERROR: locked\n"));
  quick.otherwise([](const kube::Request&) { return events({}); });
  {
    util::AppendFile log(folder / "log");
    EXPECT_EQ(
        follow_job(quick_context, "circle-migrator", "circle-migrator", log, std::chrono::seconds(20)).result,
        Result::failed);
  }

  EXPECT_EQ(logged(), "ERROR: locked\n");
}

TEST_F(JobLog, KeepsTheLogsOfSeveralPodsApart) {
  jobs(ok(list_of("JobList", {job()})));
  pods(ok(list_of("PodList", {pod(running(), "pod-a"), pod(running(), "pod-b")})));
  pod_events(events({}));
  server.get("pod-a/log", test::text_reply(200, "a1\na2\n"));
  server.get("pod-b/log", test::text_reply(200, "b1\nb2\n"));
  job_events(events({watch_line("MODIFIED", failed())}));

  EXPECT_EQ(follow().result, Result::failed);
  EXPECT_THAT(logged(), AllOf(HasSubstr("a1\na2\n"), HasSubstr("b1\nb2\n")));
  EXPECT_EQ(logged().size(), 12U) << logged();
}

TEST_F(JobLog, KeepsEveryByteOfTheLog) {
  const std::string bytes = std::string("not UTF-8 \xFF\xFE\r\n\n\0nul\x1b[31m\n", 25);
  running_job();
  live_log(events({bytes}, Stream::End::clean));
  job_events(events({watch_line("MODIFIED", complete())}));

  (void)follow();

  EXPECT_EQ(logged(), bytes);
}

TEST_F(JobLog, TakesALineOfMegabytes) {
  std::vector<std::string> pieces(2048, std::string(16384, 'x'));  // 32 MiB without a line feed
  running_job();
  live_log(events(pieces, Stream::End::clean));
  job_events(events({watch_line("MODIFIED", complete())}));

  (void)follow(std::chrono::seconds(120));

  EXPECT_EQ(logged().size(), 2048U * 16384U + 1);
}

TEST_F(JobLog, SaysThatTheLogMayNotBeRead) {
  running_job();
  server.get("/log?follow", status_reply(403, "Forbidden", "jane may not get pods/log"));
  server.get("/log?container", status_reply(403, "Forbidden", "jane may not get pods/log"));
  job_events(events({watch_line("MODIFIED", complete())}));

  EXPECT_EQ(follow().result, Result::complete);
  EXPECT_THAT(observer.argument("flyway.log-unreadable", "why"), StartsWith("jane may not get pods/log"));
}

TEST_F(JobLog, ThatFindsTheDiskFullIsToldOnceAndTheMigrationGoesOn) {
  running_job();
  live_log(events({"one\n", "a line that is too long for the disk\n", "and another one, too long\n"},
                  Stream::End::clean));
  job_events(events({watch_line("MODIFIED", complete())}));
  const test::FullDisk full(10);

  EXPECT_EQ(follow().result, Result::complete);

  EXPECT_EQ(logged(), "one\n");
  EXPECT_EQ(std::ranges::count(observer.notices, "flyway.log-unwritable", &change::Notice::id), 1);
}

TEST_F(JobLog, IsLeftWhereThePodsCannotBeListed) {
  test::ScriptedTransport other{8};
  kube::Client other_client{other, test::kQuickRetries};
  Context other_context{
      .client = other_client, .executor = executor, .observer = observer, .ns = {kNs}, .release = "r"};
  other.get_once("/jobs?watch=false", ok(list_of("JobList", {complete()})));
  other.get_once("/pods?watch=false", ok(list_of("PodList", {})));
  other.get("/pods?limit", status_reply(403, "Forbidden", "jane may not list pods"));
  other.otherwise([](const kube::Request&) { return events({}); });
  util::AppendFile log(folder / "log");

  EXPECT_EQ(
      follow_job(other_context, "circle-migrator", "circle-migrator", log, std::chrono::seconds(20)).result,
      Result::complete);
  EXPECT_THAT(observer.argument("flyway.pods-unreadable", "why"), StartsWith("jane may not list pods"));
}

}  // namespace

}  // namespace kots_export::migration
