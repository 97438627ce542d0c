#include <kots_export/ui/progress.h>
#include <kots_export/ui/progress_text.h>
#include <kots_export/util/width.h>

#include "unit/ui/changes.h"

#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace kots_export::ui {

namespace {

using namespace std::chrono_literals;
using change::CheckOutcome;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;
using ::testing::ResultOf;
using ::testing::SizeIs;
using ::testing::StartsWith;
using State = Progress::Step::State;

std::string text_of(const Line& line) {
  std::string text;
  for (const Span& span : line) text += span.text;
  return text;
}

std::vector<std::string> texts_of(const std::vector<Line>& lines) {
  std::vector<std::string> texts;
  for (const Line& line : lines) texts.push_back(text_of(line));
  return texts;
}

class ProgressTest : public ::testing::Test {
 protected:
  void make_changes(int count, std::chrono::milliseconds each = 0ms) {
    for (int i = 0; i < count; ++i) {
      now += each;
      progress.change_done(test::deletion("Job", "j", {}), {});
    }
  }
  static change::Plan plan_of(std::size_t changes) {
    change::Plan plan;
    for (std::size_t i = 0; i < changes; ++i) plan.changes.push_back(test::deletion("Job", "j", {}));
    return plan;
  }
  [[nodiscard]] std::string screen(Area area = {}) const {
    std::string all;
    for (const std::string& line : texts_of(live_lines(progress, area))) all += line + "\n";
    return all;
  }
  void wait_for(std::string path, std::chrono::milliseconds since) {
    progress.traffic({.in_flight = 1,
                      .oldest =
                          kube::Traffic::Unanswered{
                              .method = kube::Method::patch, .path = std::move(path), .since = since},
                      .pause = std::nullopt});
  }

  Progress::TimePoint now{1h};
  Progress progress{[this] { return now; }};
};

TEST_F(ProgressTest, TheListOfStepsFillsIn) {
  progress.step_started("checks");
  now += 1500ms;
  progress.step_done("checks");
  constexpr std::array<std::string_view, 2> kAhead = {"apply", "flyway"};
  progress.steps_ahead(kAhead);
  progress.step_started("apply");
  now += 12s;

  EXPECT_THAT(texts_of(live_lines(progress, {})),
              ElementsAre(StartsWith("\u2713 checks        1.5 s"), HasSubstr(" apply         12 s"),
                          StartsWith("  flyway")));
}

TEST_F(ProgressTest, WhatIsOnlyPlannedDoesNotLookDone) {
  progress.step_started("kots_cleanup");
  progress.step_done("kots_cleanup");

  EXPECT_THAT(screen(), StartsWith("\u00b7 kots_cleanup  0.0 s       planned"));
}

TEST_F(ProgressTest, WhatWasPlannedIsDoneOnceApplyIs) {
  for (const char* step : {"annotate", "apply"}) {
    progress.step_started(step);
    progress.step_done(step);
  }
  progress.step_started("flyway");
  progress.end();

  EXPECT_THAT(texts_of(final_lines(progress, {})),
              ElementsAre(StartsWith("\u2713 annotate      0.0 s       done in apply"),
                          StartsWith("\u2713 apply"), StartsWith("\u2717 flyway")));
}

TEST_F(ProgressTest, WhatWasPlannedIsNotDoneWhereApplyStopped) {
  progress.step_started("annotate");
  progress.step_done("annotate");
  progress.step_started("apply");
  progress.end();

  EXPECT_THAT(screen(), HasSubstr("\u00b7 annotate      0.0 s       planned"));
  EXPECT_THAT(screen(), Not(HasSubstr("done in apply")));
}

TEST_F(ProgressTest, AStepThatNobodyAnnouncedComesBeforeThoseThatAreToFollow) {
  constexpr std::array<std::string_view, 1> kAhead = {"apply"};
  progress.steps_ahead(kAhead);
  progress.step_started("export");

  EXPECT_EQ(progress.steps().at(0).name, "export");
  EXPECT_EQ(progress.steps().at(1).state, State::ahead);
}

TEST_F(ProgressTest, ChangesAreCountedWithRateAndTheTimeThatIsLeft) {
  progress.step_started("apply");
  progress.planned(plan_of(100), kube::DryRun::none);
  EXPECT_THAT(status_lines(progress), ElementsAre("apply, 0 s: 0 of 100 changes"));

  make_changes(25, 100ms);

  EXPECT_THAT(status_lines(progress), ElementsAre("apply, 2 s: 25 of 100 changes, 10/s, 8 s left"));
  EXPECT_THAT(screen(), HasSubstr("25 of 100 changes, 10/s, 8 s left"));
}

TEST_F(ProgressTest, WhatFailedIsNotDone) {
  progress.step_started("apply");
  progress.planned(plan_of(3), kube::DryRun::none);
  make_changes(1);
  for (const auto status : {change::ChangeOutcome::Status::not_sent, change::ChangeOutcome::Status::refused})
    progress.change_done(test::deletion("Job", "j", {}), {.status = status, .object = {}});

  EXPECT_THAT(status_lines(progress), ElementsAre(HasSubstr("1 of 3 changes, 1 refused")));
  progress.change_done(test::deletion("Job", "j", {}),
                       {.status = change::ChangeOutcome::Status::unknown, .object = {}});
  EXPECT_THAT(status_lines(progress), ElementsAre(HasSubstr("1 of 4 changes, 1 refused, 1 unknown")));
}

TEST_F(ProgressTest, WhatTheRunsEndCallsUnknownIsCalledSoHereToo) {
  progress.step_started("apply");
  progress.change_done(test::deletion("Job", "j", {}),
                       {.status = change::ChangeOutcome::Status::unknown, .object = {}});

  EXPECT_THAT(status_lines(progress), ElementsAre(HasSubstr("0 of 1 changes, 1 unknown")));
}

// A server that died: what is left ends at once, and none of it is progress.
TEST_F(ProgressTest, WhatWasNotSentFillsNoBarAndHasNoRate) {
  progress.step_started("apply");
  progress.expected(100);
  make_changes(20, 100ms);
  for (int i = 0; i < 60; ++i)
    progress.change_done(test::deletion("Job", "j", {}),
                         {.status = change::ChangeOutcome::Status::not_sent, .object = {}});

  EXPECT_THAT(screen({.glyphs = Area::Glyphs::ascii}),
              HasSubstr("[####................] 20 of 100 changes\n"));
  EXPECT_FALSE(progress.rate());
}

TEST_F(ProgressTest, WhileNothingMovesNobodyKnowsTheTimeThatIsLeft) {
  progress.step_started("apply");
  progress.planned(plan_of(100), kube::DryRun::none);
  make_changes(25, 100ms);
  EXPECT_TRUE(progress.rate());
  now += 3s;

  EXPECT_FALSE(progress.rate());
}

TEST_F(ProgressTest, BesideAJobTheChangesAroundItAreNotCounted) {
  progress.step_started("flyway");
  progress.planned(plan_of(3), kube::DryRun::none);
  make_changes(3);
  progress.job_seen({.job = "j", .pod = "p", .phase = "Running", .reason = {}});

  EXPECT_THAT(screen(), Not(HasSubstr("changes")));
  progress.step_done("flyway");
  EXPECT_THAT(screen(), HasSubstr("3 of 3 changes"));
}

TEST_F(ProgressTest, TheRateIsThatOfTheLastSeconds) {
  progress.step_started("apply");
  progress.planned(plan_of(100'000), kube::DryRun::none);
  make_changes(10'000, 1ms);
  make_changes(30, 1s);

  EXPECT_NEAR(progress.rate()->per_second, 1, 0.1);
}

TEST_F(ProgressTest, LargeNumbersAreReadable) {
  progress.step_started("apply");
  progress.expected(5023);
  make_changes(1240);

  EXPECT_THAT(status_lines(progress), ElementsAre(HasSubstr("1,240 of 5,023 changes")));
}

TEST_F(ProgressTest, PlansOfOneStepAddUp) {
  progress.step_started("flyway");
  for (int i = 0; i < 3; ++i) {
    progress.planned(plan_of(1), kube::DryRun::none);
    make_changes(1);
    progress.plan_done();
  }

  EXPECT_THAT(status_lines(progress), ElementsAre(HasSubstr("3 of 3 changes")));
}

TEST_F(ProgressTest, WhatIsExpectedMayGrowAndShrinkOnTheWay) {
  progress.step_started("apply");
  progress.expected(1000);
  make_changes(3);
  progress.expected(900);
  EXPECT_EQ(progress.running()->total, 900U);
  make_changes(1);
  EXPECT_EQ(progress.running()->total, 900U);
}

TEST_F(ProgressTest, WhatTurnedOutToNeedNothingIsNotMissingAtTheEnd) {
  progress.step_started("apply");
  progress.expected(900);
  make_changes(3);
  progress.plan_done();
  progress.step_done("apply");

  EXPECT_THAT(screen(), HasSubstr("3 of 3 changes"));
}

TEST_F(ProgressTest, AClientsDryRunCountsNothing) {
  progress.step_started("apply");
  progress.planned(plan_of(5), kube::DryRun::client);

  EXPECT_EQ(progress.running()->total, 0U);
}

TEST_F(ProgressTest, ChecksAreCountedWithTheirFindings) {
  progress.step_started("checks");
  for (const auto status :
       {CheckOutcome::Status::ok, CheckOutcome::Status::warning, CheckOutcome::Status::failed})
    progress.check_done({.id = "a", .group = "b", .status = status, .detail = {}, .remedy = {}});

  EXPECT_THAT(status_lines(progress), ElementsAre("checks, 0 s: 3 checks, 2 findings"));
}

TEST_F(ProgressTest, TheMigratorsStateSaysHowLongItRunsAndWhenItsLastLineCame) {
  progress.step_started("flyway");
  progress.job_seen({.job = "circle-migrator", .pod = {}, .phase = {}, .reason = {}});
  now += 5s;
  EXPECT_THAT(status_lines(progress), ElementsAre(HasSubstr("Job circle-migrator has no Pod yet (5 s)")));

  progress.job_seen(
      {.job = "circle-migrator", .pod = "m-x", .phase = "Pending", .reason = "ContainerCreating"});
  EXPECT_THAT(status_lines(progress), ElementsAre(HasSubstr("Pod m-x is Pending: ContainerCreating (5 s)")));

  progress.job_seen({.job = "circle-migrator", .pod = "m-x", .phase = "Running", .reason = {}});
  progress.log_line("circle-migrator", "Migrating schema");
  now += 40s;
  EXPECT_THAT(status_lines(progress),
              ElementsAre(HasSubstr("Pod m-x is Running (45 s), last line 40 s ago")));
  EXPECT_THAT(screen(), HasSubstr("\n  Pod m-x is Running (45 s), last line 40 s ago"));

  progress.step_done("flyway");
  EXPECT_THAT(screen(), Not(HasSubstr("Pod m-x")));
}

TEST_F(ProgressTest, AServerThatDoesNotAnswerIsTold) {
  progress.step_started("apply");
  wait_for("/apis/apps/v1/namespaces/x/deployments/frontend", 2'900ms);
  EXPECT_THAT(screen(), Not(HasSubstr("no answer")));

  wait_for("/apis/apps/v1/namespaces/x/deployments/frontend", 15'400ms);

  EXPECT_THAT(screen(), HasSubstr("no answer for 15 s (PATCH Deployment frontend)"));
  EXPECT_THAT(status_lines(progress),
              ElementsAre(StartsWith("apply"), "no answer for 15 s (PATCH Deployment frontend)"));
}

TEST_F(ProgressTest, WhatIsSentAgainLaterIsTold) {
  progress.traffic({.in_flight = 0,
                    .oldest = std::nullopt,
                    .pause = kube::Traffic::Pause{.method = kube::Method::get,
                                                  .path = "/version",
                                                  .why = "the server answers 429",
                                                  .left = 17'200ms}});

  EXPECT_THAT(status_lines(progress),
              ElementsAre("GET /version is sent again in 18 s: the server answers 429"));
}

TEST_F(ProgressTest, AStepThatRanAtTheEndHasFailedAndTheOthersAreLeft) {
  constexpr std::array<std::string_view, 2> kAhead = {"apply", "flyway"};
  progress.steps_ahead(kAhead);
  progress.step_started("apply");
  progress.end();

  EXPECT_THAT(texts_of(final_lines(progress, {})),
              ElementsAre(StartsWith("\u2717 apply"), "  flyway        not begun"));
}

TEST_F(ProgressTest, WhereTheRunStoppedWhatIsNotSentIsNeitherDoneNorFailed) {
  progress.step_started("apply");
  progress.expected(2584);
  make_changes(773);
  progress.change_done(test::deletion("Job", "j", {}),
                       {.status = change::ChangeOutcome::Status::not_sent, .object = {}});
  progress.plan_done();
  progress.end();

  EXPECT_THAT(texts_of(final_lines(progress, {})), ElementsAre(HasSubstr(" 773 of 2,584 changes")));
}

TEST_F(ProgressTest, NoLineIsWiderThanTheTerminal) {
  progress.step_started("apply");
  progress.expected(50'000);
  make_changes(1000, 10ms);
  progress.job_seen({.job = "j", .pod = std::string(60, 'p'), .phase = "Running", .reason = {}});
  wait_for(
      "/apis/apps/v1/namespaces/x/deployments/\u79fb\u884c\u79fb\u884c\u79fb\u884c\u79fb\u884c\u79fb\u884c",
      15s);
  for (const std::size_t columns : {20U, 40U, 60U, 80U, 200U}) {
    SCOPED_TRACE(columns);
    EXPECT_THAT(texts_of(live_lines(progress, {.columns = columns})),
                Each(ResultOf(&util::display_width, Le(columns - 1))));
  }
}

TEST_F(ProgressTest, AStepWithItsTimeAloneFitsIntoTwentyFiveColumns) {
  progress.step_started("export");
  progress.step_done("export");

  EXPECT_THAT(screen({.columns = 25}), ::testing::MatchesRegex("\u2713 export +0.0 s\n"));
}

TEST_F(ProgressTest, WithFortyColumnsCountsAndRemainingTimeAreStillThere) {
  progress.step_started("apply");
  progress.expected(5000);
  make_changes(1200, 10ms);

  EXPECT_THAT(screen({.columns = 40}), HasSubstr(" 1,200/5,000, 38 s left\n"));
}

TEST_F(ProgressTest, NoRemainingTimeIsShorterThanWhatTheServerWantsToBeWaitedFor) {
  progress.step_started("apply");
  progress.expected(5000);
  make_changes(1200, 10ms);
  const auto pause = [&](std::chrono::milliseconds left) {
    progress.traffic({.in_flight = 0,
                      .oldest = std::nullopt,
                      .pause = kube::Traffic::Pause{.method = kube::Method::get,
                                                    .path = "/version",
                                                    .why = "the server answers 429",
                                                    .left = left}});
  };

  pause(60s);
  EXPECT_THAT(screen({.columns = 40}), HasSubstr(" 1,200/5,000\n"));
  pause(8s);
  EXPECT_THAT(screen({.columns = 40}), HasSubstr(" 1,200/5,000, 38 s left\n"));
}

TEST_F(ProgressTest, WithFortyColumnsTheObjectThatIsWaitedForIsStillThere) {
  progress.step_started("apply");
  wait_for("/apis/apps/v1/namespaces/x/deployments/circleci-server-output-processor", 20s);

  EXPECT_THAT(screen({.columns = 40}),
              HasSubstr("\n  no answer for 20 s\n    \u2026t circleci-server-output-processor\n"));
}

TEST_F(ProgressTest, WithFortyColumnsTheMigratorsStateIsStillThere) {
  const Area narrow{.columns = 40};
  progress.step_started("flyway");
  progress.job_seen({.job = "circle-migrator", .pod = {}, .phase = {}, .reason = {}});
  EXPECT_THAT(screen(narrow), HasSubstr("\n  the Job has no Pod yet (0 s)\n"));

  change::JobState state{
      .job = "circle-migrator", .pod = "circle-migrator-qdrmg", .phase = "Pending", .reason = "ErrImagePull"};
  progress.job_seen(state);
  EXPECT_THAT(screen(narrow), HasSubstr("\n  the Pod is Pending (0 s)\n    ErrImagePull\n"));

  state.phase = "Running";
  state.reason = "";
  progress.job_seen(state);
  progress.log_line("circle-migrator", "Migrating schema");
  now += 754s;
  EXPECT_THAT(screen(narrow),
              HasSubstr("\n  the Pod is Running (12 min 34 s)\n    last line 12 min 34 s ago\n"));
}

TEST_F(ProgressTest, WithFortyColumnsTheReasonOfATryThatComesLaterIsStillThere) {
  progress.step_started("apply");
  progress.traffic(
      {.in_flight = 0,
       .oldest = std::nullopt,
       .pause = kube::Traffic::Pause{
           .method = kube::Method::get, .path = "/version", .why = "the server answers 429", .left = 2s}});

  EXPECT_THAT(screen({.columns = 40}),
              HasSubstr("\n  sent again in 2 s:\n    the server answers 429\n    GET /version\n"));
}

TEST_F(ProgressTest, WithoutUnicodeEveryCharacterIsAscii) {
  progress.step_started("checks");
  progress.step_done("checks");
  progress.step_started("apply");
  progress.expected(5000);
  make_changes(1200, 1ms);
  wait_for("/api/v1/namespaces/x/secrets/" + std::string(200, 's'), 15s);

  const std::string text = screen({.columns = 120, .glyphs = Area::Glyphs::ascii});

  EXPECT_THAT(text, HasSubstr("[####....."));
  EXPECT_THAT(text, Each(::testing::Gt('\0')));
}

TEST_F(ProgressTest, OnALowTerminalWhatIsOverGoesFirst) {
  for (const char* step : {"checks", "export", "transform", "annotate", "kots_cleanup"}) {
    progress.step_started(step);
    progress.step_done(step);
  }
  progress.step_started("apply");
  wait_for("/version", 15s);

  const auto lines = texts_of(live_lines(progress, {.rows = 8}));

  EXPECT_THAT(lines, ElementsAre(HasSubstr("annotate"), HasSubstr("kots_cleanup"), HasSubstr("apply"),
                                 HasSubstr("no answer")));
  EXPECT_THAT(live_lines(progress, {.rows = 24}), SizeIs(7));
}

TEST_F(ProgressTest, ForeignTextMovesNoCursor) {
  progress.job_seen({.job = "j", .pod = "a\x1b[2J\nb", .phase = "Running", .reason = {}});

  EXPECT_THAT(screen(), Not(HasSubstr("\x1b")));
  EXPECT_THAT(live_lines(progress, {}), SizeIs(1));
}

}  // namespace

}  // namespace kots_export::ui
