#include <kots_export/migration/run.h>
#include <kots_export/util/base64.h>

#include "unit/migration/migration_fixture.h"

#include <algorithm>
#include <ranges>

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::optional<NextSteps> run_migration(Context& context, const RunOptions& options) {
  const auto make_plan = [&] { return plan_migration(context, Part::whole, options); };
  return carry_out(context, make_plan(), options, make_plan);
}

class Run : public MigrationTest {
 protected:
  Run() : MigrationTest(with_installation()) {}

  RunOptions options() const {
    return {.license = Secret<std::string>("4x-license"), .registry = {}, .paths = {.root = folder.path()}};
  }
  test::TemporaryFolder folder;
};

TEST_F(Run, GoesThroughTheStepsInTheGuidesOrder) {
  (void)run_migration(context, options());

  EXPECT_THAT(observer.steps, ElementsAre("checks", "export", "transform", "annotate", "kots_cleanup",
                                          "apply", "flyway", "postgres", "message"));
}

TEST_F(Run, TellsTheStepsThatAreAheadBeforeTheFirstOfThem) {
  (void)run_migration(context, options());

  EXPECT_THAT(observer.ahead, ElementsAre("apply", "flyway", "postgres", "message"));
}

TEST_F(Run, TouchesEachObjectOnce) {
  (void)run_migration(context, options());

  std::map<std::string, int> writes;
  for (const auto& request : server.requests()) {
    if (request["method"] == "PATCH" || request["method"] == "DELETE") ++writes[request["path"]];
  }
  for (const auto& [path, count] : writes) {
    // The migrator's own Secret gets its owner when the Job exists; postgresql
    // is marked and goes later.
    if (path.find("circle-migrator") != std::string::npos || path.find("/postgresql") != std::string::npos)
      continue;
    EXPECT_EQ(count, 1) << path;
  }
}

// Keeps whether the values files were there when the first Change was done.
class FilesAtTheFirstChange : public test::RecordingObserver {
 public:
  explicit FilesAtTheFirstChange(const Paths& paths) : paths_(paths) {}
  void change_done(const change::Change& change, const change::ChangeOutcome& outcome) override {
    if (changes.empty()) {
      were_there = std::filesystem::exists(paths_.values()) && std::filesystem::exists(paths_.values_v3());
    }
    RecordingObserver::change_done(change, outcome);
  }
  bool were_there = false;

 private:
  Paths paths_;
};

TEST_F(Run, WritesBothValuesFilesBeforeTheFirstChange) {
  FilesAtTheFirstChange watching(options().paths);
  change::Executor watched(connection.client, watching, {});
  Context watched_context{.client = connection.client,
                          .executor = watched,
                          .observer = watching,
                          .ns = {kNs},
                          .release = "circleci-server"};

  (void)run_migration(watched_context, options());

  EXPECT_TRUE(watching.were_there);
}

TEST_F(Run, PlansEverythingBeforeTheFirstWrite) {
  // The last plan cannot be made: nothing may have been written by then.
  server.put(json::parse(R"({"apiVersion": "batch/v1", "kind": "Job",
    "metadata": {"name": "circle-migrator", "namespace": "circleci-server"},
    "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "m", "image": "m"}]}}}})"));
  server.clear_requests();

  EXPECT_THAT(problem([&] { (void)run_migration(context, options()); }),
              HasSubstr("check migrator-job failed"));
  EXPECT_EQ(server.count_writes(), 0U);
  EXPECT_FALSE(std::filesystem::exists(options().paths.values()));
}

TEST_F(Run, LeavesAnnotateOutWhenTold) {
  RunOptions without = options();
  without.annotate = RunOptions::Annotate::no;

  (void)run_migration(context, without);

  const json frontend = server.get("Deployment", kNs, "frontend").value();
  EXPECT_FALSE(frontend["metadata"]["annotations"].contains("meta.helm.sh/release-name"));
  EXPECT_FALSE(frontend["metadata"]["labels"].contains("kots.io/app-slug"));
  EXPECT_THAT(observer.steps, Not(Contains("annotate")));
}

TEST_F(Run, LeavesAnExternalDatabasesNamesakesAlone) {
  server.seed(json{
      {"apiVersion", "testing/v1"},
      {"kind", "HelmRelease"},
      {"name", "circleci-server"},
      {"namespace", kNs},
      {"revision", 1},
      {"status", "deployed"},
      {"chartName", "circleci-server"},
      {"chartVersion", "3.4.4"},
      {"config", {{"domainName", "ci.example.com"}, {"postgresql", {{"internal", false}}}}},
      {"manifest",
       ""}}.dump());

  RunOptions with_few_values = options();
  with_few_values.skip_checks = {"values"};

  (void)run_migration(context, with_few_values);

  EXPECT_TRUE(server.get("StatefulSet", kNs, "postgresql"));
}

TEST_F(Run, InADryRunWritesNothingAnywhere) {
  change::Executor dry(connection.client, observer, {.dry_run = kube::DryRun::client});
  Context dry_context{.client = connection.client,
                      .executor = dry,
                      .observer = observer,
                      .ns = {kNs},
                      .release = "circleci-server"};

  EXPECT_FALSE(run_migration(dry_context, options())) << "there is no file that the next steps could name";
  EXPECT_EQ(server.count_writes(), 0U);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(Run, TheSecondTimeWritesOnlyForTheDatabase) {
  (void)run_migration(context, options());
  const std::string values = test::read_bytes(options().paths.values());
  server.clear_requests();

  (void)run_migration(context, options());

  for (const auto& request : server.requests()) {
    const std::string method = request["method"];
    const std::string path = request["path"];
    if (method == "GET" || path.find("/selfsubject") != std::string::npos) continue;
    if (request.value("dryRun", false)) continue;
    EXPECT_TRUE(path.find("circle-migrator") != std::string::npos || path.ends_with("/jobs") ||
                path.ends_with("/secrets"))
        << method << ' ' << path;
  }
  EXPECT_EQ(test::read_bytes(options().paths.values()), values);
  EXPECT_FALSE(std::filesystem::exists(options().paths.values().string() + ".1"));
}

TEST_F(Run, GoesOnWithTheValuesThatWereEdited) {
  (void)run_migration(context, options());
  test::write_bytes(options().paths.values(), "global: {domainName: edited.example.com}\n");
  RunOptions unchecked = options();
  unchecked.skip_checks = {"values"};

  const NextSteps steps = run_migration(context, unchecked).value();

  EXPECT_EQ(steps.values_file, options().paths.values());
  EXPECT_EQ(steps.nomad_server_endpoint, "edited.example.com:4647");
}

TEST_F(Run, ChecksTheValuesThatWillBeUsed) {
  (void)run_migration(context, options());
  test::write_bytes(options().paths.values(), "sessionCookieKey: short\n");

  EXPECT_THAT(problem([&] { (void)run_migration(context, options()); }), HasSubstr("check values failed"));
  const auto check =
      std::ranges::find(observer.checks | std::views::reverse, "values", &change::CheckOutcome::id);
  EXPECT_THAT(check->detail, AllOf(HasSubstr("in " + options().paths.values().string()),
                                   HasSubstr("domainName is missing")));
  EXPECT_THAT(check->remedy, HasSubstr("--overwrite-values"));
  context.failed_checks.clear();
  RunOptions told = options();
  told.overwrite_values = OverwriteValues::yes;
  EXPECT_EQ(problem([&] { (void)run_migration(context, told); }), "");
}

TEST_F(Run, StopsAtValuesThatWereEditedAndCannotBeRead) {
  std::filesystem::create_directories(options().paths.output());
  test::write_bytes(options().paths.values(), "a: [1\n");

  EXPECT_THAT(problem([&] { (void)run_migration(context, options()); }), HasSubstr("check values failed"));
  const auto check = std::ranges::find(observer.checks, "values", &change::CheckOutcome::id);
  EXPECT_THAT(check->detail, HasSubstr("line 2, column 1"));
  EXPECT_EQ(server.count_writes(), 0U);
}

TEST_F(Run, CorrectsTheValuesAgainAsTheRunBeforeDid) {
  RunOptions corrected = options();
  corrected.corrections = {{.path = "c.yaml", .yaml = Secret<std::string>("smtp: {port: 2525}\n")}};
  (void)run_migration(context, corrected);
  const std::string values = test::read_bytes(options().paths.values());
  EXPECT_THAT(values, HasSubstr("2525"));

  (void)run_migration(context, options());

  EXPECT_EQ(test::read_bytes(options().paths.values()), values);
  EXPECT_EQ(observer.argument("values.corrections-kept", "files"), "c.yaml");
  corrected.corrections = std::vector<Correction>();
  (void)run_migration(context, corrected);
  EXPECT_THAT(test::read_bytes(options().paths.values()), Not(HasSubstr("2525")));
}

TEST_F(Run, IsRefusedWithoutAConfirmation) {
  change::Executor careful(connection.client, observer,
                           {.confirm = [](const change::Plan&) { return false; }});
  Context asked{.client = connection.client,
                .executor = careful,
                .observer = observer,
                .ns = {kNs},
                .release = "circleci-server"};

  EXPECT_THROW((void)run_migration(asked, options()), Cancelled);
  EXPECT_EQ(server.count_writes(), 0U);
  EXPECT_FALSE(std::filesystem::exists(options().paths.values()));
}

}  // namespace

}  // namespace kots_export::migration
