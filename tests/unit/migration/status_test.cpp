#include <kots_export/change/journal.h>
#include <kots_export/change/run_details.h>
#include <kots_export/migration/annotate.h>
#include <kots_export/migration/inventory.h>
#include <kots_export/migration/kots_cleanup.h>
#include <kots_export/migration/postgres.h>
#include <kots_export/migration/status.h>

#include "unit/migration/migration_fixture.h"

#include <algorithm>
#include <array>
#include <fstream>

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using State = StepStatus::State;

class Status : public MigrationTest {
 protected:
  Status() : MigrationTest(with_installation()) {}

  InstallationStatus read() {
    context.releases.reset();
    context.decoded.clear();
    context.served_manifest.reset();
    return read_status(context, {.root = folder.path()});
  }
  static State state_of(const InstallationStatus& status, std::string_view step) {
    return std::ranges::find(status.steps, step, &StepStatus::step)->state;
  }
  std::string namespace_uid() {
    return (*context.client.get(object_ref(context, "", "Namespace", kNs)))["metadata"]["uid"];
  }
  // A run that has deleted the migrator's Job; a rollback where `rolls_back` names a run.
  void record_deletion_of_job(const std::string& name, const std::string& rolls_back) {
    change::Journal run(folder.path() / "backup", {.run = name,
                                                   .started = "2026-11-24T10:15:30Z",
                                                   .ns = kNs,
                                                   .namespace_uid = namespace_uid(),
                                                   .rolls_back = rolls_back});
    const change::Change done{.verb = change::Verb::remove,
                              .object = object_ref(context, "batch", "Job", "circle-migrator")};
    const std::array changes = {&done};
    run.record(changes, 1);
    run.record_outcome(1, {.status = change::ChangeOutcome::Status::done});
    run.record_end(change::RunEnd::complete);
  }
  void annotate() {
    (void)executor.run(plan_annotate(context, read_inventory(context, manifest()), TakeOwnership::no));
  }
  void clean_up() {
    (void)executor.run(plan_kots_cleanup(context, read_inventory(context, manifest()), DeleteVolumes::no));
  }
  std::string manifest() { return decoded_revision(context, current_revision(context)).manifest; }
  // Revision 2, of the 4.x chart.
  void upgrade(const std::string& status) {
    json first = *server.get("Secret", kNs, "sh.helm.release.v1.circleci-server.v1");
    if (status == "deployed") first["metadata"]["labels"]["status"] = "superseded";
    server.put(first);
    server.seed(
        "{apiVersion: testing/v1, kind: HelmRelease, name: circleci-server, namespace: circleci-server, "
        "revision: 2, chartName: circleci-server, chartVersion: 4.0.1, status: " +
        status + "}");
  }
  void put_job(const std::string& type) {
    json job = json::parse(
        R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"circle-migrator","namespace":"circleci-server"},
            "spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"m","image":"x"}]}}},
            "status":{"startTime":"2026-11-24T10:15:30Z"}})");
    if (!type.empty())
      job["status"]["conditions"] = {{{"type", type}, {"status", "True"}, {"reason", "Because"}}};
    server.put(job);
  }

  test::TemporaryFolder folder;
};

TEST_F(Status, OfWhatKotsDeployedIsUntouched) {
  const InstallationStatus status = read();
  EXPECT_EQ(status.stage, Stage::untouched);
  EXPECT_EQ(status.newest->chart, "circleci-server 3.4.4");
  EXPECT_EQ(state_of(status, "annotate"), State::to_do);
  EXPECT_EQ(state_of(status, "kots_cleanup"), State::to_do);
  EXPECT_EQ(state_of(status, "flyway"), State::unknown);
  EXPECT_EQ(state_of(status, "postgres"), State::to_do);
  EXPECT_EQ(server.count_writes(), 0U);
}

TEST_F(Status, SaysWhichStepsAreDone) {
  annotate();
  observer.notices.clear();
  const InstallationStatus status = read();
  EXPECT_EQ(status.stage, Stage::half_migrated);
  EXPECT_EQ(state_of(status, "annotate"), State::done);
  EXPECT_EQ(state_of(status, "kots_cleanup"), State::to_do);
  EXPECT_TRUE(observer.notices.empty());  // of other releases' objects annotate alone tells
}

TEST_F(Status, TellsAStepThatWasCutOff) {
  annotate();
  json service = *server.get("Service", kNs, "frontend");
  service["metadata"]["labels"].erase("app.kubernetes.io/managed-by");
  server.put(service);
  EXPECT_EQ(state_of(read(), "annotate"), State::partly);
}

TEST_F(Status, OfAMigratedInstallationWaitsForTheUpgrade) {
  annotate();
  clean_up();
  run_postgres(context, plan_postgres(context));
  // The sample's manifest names an Ingress of an API version that servers of 1.20 still have.
  // What was deleted goes once its finalizers let it.
  EXPECT_TRUE(server.wait_until([&] { return read().stage == Stage::migrated; }));
}

// Nothing comes after the migration of the database that would tell of it.
TEST_F(Status, WithADatabaseOfItsOwnIsMigratedOnlyWhereTheDatabaseIsKnownToBe) {
  server.seed(
      "{apiVersion: testing/v1, kind: HelmRelease, name: circleci-server, namespace: circleci-server, "
      "revision: 1, chartName: circleci-server, chartVersion: 3.4.4, status: deployed, "
      "config: {postgresql: {internal: false}}}");
  annotate();
  clean_up();
  EXPECT_TRUE(server.wait_until([&] { return state_of(read(), "kots_cleanup") == State::done; }));
  EXPECT_EQ(state_of(read(), "postgres"), State::not_needed);
  EXPECT_EQ(state_of(read(), "flyway"), State::unknown);
  EXPECT_EQ(read().stage, Stage::half_migrated);
  put_job("Complete");
  EXPECT_EQ(read().stage, Stage::migrated);
}

TEST_F(Status, TellsOfTheMigratorsJob) {
  put_job("Failed");
  EXPECT_EQ(state_of(read(), "flyway"), State::failed);
  EXPECT_EQ(read().stage, Stage::half_migrated);
  server.remove("Job", kNs, "circle-migrator");
  put_job("Complete");
  EXPECT_EQ(state_of(read(), "flyway"), State::done);
}

TEST_F(Status, OfAnUpgradeIsWhatHelmSays) {
  upgrade("pending-upgrade");
  EXPECT_EQ(read().stage, Stage::upgrading);
  EXPECT_EQ(read().deployed->revision, 1);
  server.remove("Secret", kNs, "sh.helm.release.v1.circleci-server.v2");
  upgrade("failed");
  EXPECT_EQ(read().stage, Stage::upgrade_failed);
  EXPECT_THAT(read().rollback_command, HasSubstr("helm rollback circleci-server 1"));
  server.remove("Secret", kNs, "sh.helm.release.v1.circleci-server.v2");
  upgrade("deployed");
  const InstallationStatus status = read();
  EXPECT_EQ(status.stage, Stage::upgraded);
  EXPECT_TRUE(status.steps.empty());
}

TEST_F(Status, OfAReleaseThatIsNoLongerDeployedSaysSo) {
  for (const char* word : {"uninstalling", "uninstalled", "superseded"}) {
    upgrade(word);
    EXPECT_EQ(read().stage, Stage::not_deployed) << word;
    EXPECT_TRUE(read().steps.empty()) << word;
    server.remove("Secret", kNs, "sh.helm.release.v1.circleci-server.v2");
  }
}

TEST_F(Status, OfAWayBackTo3xKeepsThePostgresOf4xOut) {
  for (const auto& [word, stage] :
       {std::pair("pending-rollback", Stage::upgrading), std::pair("failed", Stage::upgrade_failed)}) {
    upgrade("deployed");
    server.seed(
        "{apiVersion: testing/v1, kind: HelmRelease, name: circleci-server, namespace: circleci-server, "
        "revision: 3, chartName: circleci-server, chartVersion: 3.4.4, status: " +
        std::string(word) + "}");
    const InstallationStatus status = read();
    EXPECT_EQ(status.stage, stage) << word;
    EXPECT_TRUE(status.is_going_back) << word;
    EXPECT_TRUE(status.steps.empty()) << word;
  }
}

TEST_F(Status, NamesTheReleasesThatAreThere) {
  context.release = "circle";
  const InstallationStatus status = read();
  EXPECT_EQ(status.stage, Stage::no_release);
  EXPECT_THAT(status.other_releases, ElementsAre("circleci-server", "other"));
  context.ns.name = "elsewhere";
  context.namespace_uid.reset();
  EXPECT_EQ(read().stage, Stage::no_namespace);
}

TEST_F(Status, KnowsAValuesFileThatWasEdited) {
  EXPECT_FALSE(read().values_file);
  std::filesystem::create_directories(folder.path() / "output");
  std::ofstream(folder.path() / "output" / "helm-values.yaml") << "a: 1\n";
  const auto file = read().values_file;
  ASSERT_TRUE(file);
  EXPECT_EQ(file->by, ValuesFile::By::person);
  EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - file->written), std::chrono::minutes(1));
}

TEST_F(Status, KnowsTheNewestRunOfThisInstallation) {
  for (const auto& [run, ns] : {std::pair{"1", kNs}, std::pair{"2", "elsewhere"}})
    change::Journal(folder.path() / "backup", {.run = run, .started = "2026-11-24T10:15:30Z", .ns = ns})
        .record_end(change::RunEnd::complete);
  const InstallationStatus status = read();
  ASSERT_TRUE(status.newest_run);
  EXPECT_EQ(status.newest_run->header.run, "1");
  EXPECT_EQ(status.newest_run_state, "complete");
}

TEST_F(Status, KnowsTheChartThatTheNewestRunWasFor) {
  change::Journal(folder.path() / "backup", {.run = "1", .started = "2026-11-24T10:15:30Z", .ns = kNs})
      .record_end(change::RunEnd::complete);
  EXPECT_EQ(read().target_version, "");
  change::write_run_details(
      folder.path() / "backup" / "1",
      {.steps = {}, .checks = {}, .chart = "3.4.4", .target_version = "4.1.3", .helm_force = ""});
  EXPECT_EQ(read().target_version, "4.1.3");
}

TEST_F(Status, TakesTheChartOfTheNewestRunWithValues) {
  const auto add_run = [&](const char* run, const char* step, const char* target) {
    change::Journal(folder.path() / "backup", {.run = run, .started = "2026-11-24T10:15:30Z", .ns = kNs})
        .record_end(change::RunEnd::complete);
    change::write_run_details(folder.path() / "backup" / run,
                              {.steps = {{.name = step, .took = std::chrono::milliseconds(1)}},
                               .checks = {},
                               .chart = "3.4.4",
                               .target_version = target,
                               .helm_force = ""});
  };
  add_run("1", "transform", "4.1.2");
  add_run("2", "message", "4.1.3");
  add_run("3", "annotate", "4.0.1");
  const InstallationStatus status = read();
  EXPECT_EQ(status.newest_run->header.run, "3");
  EXPECT_EQ(status.target_version, "4.1.3");
}

TEST_F(Status, OfAnUpgradeFrom4xHasNoStepsOfTheMigration) {
  upgrade("deployed");
  server.seed(
      "{apiVersion: testing/v1, kind: HelmRelease, name: circleci-server, namespace: circleci-server, "
      "revision: 3, chartName: circleci-server, chartVersion: 4.0.2, status: failed}");
  const InstallationStatus status = read();
  EXPECT_EQ(status.stage, Stage::upgrade_failed);
  EXPECT_EQ(status.deployed->chart, "circleci-server 4.0.1");
  EXPECT_TRUE(status.steps.empty());
}

TEST_F(Status, KnowsAReleaseOfAnotherChart) {
  server.seed(
      "{apiVersion: testing/v1, kind: HelmRelease, name: ingress, namespace: circleci-server, revision: 1, "
      "chartName: ingress-nginx, chartVersion: 4.7.1, status: deployed}");
  context.release = "ingress";
  const InstallationStatus status = read();
  EXPECT_EQ(status.stage, Stage::other_chart);
  EXPECT_EQ(status.newest->chart, "ingress-nginx 4.7.1");
}

TEST_F(Status, SaysThatARollbackDidNotUndoTheDatabase) {
  const std::string uid = namespace_uid();
  record_deletion_of_job("1", "");
  EXPECT_EQ(state_of(read(), "flyway"), State::done);
  change::Journal(folder.path() / "backup", {.run = "1-refused",
                                             .started = "2026-11-24T11:05:30Z",
                                             .ns = kNs,
                                             .namespace_uid = uid,
                                             .rolls_back = "1"})
      .record_end(change::RunEnd::failed);
  EXPECT_EQ(state_of(read(), "flyway"), State::done) << "that rollback did nothing";
  change::Journal(
      folder.path() / "backup",
      {.run = "2", .started = "2026-11-24T11:15:30Z", .ns = kNs, .namespace_uid = uid, .rolls_back = "1"})
      .record_end(change::RunEnd::complete);
  const InstallationStatus status = read();
  EXPECT_EQ(state_of(status, "flyway"), State::unknown);
  EXPECT_THAT(std::ranges::find(status.steps, "flyway", &StepStatus::step)->detail,
              HasSubstr("run 1 of this folder has migrated the database, and a run was rolled back since"));
}

// With --stop-migrator, or of a migration that failed: it has migrated nothing to the end.
TEST_F(Status, TakesNoRollbackThatDeletedTheJobForAMigration) {
  const auto detail = [&] {
    const InstallationStatus status = read();
    return std::ranges::find(status.steps, "flyway", &StepStatus::step)->detail;
  };
  record_deletion_of_job("2", "1");
  EXPECT_EQ(state_of(read(), "flyway"), State::unknown);
  EXPECT_THAT(detail(), AllOf(HasSubstr("run 2 of this folder rolled back and deleted Job circle-migrator"),
                              HasSubstr("may be half migrated"), Not(HasSubstr("has migrated"))));
  record_deletion_of_job("3", "");
  EXPECT_EQ(state_of(read(), "flyway"), State::done);
  EXPECT_EQ(detail(), "run 3 of this folder has migrated the database");
}

TEST_F(Status, LeavesThePodOutThatItMayNotRead) {
  server.deny("* list pods");
  EXPECT_EQ(read().migrator_pod, "");
  EXPECT_EQ(read().stage, Stage::untouched);
}

TEST_F(Status, FailsWhereItCouldNotLook) {
  server.deny("* list secrets");
  EXPECT_THROW((void)read(), kube::ApiError);
}

}  // namespace

}  // namespace kots_export::migration
