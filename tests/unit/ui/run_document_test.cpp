#include <kots_export/ui/run_document.h>

#include "unit/ui/changes.h"

#include <sstream>

#include <gmock/gmock.h>

namespace kots_export::ui {

namespace {

using change::ChangeOutcome;
using nlohmann::json;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(const RunReport& report) {
  std::ostringstream out;
  write_text(out, document_of(report), Colour::no);
  return out.str();
}

change::JournalEntry entry(std::size_t id, change::Change change,
                           ChangeOutcome::Status status = ChangeOutcome::Status::done,
                           std::string error = {}) {
  return {.id = id,
          .change = std::move(change),
          .outcome = {.status = status, .error = std::move(error), .object = {}}};
}

RunReport some() {
  RunReport report{.run = {.header = {.run = "20261127T1",
                                      .started = "2026-11-27T10:00:00Z",
                                      .version = "0.1.0",
                                      .server = "https://k8s",
                                      .context = "prod",
                                      .ns = "ci",
                                      .namespace_uid = "u",
                                      .release = "server",
                                      .rolls_back = {},
                                      .user = "jane (ops@host)",
                                      .process = {}},
                           .entries = {},
                           .end = change::RunEnd::complete,
                           .ended = "2026-11-27T10:01:30.000Z",
                           .unanswered_until = {},
                           .path = "backup/20261127T1/journal.jsonl"}};
  report.run.entries.push_back(entry(1, test::label_patch("Service", "kong", nullptr, "x")));
  report.run.entries.push_back(
      entry(2, test::deletion("Secret", "kotsadm-sessions", {{"data", {{"token", "aHVudGVyMg=="}}}})));
  report.run.entries.push_back(
      entry(3, test::deletion("Secret", "old", json::object()), ChangeOutcome::Status::gone));
  report.run.entries.push_back(entry(4, test::creation("Job", "migrator", {{"spec", 1}}),
                                     ChangeOutcome::Status::refused, "forbidden"));
  return report;
}

TEST(DocumentOfRun, TellsWhoWhenHowLongAndWhatOn) {
  RunReport report = some();
  report.details = {
      .steps = {}, .checks = {}, .chart = "3.4.6", .target_version = "4.0.1", .helm_force = "taken"};

  EXPECT_THAT(text_of(report),
              AllOf(HasSubstr("run: 20261127T1\n"), HasSubstr("state: complete\n"),
                    HasSubstr("user: jane (ops@host)\n"), HasSubstr("cluster: https://k8s\n"),
                    HasSubstr("namespace: ci\n"), HasSubstr("ended: 2026-11-27T10:01:30.000Z (90 s)\n"),
                    HasSubstr("chart: 3.4.6 -> 4.0.1\n"), HasSubstr("version: kots-export 0.1.0\n")));
  EXPECT_EQ(document_of(report).title, "run on ci");
  report.run.header.rolls_back = "20261126T1";
  EXPECT_EQ(document_of(report).title, "rollback on ci");
  EXPECT_THAT(text_of(report), AllOf(HasSubstr("rolls back: 20261126T1\n"), Not(HasSubstr("chart:"))));
}

TEST(DocumentOfRun, CountsByKindAndNamesWhatWasNotDone) {
  const std::string text = text_of(some());

  EXPECT_THAT(text, HasSubstr("  kind     created  patched  deleted  not done\n"
                              "  Job      0        0        0        1\n"
                              "  Secret   0        0        2        0\n"
                              "  Service  0        1        0        0\n"));
  EXPECT_THAT(text, HasSubstr("not done:\n  refused create Job migrator"));
  EXPECT_THAT(text, HasSubstr("      forbidden\n"));
  EXPECT_THAT(text, AllOf(HasSubstr("- delete Secret kotsadm-sessions"), HasSubstr("~ patch Service kong")));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("aHVudGVyMg==")), Not(HasSubstr("hunter2"))));
}

TEST(DocumentOfRun, HasNoColumnForWhatWasNotDoneWhereAllWas) {
  RunReport report = some();
  report.run.entries.pop_back();
  EXPECT_THAT(text_of(report),
              AllOf(HasSubstr("  kind     created  patched  deleted\n"), Not(HasSubstr("not done"))));
}

TEST(DocumentOfRun, SaysWhetherWhatIsLeftIsAnEstimate) {
  RunReport report = some();
  report.run.left = 4;
  EXPECT_THAT(text_of(report), HasSubstr("not begun: 4 changes\n"));
  report.details.emplace().left = change::RunDetails::Left::expected;
  EXPECT_THAT(text_of(report), HasSubstr("not begun: about 4 changes\n"));
}

TEST(DocumentOfRun, OfOneThatChangedNothingSaysSo) {
  RunReport report = some();
  report.run.entries.clear();
  EXPECT_THAT(text_of(report), AllOf(HasSubstr("Nothing.\n"), Not(HasSubstr("objects:"))));
}

TEST(DocumentOfRun, HasTimesAndChecksWhereTheyWereRecorded) {
  RunReport report = some();
  EXPECT_THAT(text_of(report), HasSubstr("Times and checks were not recorded"));
  report.details = {
      .steps = {{.name = "apply", .took = milliseconds(1500)}},
      .checks = {{.id = "a", .status = "ok", .detail = "fine", .remedy = {}},
                 {.id = "b", .status = "skipped", .detail = "no", .remedy = {}},
                 {.id = "backup", .status = "warning", .detail = "none found", .remedy = "make one"}},
      .chart = {},
      .target_version = {},
      .helm_force = {}};
  report.verified = {
      .checks = {{.id = "dns", .status = "failed", .detail = "old address", .remedy = "change it"}}};

  EXPECT_THAT(
      text_of(report),
      AllOf(HasSubstr("time:\n  step   time\n  apply  1.5 s\n"),
            HasSubstr("checks before the first change:\n1 of 3 checks ok, 1 skipped.\n"
                      "  warning backup: none found\n  make one\n"),
            HasSubstr("checks after the upgrade:\n0 of 1 check ok, 0 skipped.\n  failed dns: old address\n"
                      "  change it\n"),
            Not(HasSubstr("fine"))));
}

TEST(DocumentOfRun, HasValuesAndWhatIsLeft) {
  RunReport report = some();
  report.values = {
      .file = "output/helm-values.yaml",
      .differences = {{.path = "published", .before = values::Value(true), .after = std::nullopt}}};
  report.next.emplace();
  report.next->upgrade_command = "helm upgrade server";

  EXPECT_THAT(
      text_of(report),
      AllOf(
          HasSubstr(
              "values, from 3.x to 4.x:\nAs they are now in output/helm-values.yaml.\n  - published: true\n"),
          HasSubstr("\n6. Upgrade\n"), HasSubstr("     helm upgrade server\n")));
}

// Of a run that is complete in all but `state`.
std::string text_of_state(RunReport report, change::RunState state) {
  report.state = state;
  report.next.emplace();
  report.next->upgrade_command = "helm upgrade server";
  report.rollback_command = "kots-export rollback -n ci";
  report.status_command = "kots-export status -n ci";
  return text_of(report);
}

TEST(DocumentOfRun, SaysHowToGoOnOrBackWhereItDidNotComeToItsEnd) {
  RunReport report = some();
  report.details.emplace();
  report.details->end = {
      .step = "flyway", .why = "the migrator failed: BackoffLimitExceeded", .hint = "See `kubectl logs x`."};

  const std::string failed = text_of_state(report, change::RunState::failed);

  EXPECT_THAT(
      failed,
      AllOf(HasSubstr("why it ended:\nthe migrator failed: BackoffLimitExceeded\nThat was in step flyway.\n"
                      "See kubectl logs x.\n"),
            HasSubstr("The same command again goes on"), HasSubstr("     kots-export rollback -n ci\n"),
            Not(HasSubstr("helm upgrade"))));
  EXPECT_THAT(text_of_state(report, change::RunState::interrupted), Not(HasSubstr("helm upgrade")));
  report.details->end->can_go_on = false;
  report.details->end->can_go_back = false;
  EXPECT_THAT(text_of_state(report, change::RunState::failed),
              AllOf(HasSubstr("See above how to go on."), Not(HasSubstr("kots-export rollback"))));
  report.run.header.rolls_back = "20261126T1";
  EXPECT_THAT(text_of_state(report, change::RunState::failed),
              AllOf(HasSubstr("this puts back what is left"), HasSubstr("     kots-export rollback -n ci\n"),
                    Not(HasSubstr("same command again"))));
}

TEST(DocumentOfRun, NamesNoWayBackWhereNothingWasDone) {
  RunReport report = some();
  std::erase_if(report.run.entries, change::may_have_happened);
  EXPECT_THAT(text_of_state(report, change::RunState::failed),
              AllOf(HasSubstr("The same command again goes on"), Not(HasSubstr("kots-export rollback"))));
}

TEST(DocumentOfRun, SendsNobodyOnWithARunThatOthersFollowed) {
  RunReport report = some();
  report.is_newest = false;
  EXPECT_THAT(text_of_state(report, change::RunState::failed),
              AllOf(HasSubstr("A later run came after this one"),
                    HasSubstr("     kots-export status -n ci\n"), HasSubstr("undoes this run alone"),
                    HasSubstr("     kots-export rollback -n ci\n"), Not(HasSubstr("same command again"))));
}

TEST(DocumentOfRun, WithARollbackThatDidNotComeToItsEndSendsNobodyToUpgrade) {
  RunReport report = some();
  report.is_newest = false;
  report.is_going_back = true;
  for (const auto state : {change::RunState::complete, change::RunState::failed})
    EXPECT_THAT(text_of_state(report, state),
                AllOf(HasSubstr("Go on with the rollback"), HasSubstr("     kots-export rollback -n ci\n"),
                      HasSubstr("     kots-export status -n ci\n"), Not(HasSubstr("helm upgrade"))));
}

TEST(DocumentOfRun, ThatWasRolledBackSendsNobodyToUpgrade) {
  RunReport report = some();
  report.run.entries.push_back(entry(5, test::creation("Job", "circle-migrator", {{"spec", 1}})));

  EXPECT_THAT(text_of_state(report, change::RunState::rolled_back),
              AllOf(HasSubstr("but for its migration of the database"),
                    HasSubstr("     kots-export status -n ci\n"), Not(HasSubstr("helm upgrade"))));
}

TEST(DocumentOfRun, TellsWhatItWarnedOf) {
  RunReport report = some();
  report.details.emplace();
  report.details->warnings = {
      {.level = change::Notice::Level::warning, .id = "rollback.database", .args = {}}};
  EXPECT_THAT(text_of(report), HasSubstr("warnings:\n  the database migration is not undone"));
}

TEST(DocumentOfRun, LeavesOutTheStepsThatVerifyFoundDone) {
  RunReport report = some();
  report.verified = {.checks = {{.id = "release", .status = "ok", .detail = {}, .remedy = {}},
                                {.id = "workloads", .status = "failed", .detail = {}, .remedy = {}},
                                {.id = "dns", .status = "ok", .detail = {}, .remedy = {}},
                                {.id = "dns", .status = "todo", .detail = {}, .remedy = {}}},
                     .other_server = "https://elsewhere"};

  const std::string text = text_of_state(report, change::RunState::complete);

  EXPECT_THAT(text, AllOf(Not(HasSubstr("helm upgrade server")), Not(HasSubstr("If helm upgrade fails")),
                          HasSubstr("7. Wait"), HasSubstr("8. Change DNS"),
                          HasSubstr("They asked the server https://elsewhere")));
  report.verified->checks[1].status = "ok";
  report.verified->checks.pop_back();
  EXPECT_THAT(
      text_of_state(report, change::RunState::complete),
      AllOf(Not(HasSubstr("7. Wait")), Not(HasSubstr("8. Change DNS")), HasSubstr("9. Run the Nomad")));
}

TEST(DocumentOfRun, SetsCommandsOfRemediesApartAndNothingElse) {
  RunReport report = some();
  report.verified = {
      .checks = {{.id = "release",
                  .status = "failed",
                  .detail = "d",
                  .remedy = "Ask @team or https://x.example: `kubectl get pods` shows *all*."}}};
  std::ostringstream out;
  write_markdown(out, document_of(report));
  EXPECT_THAT(out.str(),
              HasSubstr("  - Ask `@team` or `https://x.example:` `kubectl get pods` shows \\*all\\*.\n"));
}

TEST(DocumentOfRun, LetsNoForeignTextBecomeHtml) {
  RunReport report = some();
  report.run.header.ns = "<script>alert(1)</script>";
  report.run.header.user = "</dd><img src=x onerror=alert(1)>";
  report.run.entries.push_back(entry(5, test::deletion("<b>", "\"><script>", json::object()),
                                     ChangeOutcome::Status::refused, "<svg onload=alert(1)>"));
  std::ostringstream out;
  write_html(out, document_of(report));

  EXPECT_THAT(out.str(),
              AllOf(Not(HasSubstr("<script")), Not(HasSubstr("<img")), Not(HasSubstr("<svg onload")),
                    Not(HasSubstr("<b>")), HasSubstr("&lt;script&gt;alert(1)")));
}

}  // namespace

}  // namespace kots_export::ui
