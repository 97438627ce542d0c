#include <kots_export/ui/progress_view.h>

#include <sstream>

#include <gmock/gmock.h>

namespace kots_export::ui {

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class PlainViewTest : public ::testing::Test {
 protected:
  // The transport's loop turns, ten times a second.
  void wait(std::chrono::milliseconds time) {
    for (const auto until = now + time; now < until;) {
      now += 100ms;
      view.traffic({});
    }
  }

  Progress::TimePoint now{1h};
  Progress progress{[this] { return now; }};
  std::ostringstream out;
  PlainView view{progress, out, [] { return "18:04:31"; }};
};

TEST_F(PlainViewTest, EveryLineBeginsWithTheTime) {
  view.lines() << "==> apply\nnote: a" << std::endl;

  EXPECT_EQ(out.str(), "18:04:31 ==> apply\n18:04:31 note: a\n");
}

TEST_F(PlainViewTest, ALineComesAtLeastEveryTenSecondsWhileSomethingRuns) {
  progress.step_started("apply");
  view.lines() << "==> apply" << std::endl;
  wait(9900ms);
  EXPECT_EQ(out.str(), "18:04:31 ==> apply\n");

  wait(100ms);
  EXPECT_EQ(out.str(), "18:04:31 ==> apply\n18:04:31 apply: 10 s\n");

  wait(20s);
  EXPECT_THAT(out.str(), HasSubstr("apply: 20 s\n18:04:31 apply: 30 s\n"));
}

TEST_F(PlainViewTest, WhatIsWrittenMeanwhileIsLineEnough) {
  progress.step_started("apply");
  wait(9s);
  view.lines() << "note: a" << std::endl;
  wait(9s);

  EXPECT_EQ(out.str(), "18:04:31 note: a\n");
}

TEST_F(PlainViewTest, AnyWaitCountsNotThatForTheServerAlone) {
  progress.step_started("rollback");
  now += 10s;
  view.waiting();

  EXPECT_EQ(out.str(), "18:04:31 rollback: 10 s\n");
}

TEST_F(PlainViewTest, ASlowServerGetsALineOfItsOwn) {
  progress.step_started("apply");
  progress.traffic({.in_flight = 1,
                    .oldest = kube::Traffic::Unanswered{.path = "/version", .since = 12s},
                    .pause = std::nullopt});
  wait(10s);

  EXPECT_THAT(out.str(), HasSubstr("18:04:31 no answer for 12 s (GET /version)\n"));
}

TEST(PlainView, TheTimeOfDayHasSeconds) {
  EXPECT_THAT(PlainView::local_time(), MatchesRegex("[0-9][0-9]:[0-9][0-9]:[0-9][0-9]"));
}

}  // namespace

}  // namespace kots_export::ui
