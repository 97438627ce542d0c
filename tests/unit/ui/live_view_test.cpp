#include <kots_export/ui/live_view.h>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace kots_export::ui {

namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// As much of a terminal as the view uses: lines, carriage return, cursor up, erase to the right and below.
// Anything else it does not know, and fails.
class Screen {
 public:
  void feed(const std::string& text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\x1b') {
        i = escape(text, i);
      } else if (text[i] == '\n') {
        column_ = 0;
        if (++row_ == lines.size()) lines.emplace_back();
      } else if (text[i] == '\r') {
        column_ = 0;
      } else {
        lines[row_].replace(column_, 1, 1, text[i]);
        ++column_;
      }
    }
  }

  std::vector<std::string> lines{1};
  [[nodiscard]] bool is_at_the_end() const { return row_ + 1 == lines.size() && lines.back().empty(); }
  [[nodiscard]] bool wraps() const { return wraps_; }

 private:
  std::size_t escape(const std::string& text, std::size_t at) {
    const std::size_t end = text.find_first_of("AJKmlh", at);
    const std::string sequence = text.substr(at + 1, end - at);
    if (sequence == "[J") {
      lines.resize(row_ + 1);
      lines[row_].resize(column_);
    } else if (sequence == "[K") {
      lines[row_].resize(column_);
    } else if (sequence.ends_with("A")) {
      row_ -= std::stoul(sequence.substr(1));
    } else if (sequence == "[?7l" || sequence == "[?7h") {
      wraps_ = sequence == "[?7h";
    } else if (!sequence.ends_with("m")) {
      ADD_FAILURE() << "unknown sequence " << sequence;
    }
    return end;
  }

  std::size_t row_ = 0;
  std::size_t column_ = 0;
  bool wraps_ = true;
};

class LiveViewTest : public ::testing::Test {
 protected:
  void turn() {
    now += 100ms;
    view.traffic({});
  }
  [[nodiscard]] std::vector<std::string> screen() {
    Screen result;
    result.feed(out.str());
    EXPECT_TRUE(result.is_at_the_end());
    EXPECT_TRUE(result.wraps());
    if (result.lines.back().empty()) result.lines.pop_back();
    return result.lines;
  }

  Progress::TimePoint now{1h};
  Progress progress{[this] { return now; }};
  std::ostringstream out;
  Area area{.glyphs = Area::Glyphs::ascii};
  LiveView view{progress, out, Colour::no, [this] { return area; }};
};

TEST_F(LiveViewTest, TheListIsPaintedOverItself) {
  progress.step_started("checks");
  turn();
  progress.step_done("checks");
  progress.step_started("apply");
  turn();
  turn();

  EXPECT_THAT(screen(), ElementsAre(StartsWith("* checks"), HasSubstr("apply")));
}

TEST_F(LiveViewTest, WhatHappensScrollsAwayAboveTheList) {
  progress.step_started("apply");
  turn();
  view.lines() << "note: a\nnote: b" << std::endl;
  turn();
  view.lines() << "note: c" << std::endl;
  turn();

  EXPECT_THAT(screen(), ElementsAre("note: a", "note: b", "note: c", HasSubstr("apply")));
}

TEST_F(LiveViewTest, AtRestNothingOfItIsLeft) {
  progress.step_started("apply");
  view.lines() << "note: a" << std::endl;
  turn();
  view.rest();

  EXPECT_THAT(screen(), ElementsAre("note: a"));
}

TEST_F(LiveViewTest, ItComesBackAfterAQuestion) {
  progress.step_started("apply");
  turn();
  view.rest();
  out << "Change it? y\n";
  turn();

  EXPECT_THAT(screen(), ElementsAre("Change it? y", HasSubstr("apply")));
}

TEST_F(LiveViewTest, AtTheEndTheWholeListStays) {
  for (const char* step : {"checks", "export", "transform", "annotate", "kots_cleanup", "apply"}) {
    progress.step_started(step);
    turn();
    progress.step_done(step);
  }
  area.rows = 6;
  turn();
  view.end();
  out << "done\n";

  EXPECT_THAT(screen(),
              ElementsAre(HasSubstr("checks"), HasSubstr("export"), HasSubstr("transform"),
                          HasSubstr("annotate"), HasSubstr("kots_cleanup"), HasSubstr("apply"), "done"));
}

TEST_F(LiveViewTest, AListThatGetsShorterLeavesNothingBehind) {
  progress.step_started("flyway");
  progress.job_seen({.job = "j", .pod = {}, .phase = {}, .reason = {}});
  turn();
  EXPECT_EQ(screen().size(), 2U);
  progress.step_done("flyway");
  turn();

  EXPECT_EQ(screen().size(), 1U);
}

// A terminal that breaks long lines when it gets narrower has more rows than were painted; one that cuts them
// has not. To go up by more would erase what scrolled.
TEST_F(LiveViewTest, AWindowThatGetsNarrowerLosesNothingThatScrolled) {
  progress.step_started("apply");
  view.lines() << "note: a" << std::endl;
  turn();
  area.columns = 20;
  out.str("");
  turn();

  EXPECT_THAT(out.str(), StartsWith("\r\x1b[1A"));
  area.rows = 4;
  turn();
  EXPECT_THAT(out.str(), Not(HasSubstr("\x1b[2A")));
}

TEST_F(LiveViewTest, WhereTheTerminalBreaksLinesAnewAllTheirRowsArePaintedOver) {
  progress.step_started("checks");
  progress.check_done({.id = "a", .group = "b", .detail = {}, .remedy = {}});
  turn();  // "| checks        0.0 s       1 check": 35 columns
  area.narrower = Area::Narrower::wraps;
  area.columns = 20;
  out.str("");
  turn();

  EXPECT_THAT(out.str(), StartsWith("\r\x1b[2A"));
}

// tmux remembers of a row that it was broken, until it is erased, and joins it to the next one later.
TEST_F(LiveViewTest, WhatWasPaintedInAnotherWidthIsErasedBeforeItIsPaintedOver) {
  progress.step_started("apply");
  turn();
  out.str("");
  turn();
  EXPECT_THAT(out.str(), StartsWith("\r\x1b[1A\x1b[?7l")) << "no flicker while nothing changes";
  for (const std::size_t columns : {40U, 120U}) {
    SCOPED_TRACE(columns);
    area.columns = columns;
    out.str("");
    turn();
    EXPECT_THAT(out.str(), StartsWith("\r\x1b[1A\x1b[J"));
  }
}

TEST_F(LiveViewTest, AfterCtrlZItPaintsBelowWhatTheShellWrote) {
  progress.step_started("apply");
  turn();
  out << "[1]+ Stopped\n$ fg\n";
  area.times_away = 1;
  turn();
  turn();

  EXPECT_THAT(screen(), ElementsAre(HasSubstr("apply"), "[1]+ Stopped", "$ fg", HasSubstr("apply")));
}

TEST_F(LiveViewTest, PaintsTenTimesASecondAtMost) {
  progress.step_started("apply");
  turn();
  out.str("");
  now += 90ms;
  view.waiting();

  EXPECT_THAT(out.str(), IsEmpty());
}

TEST_F(LiveViewTest, BeforeTheFirstStepThereIsNothing) {
  turn();

  EXPECT_THAT(out.str(), IsEmpty());
}

TEST_F(LiveViewTest, WithoutColourOnlyTheCursorMoves) {
  progress.step_started("apply");
  turn();
  view.end();

  EXPECT_THAT(out.str(), Not(::testing::ContainsRegex("\x1b\\[[0-9]*m")));
}

}  // namespace

}  // namespace kots_export::ui
