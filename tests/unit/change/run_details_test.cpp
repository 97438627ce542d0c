#include <kots_export/change/run_details.h>
#include <kots_export/util/error.h>

#include "unit/support/problem.h"
#include "unit/support/temporary_folder.h"

#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace kots_export::change {

namespace {

using std::chrono::milliseconds;
using test::problem_and_hint;
using test::TemporaryFolder;
using test::write_bytes;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(DetailsRecorder, TimesEachStepAndKeepsTheChecks) {
  std::chrono::steady_clock::time_point now{};
  DetailsRecorder recorder([&now] { return now; });

  recorder.step_started("apply");
  now += milliseconds(1500);
  recorder.step_started("lock");
  now += milliseconds(10);
  recorder.step_done("lock");
  recorder.step_done("apply");
  recorder.step_done("never began");
  recorder.step_started("flyway");
  now += milliseconds(7);
  recorder.check_done({.id = "backup",
                       .group = "g",
                       .status = CheckOutcome::Status::warning,
                       .detail = "none",
                       .remedy = "make one"});
  recorder.warn("w");
  recorder.warn("w");
  recorder.note("n");
  const RunDetails details = recorder.details();

  EXPECT_THAT(details.warnings, SizeIs(1));
  EXPECT_EQ(recorder.step_at_work(), "flyway");
  ASSERT_THAT(details.steps, SizeIs(3));
  EXPECT_EQ(details.steps[0].name, "apply");
  EXPECT_EQ(details.steps[0].took, milliseconds(1510));
  EXPECT_EQ(details.steps[1].took, milliseconds(10));
  EXPECT_EQ(details.steps[2].took, milliseconds(7));  // still at work
  ASSERT_THAT(details.checks, SizeIs(1));
  EXPECT_EQ(details.checks[0].id + details.checks[0].status + details.checks[0].remedy,
            "backupwarningmake one");
}

TEST(RunDetails, AreReadAsTheyWereWrittenAndPrivate) {
  const TemporaryFolder folder;
  write_run_details(
      folder.path(),
      {.steps = {{.name = "apply", .took = milliseconds(12)}},
       .checks = {{.id = "a", .status = "ok", .detail = "b", .remedy = "c"}},
       .chart = "3.4.6",
       .target_version = "4.0.1",
       .helm_force = "taken",
       .warnings = {{.level = Notice::Level::warning, .id = "w", .args = {{"a", "b"}}}},
       .end =
           RunDetails::End{
               .step = "flyway", .why = "it failed", .hint = "See.", .can_go_on = false, .can_go_back = true},
       .left = RunDetails::Left::expected});

  const auto details = read_run_details(folder.path());

  ASSERT_TRUE(details);
  ASSERT_THAT(details->steps, SizeIs(1));
  EXPECT_EQ(details->steps[0].took, milliseconds(12));
  EXPECT_EQ(details->checks.at(0).remedy, "c");
  EXPECT_EQ(details->chart + details->target_version + details->helm_force, "3.4.64.0.1taken");
  ASSERT_THAT(details->warnings, SizeIs(1));
  EXPECT_EQ(details->warnings[0].id + details->warnings[0].args.at(0).second, "wb");
  ASSERT_TRUE(details->end);
  EXPECT_EQ(details->end->step + details->end->why + details->end->hint, "flywayit failedSee.");
  EXPECT_FALSE(details->end->can_go_on);
  EXPECT_TRUE(details->end->can_go_back);
  EXPECT_EQ(details->left, RunDetails::Left::expected);
  EXPECT_EQ(std::filesystem::status(folder / "details.json").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(RunDetails, AreNothingWhereThereAreNone) { EXPECT_FALSE(read_run_details(TemporaryFolder().path())); }

TEST(RunDetails, SayWhatIsWrongWithTheirFile) {
  const TemporaryFolder folder;
  for (
      const char* text :
      {"", "[]", "{\"steps\":", "{}", R"({"checks":[1]})",
       R"({"checks":[],"chart":"","targetVersion":"","helmForce":"","steps":[],"end":{}})",
       R"({"checks":[],"chart":"","targetVersion":"","helmForce":"","steps":[],"warnings":[{"id":"w","args":[1]}]})",
       R"({"checks":[],"chart":"","targetVersion":"","helmForce":"","steps":[{"name":"a"}]})"}) {
    SCOPED_TRACE(text);
    write_bytes(folder / "details.json", text);
    EXPECT_THAT(problem_and_hint([&] { (void)read_run_details(folder.path()); }),
                AllOf(HasSubstr("details.json"), HasSubstr("delete it")));
  }
}

// A document of -o json, with what `patch` has in place of its own.
std::string document_with(const std::string& patch) {
  auto document = nlohmann::json::parse(
      R"({"command":"verify","error":null,"target":{"namespace":"cci","release":"server"},
          "checks":[{"id":"dns","group":"g","status":"failed","detail":"d","remedy":"r"}]})");
  document.merge_patch(nlohmann::json::parse(patch));
  return document.dump();
}

TEST(VerifiedChecks, AreThoseOfVerify) {
  const RunHeader run{.server = "https://k8s", .ns = "cci", .release = "server"};
  const Verified verified =
      verified_checks(document_with(R"({"target":{"server":"https://k8s"}})"), "v.json", run);

  ASSERT_THAT(verified.checks, SizeIs(1));
  EXPECT_EQ(verified.checks[0].id + verified.checks[0].status, "dnsfailed");
  EXPECT_EQ(verified.other_server, "");
  EXPECT_EQ(
      verified_checks(document_with(R"({"target":{"server":"https://b"}})"), "v.json", run).other_server,
      "https://b");
}

TEST(VerifiedChecks, AreOfNoOtherDocument) {
  for (const auto& [text, why] : std::map<std::string, std::string>{
           {"{", "cut off"},
           {"{}", "command"},
           {document_with(R"({"checks":null})"), "checks"},
           {document_with(R"({"command":"check"})"), "of the command check"},
           {document_with(R"({"error":{"what":"no release x"}})"), "ended with an error: no release x"},
           {document_with(R"({"target":{"namespace":"other"}})"), "in namespace other"}}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(
        problem_and_hint([&] { (void)verified_checks(text, "v.json", {.ns = "cci", .release = "server"}); }),
        AllOf(HasSubstr("v.json"), HasSubstr(why), HasSubstr("verify -o json")));
  }
}

}  // namespace

}  // namespace kots_export::change
