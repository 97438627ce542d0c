#include <kots_export/ui/event_view.h>

#include "unit/ui/changes.h"

#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace kots_export::ui {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class EventViewTest : public ::testing::Test {
 protected:
  EventView view(EventView::Requests requests = EventView::Requests::none,
                 EventView::Says says = EventView::Says::everything) {
    return {progress, out, requests, says,
            [] { return std::chrono::system_clock::from_time_t(1'000'000'000); }};
  }
  [[nodiscard]] std::vector<json> events() const {
    std::vector<json> result;
    std::istringstream lines(out.str());
    for (std::string line; std::getline(lines, line);) result.push_back(json::parse(line));
    return result;
  }

  Progress::TimePoint now{1h};
  Progress progress{[this] { return now; }};
  std::ostringstream out;
};

TEST_F(EventViewTest, AnEventIsALineThatBeginsWithTimeAndName) {
  view().step_started("apply");

  EXPECT_EQ(out.str(), R"({"time":"2001-09-09T01:46:40.000Z","event":"stepStarted","step":"apply"})"
                       "\n");
}

TEST_F(EventViewTest, WhereOnlyFailuresAreWantedNothingElseIsTold) {
  using Status = change::ChangeOutcome::Status;
  EventView quiet = view(EventView::Requests::bodies, EventView::Says::failures);
  quiet.step_started("apply");
  quiet.check_done({.id = "a", .group = "b", .status = change::CheckOutcome::Status::warning});
  quiet.change_done(test::deletion("Job", "j", {}), {});
  quiet.change_done(test::deletion("Job", "j", {}), {.status = Status::not_sent, .object = {}});
  quiet.request_done({}, kube::Reply{}, 5ms);
  quiet.file_written("values", "values.yaml");
  now += 20s;
  quiet.traffic({});
  EXPECT_THAT(out.str(), IsEmpty());

  quiet.change_done(test::deletion("Job", "j", {}), {.status = Status::refused, .error = "no", .object = {}});
  quiet.check_done({.id = "a", .group = "b", .status = change::CheckOutcome::Status::failed});
  EXPECT_THAT(events(), SizeIs(2));
}

TEST_F(EventViewTest, AnEventMayHaveNothingButItsName) {
  view().tell("x", json::object());

  EXPECT_EQ(out.str(), R"({"time":"2001-09-09T01:46:40.000Z","event":"x"})"
                       "\n");
}

TEST_F(EventViewTest, TellsHowAChangeEnded) {
  view().change_done(test::deletion("Job", "j", {}),
                     {.status = change::ChangeOutcome::Status::refused, .error = "no", .object = {}});

  const json event = events().at(0);
  EXPECT_EQ(event["event"], "changeDone");
  EXPECT_EQ(event["verb"], "delete");
  EXPECT_EQ(event["object"]["name"], "j");
  EXPECT_EQ(event["status"], "refused");
  EXPECT_EQ(event["message"], "no");
}

TEST_F(EventViewTest, NeverTellsWhatIsInAnObject) {
  change::Change change = test::creation("Secret", "s", {{"stringData", {{"p", "hunter2"}}}});
  EventView all = view(EventView::Requests::bodies);
  all.planned({.changes = {change}}, kube::DryRun::none);
  all.change_done(change, {});
  all.request_done(
      {.method = kube::Method::post,
       .path = "/api/v1/namespaces/x/secrets",
       .headers = {{"Authorization", "Bearer hunter2"}},
       .body = R"({"kind":"Secret","stringData":{"p":"hunter2"}})",
       .timeout = {}},
      kube::Reply{.status = 201, .headers = {}, .body = R"({"kind":"Secret","data":{"p":"hunter2"}})"}, 5ms);

  EXPECT_THAT(events(), SizeIs(3));
  EXPECT_EQ(events().at(2)["status"], 201);
  EXPECT_THAT(out.str(), Not(HasSubstr("hunter2")));
}

TEST_F(EventViewTest, TellsOfRequestsOnlyWhereTheyAreWanted) {
  view().request_done({}, kube::Reply{}, 5ms);

  EXPECT_THAT(out.str(), IsEmpty());
}

TEST_F(EventViewTest, LinesForPeopleAreLeftOut) {
  EventView events_only = view();
  events_only.lines() << "note: a" << std::endl;

  EXPECT_THAT(out.str(), IsEmpty());
}

TEST_F(EventViewTest, AfterTenSecondsOfSilenceItTellsWhereTheRunStands) {
  EventView quiet = view();
  progress.step_started("apply");
  progress.expected(100);
  now += 9s;
  for (int i = 0; i < 20; ++i) progress.change_done(test::deletion("Job", "j", {}), {});
  progress.traffic({.in_flight = 1,
                    .oldest = kube::Traffic::Unanswered{.path = "/version", .since = 12s},
                    .pause = std::nullopt});
  now += 1s;
  quiet.traffic({});

  const json event = events().at(0);
  EXPECT_EQ(event["event"], "progress");
  EXPECT_EQ(event["done"], 20);
  EXPECT_EQ(event["total"], 100);
  EXPECT_EQ(event["perSecond"], 2);
  EXPECT_EQ(event["secondsLeft"], 40);
  EXPECT_EQ(event["unanswered"]["request"], "GET /version");
  quiet.traffic({});
  EXPECT_THAT(events(), SizeIs(1));
}

TEST_F(EventViewTest, ALogLineThatIsNoUtf8IsStillJson) {
  view().log_line("m", "a\xff\x1b");

  EXPECT_EQ(events().at(0)["line"], "a\\xff\\x1b");
}

TEST(EventOf, AnErrorHasItsExitCode) {
  const json event = json::parse(event_of(Error("it failed", "because", "do that"), 4));

  EXPECT_EQ(event["event"], "error");
  EXPECT_EQ(event["what"], "it failed");
  EXPECT_EQ(event["hint"], "do that");
  EXPECT_EQ(event["exitCode"], 4);
}

}  // namespace

}  // namespace kots_export::ui
