#include <kots_export/ui/human_view.h>

#include "unit/ui/changes.h"

#include <sstream>

#include <gmock/gmock.h>

namespace kots_export::ui {

namespace {

using change::ChangeOutcome;
using test::deletion;
using test::label_patch;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class HumanViewTest : public ::testing::Test {
 protected:
  static ChangeOutcome outcome(ChangeOutcome::Status status, std::string error = {}) {
    return {.status = status, .error = std::move(error), .object = {}};
  }

  std::ostringstream out_;
  std::ostringstream progress_;
  HumanView view_{
      {.stream = out_, .colour = Colour::no}, {.stream = progress_, .colour = Colour::no}, Detail::normal};
};

TEST_F(HumanViewTest, ShowsThePlanOfADryRunAsItsResult) {
  view_.planned({.changes = {deletion("Job", "j", {})}}, kube::DryRun::client);

  EXPECT_THAT(out_.str(), HasSubstr("- delete Job j"));
  EXPECT_THAT(progress_.str(), IsEmpty());
}

TEST_F(HumanViewTest, WhereItIsToBeQuietItSaysWhatFailedAlone) {
  HumanView quiet({.stream = out_, .colour = Colour::no}, {.stream = progress_, .colour = Colour::no},
                  Detail::normal, {.says = HumanView::Says::failures});
  quiet.step_started("apply");
  quiet.planned({.changes = {deletion("Job", "j", {}), deletion("Job", "k", {})}}, kube::DryRun::none);
  quiet.change_done(deletion("Job", "j", {}), {});
  quiet.warn("flyway.log-unreadable");
  quiet.log_line("m", "line");
  quiet.file_written("values", "f");
  quiet.check_done(
      {.id = "a", .group = "g", .status = change::CheckOutcome::Status::warning, .detail = {}, .remedy = {}});
  EXPECT_EQ(progress_.str(), "");

  quiet.change_done(deletion("Job", "k", {}), outcome(ChangeOutcome::Status::refused, "no"));
  quiet.check_done({.id = "b",
                    .group = "g",
                    .status = change::CheckOutcome::Status::failed,
                    .detail = "bad",
                    .remedy = {}});

  EXPECT_EQ(progress_.str(), "refused delete Job k: no\nfailed   b: bad\n");
}

TEST_F(HumanViewTest, WhereNothingIsChangedTheHeadingSaysThatItIsPlanned) {
  HumanView look({.stream = out_, .colour = Colour::no}, {.stream = progress_, .colour = Colour::no},
                 Detail::normal, {.purpose = HumanView::Purpose::look});
  look.step_started("apply");
  view_.step_started("apply");

  EXPECT_EQ(progress_.str(), "==> apply: plan which objects are changed\n==> apply: change the objects\n");
}

TEST_F(HumanViewTest, LeavesTheStepsToAViewThatShowsThemInItsOwnWay) {
  HumanView beside({.stream = out_, .colour = Colour::no}, {.stream = progress_, .colour = Colour::no},
                   Detail::normal, {.steps = HumanView::Steps::elsewhere});
  beside.step_started("apply");

  EXPECT_EQ(progress_.str(), "");
}

TEST_F(HumanViewTest, HeadsTheFirstPlanOfADryRun) {
  view_.head({.server = "https://example.com"});
  view_.planned({.changes = {deletion("Job", "j", {})}}, kube::DryRun::client);
  view_.planned({.changes = {deletion("Job", "k", {})}}, kube::DryRun::client);

  EXPECT_THAT(out_.str(), StartsWith("cluster: https://example.com\n"));
  EXPECT_EQ(out_.str().find("cluster:"), out_.str().rfind("cluster:"));
  EXPECT_THAT(out_.str(), HasSubstr("- delete Job k"));
}

TEST_F(HumanViewTest, ShowsAPlanAsOneAndItsPartsNotAgain) {
  migration::MigrationPlan plan;
  plan.postgres.changes = {deletion("Job", "j", {})};
  view_.show(plan, {});
  const std::string once = out_.str();

  view_.planned(plan.postgres, kube::DryRun::server);

  EXPECT_THAT(once, HasSubstr("- delete Job j"));
  EXPECT_EQ(out_.str(), once);
}

TEST_F(HumanViewTest, CountsThePlanOfARealRunAsProgress) {
  view_.planned(
      {.changes = {deletion("Job", "j", {}), label_patch("Job", "k", "a", "b")}, .already_right = 3},
      kube::DryRun::none);

  EXPECT_EQ(progress_.str(), "1 to patch, 1 to delete, 0 to create, 3 unchanged\n");
  EXPECT_THAT(out_.str(), IsEmpty());
}

TEST_F(HumanViewTest, NamesTheStepWhosePlanItCounts) {
  view_.step_started("postgres");
  progress_.str("");
  view_.planned({.changes = {deletion("Job", "j", {}), deletion("Job", "k", {})}}, kube::DryRun::none);

  EXPECT_EQ(progress_.str(), "postgres: 0 to patch, 2 to delete, 0 to create, 0 unchanged\n");
}

TEST_F(HumanViewTest, SaysOnceWhatTheUserMayNotDoForAllItsObjects) {
  ChangeOutcome forbidden =
      outcome(ChangeOutcome::Status::refused, "cannot patch it: jobs \"x\" is forbidden: User may not (403)");
  forbidden.forbidden = "User may not (403)";
  forbidden.hint = "Ask the administrator.";
  // One has a name that is also a word of the sentence.
  for (const char* name : {"a-10", "a-2", "User"})
    view_.change_done(label_patch("Job", name, "a", "b"), forbidden);
  EXPECT_THAT(progress_.str(), IsEmpty());

  view_.plan_done();

  EXPECT_EQ(progress_.str(),
            "refused patch Job, 3 objects (User, a-2, a-10): User may not (403) (Ask the administrator.)\n");
}

TEST_F(HumanViewTest, TellsAtOnceOfTheFirstThatFailedAndOfThoseLikeItAtTheEnd) {
  const auto fail = [&](const std::string& name, const std::string& why) {
    auto failed = outcome(ChangeOutcome::Status::unknown, "cannot delete Job " + name + ": " + why);
    failed.hint = "Check the network.";
    view_.change_done(deletion("Job", name, {}), failed);
  };
  fail("a-1", "no answer after 10 ms: jobs \"a-1\"");
  EXPECT_EQ(progress_.str(),
            "unknown delete Job a-1: cannot delete Job a-1: no answer after 10 ms: jobs \"a-1\" "
            "(Check the network.)\n");
  progress_.str("");
  fail("a-10", "no answer after 8 ms: jobs \"a-10\"");
  fail("a-2", "no answer after 9 ms: jobs \"a-2\"");
  EXPECT_THAT(progress_.str(), IsEmpty());

  view_.plan_done();

  EXPECT_EQ(progress_.str(),
            "unknown delete Job, 2 more objects (a-2, a-10): no answer after 10 ms: jobs \"a-1\"\n");
}

TEST_F(HumanViewTest, SaysOnceWhatHasOneCauseWhateverTheKind) {
  const auto fail = [&](const change::Change& change) {
    view_.change_done(change, outcome(ChangeOutcome::Status::not_sent,
                                      "cannot " + std::string(to_string(change.verb)) + " " +
                                          kube::describe(change.object) + ": no connection to 10.0.0.1"));
  };
  fail(label_patch("Job", "job-1", "a", "b"));
  progress_.str("");
  fail(label_patch("Secret", "secret-1", "a", "b"));
  fail(deletion("Job", "job-2", {}));

  view_.plan_done();

  EXPECT_EQ(progress_.str(),
            "not sent 2 more objects (delete Job job-2, patch Secret secret-1): no connection to 10.0.0.1\n");
}

TEST_F(HumanViewTest, SaysThatNothingIsToDo) {
  view_.planned({.changes = {}, .already_right = 5}, kube::DryRun::none);

  EXPECT_THAT(progress_.str(), StartsWith("nothing to do"));
}

TEST_F(HumanViewTest, ShowsWhatTheServerRefusesInADryRunAmongTheResults) {
  const auto change = deletion("Job", "j", {});
  view_.planned({.changes = {change}}, kube::DryRun::server);
  view_.change_done(change, outcome(ChangeOutcome::Status::refused, "admission says no"));

  EXPECT_THAT(out_.str(), HasSubstr("refused delete Job j: admission says no\n"));
  EXPECT_THAT(progress_.str(), IsEmpty());
}

TEST_F(HumanViewTest, SaysNothingOfWhatTheServerAcceptsInADryRun) {
  const auto change = deletion("Job", "j", {});
  view_.planned({.changes = {change}}, kube::DryRun::server);
  const std::string before = out_.str();

  view_.change_done(change, outcome(ChangeOutcome::Status::done));

  EXPECT_EQ(out_.str(), before);
}

TEST_F(HumanViewTest, ShowsDeletesAsTheyHappenAndCountsPatches) {
  view_.change_done(label_patch("Job", "k", "a", "b"), outcome(ChangeOutcome::Status::done));
  view_.change_done(deletion("Job", "j", {}), outcome(ChangeOutcome::Status::gone));

  EXPECT_EQ(progress_.str(), "- delete Job j (was gone already)\n");
}

TEST_F(HumanViewTest, HasPlanChecksAndRefusalsInMarkdown) {
  HumanView view({.stream = out_, .colour = Colour::no, .format = HumanView::Format::markdown},
                 {.stream = progress_, .colour = Colour::no}, Detail::normal,
                 {.purpose = HumanView::Purpose::look});
  const auto change = deletion("Job", "<j>", {});

  view.check_done({.id = "values",
                   .group = "values",
                   .status = change::CheckOutcome::Status::warning,
                   .detail = "a|b",
                   .remedy = "fix it"});
  view.head({.server = "https://example.com", .ns = "n", .release = "r", .time = "t", .version = "1"});
  view.planned({.changes = {change}}, kube::DryRun::server);
  view.change_done(change, outcome(ChangeOutcome::Status::refused, "<b>no</b>"));

  EXPECT_EQ(out_.str(),
            "## Checks\n\n"
            "- **warning** `values`: `a|b` (`fix it`)\n\n"
            "## Plan\n\n"
            "- cluster: `https://example.com`\n"
            "- namespace: `n`, release: `r`\n"
            "- planned: `t by kots-export 1`\n\n"
            "- `- delete Job <j>` (`kots_cleanup: part of KOTS`)\n\n"
            "`refused` `delete Job <j>: <b>no</b>`\n\n");
  EXPECT_THAT(progress_.str(), IsEmpty());
}

TEST_F(HumanViewTest, MakesForeignBytesPrintable) {
  view_.log_line("circle-migrator", "\x1b[2J");

  EXPECT_EQ(progress_.str(), "circle-migrator | \\x1b[2J\n");
}

}  // namespace

}  // namespace kots_export::ui
