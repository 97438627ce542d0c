#include <kots_export/ui/json_view.h>

#include "unit/ui/changes.h"

#include <gmock/gmock.h>

namespace kots_export::ui {

namespace {

using change::ChangeOutcome;
using nlohmann::json;
using test::creation;
using test::deletion;
using test::label_patch;

class JsonViewTest : public ::testing::Test {
 protected:
  static ChangeOutcome outcome(ChangeOutcome::Status status, std::string error = {}) {
    return {.status = status, .error = std::move(error), .object = {}};
  }

  // 2026-11-24T10:15:30.042Z
  std::chrono::system_clock::time_point now_{std::chrono::milliseconds(1'795'515'330'042)};
  JsonView view_{"run", "1.2.3", [this] { return now_; }};
};

TEST_F(JsonViewTest, IsCompleteWhereNothingHappened) {
  const json document = view_.document(0);

  EXPECT_EQ(document["apiVersion"], "kots-export/v1");
  EXPECT_EQ(document["kind"], "Report");
  EXPECT_EQ(document["command"], "run");
  EXPECT_EQ(document["version"], "1.2.3");
  EXPECT_EQ(document["startedAt"], "2026-11-24T10:15:30.042Z");
  EXPECT_EQ(document["changes"], json::array());
  EXPECT_EQ(document["error"], nullptr);
  EXPECT_EQ(document["exitCode"], 0);
}

TEST_F(JsonViewTest, TimesStepsAndTheWhole) {
  view_.step_started("checks");
  now_ += std::chrono::milliseconds(250);
  view_.step_done("checks");
  now_ += std::chrono::milliseconds(1000);

  const json document = view_.document(0);

  EXPECT_EQ(document["steps"], json::array({{{"name", "checks"}, {"seconds", 0.25}, {"status", "done"}}}));
  EXPECT_EQ(document["seconds"], 1.25);
}

TEST_F(JsonViewTest, ShowsWhatChangesInAReleasesManifest) {
  view_.planned(
      {.changes = {test::manifest_patch("apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: c}\n",
                                        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\n")}},
      kube::DryRun::client);

  const json change = view_.document(0)["changes"][0];

  EXPECT_EQ(change["manifestDiff"], json({"CronJob c: batch/v1beta1 -> batch/v1",
                                          "- apiVersion: batch/v1beta1", "+ apiVersion: batch/v1"}));
  EXPECT_EQ(change["after"]["data"]["release"], "***");
}

TEST_F(JsonViewTest, TellsApartTheStepsThatPatchOneObject) {
  const change::Change record = test::manifest_patch("a: 1\n", "a: 2\n");
  view_.planned({.changes = {record}}, kube::DryRun::client);
  view_.planned({.changes = {label_patch("Secret", record.object.name, "a", "b")}}, kube::DryRun::client);

  EXPECT_EQ(view_.document(0)["summary"]["patch"], 2);
}

TEST_F(JsonViewTest, NamesTheStepInWhichACommandStopped) {
  view_.step_started("flyway");
  view_.failed(Error("the database migration failed", "why", "hint"));

  const json document = view_.document(1);

  EXPECT_EQ(document["steps"][0]["status"], "failed");
  EXPECT_EQ(document["error"],
            (json{{"what", "the database migration failed"}, {"why", "why"}, {"hint", "hint"}}));
  EXPECT_EQ(document["exitCode"], 1);
}

TEST_F(JsonViewTest, HoldsEachPlannedChangeOnceWithItsOutcome) {
  const auto patch = label_patch("Job", "a", nullptr, "x");
  const auto remove = deletion("Job", "b", {});
  view_.planned({.changes = {patch, remove}, .already_right = 7}, kube::DryRun::none);
  view_.change_started(patch);
  view_.change_done(patch, outcome(ChangeOutcome::Status::done));
  view_.change_done(remove, outcome(ChangeOutcome::Status::refused, "no\x1b"));

  const json document = view_.document(1);

  ASSERT_EQ(document["changes"].size(), 2U);
  EXPECT_EQ(document["changes"][0]["outcome"], (json{{"status", "done"}}));
  EXPECT_EQ(document["changes"][1]["outcome"], (json{{"status", "refused"}, {"message", "no\\x1b"}}));
  EXPECT_EQ(document["summary"], (json{{"patch", 1},
                                       {"delete", 1},
                                       {"create", 0},
                                       {"alreadyRight", 7},
                                       {"done", 1},
                                       {"gone", 0},
                                       {"refused", 1},
                                       {"unknown", 0},
                                       {"notSent", 0},
                                       {"notTried", 0}}));
}

TEST_F(JsonViewTest, HoldsChangesThatWereNeverPlannedAsAWhole) {
  const auto patch = label_patch("Job", "a", nullptr, "x");
  view_.change_started(patch);
  view_.change_done(patch, outcome(ChangeOutcome::Status::done));

  EXPECT_EQ(view_.document(0)["changes"].size(), 1U);
}

TEST_F(JsonViewTest, LeavesTheOutcomeOpenOfWhatWasNotSent) {
  view_.planned({.changes = {deletion("Job", "b", {})}}, kube::DryRun::client);

  const json document = view_.document(3);

  EXPECT_EQ(document["dryRun"], "client");
  EXPECT_EQ(document["changes"][0]["outcome"], nullptr);
}

TEST_F(JsonViewTest, MasksSecrets) {
  view_.planned({.changes = {creation("Secret", "s", {{"data", {{"p", "cA=="}}}})}}, kube::DryRun::client);

  EXPECT_EQ(view_.document(0)["changes"][0]["after"]["data"]["p"], "***");
}

TEST_F(JsonViewTest, HoldsNoticesAsTextAndAsParts) {
  view_.note("lock.taken-over", {{"holder", "jo"}});

  const json notice = view_.document(0)["notices"][0];

  EXPECT_EQ(notice["level"], "note");
  EXPECT_EQ(notice["id"], "lock.taken-over");
  EXPECT_THAT(notice["text"].get<std::string>(), ::testing::HasSubstr("the lock of jo is taken over"));
  EXPECT_EQ(notice["args"], (json{{"holder", "jo"}}));
}

}  // namespace

}  // namespace kots_export::ui
