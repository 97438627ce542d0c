#include <kots_export/migration/flyway.h>
#include <kots_export/util/base64.h>

#include "migration/migrator_job.h"
#include "unit/migration/migration_fixture.h"

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

apiserver::ApiServerOptions with_jane() {
  auto options = with_installation();
  options.tokens = {"jane-token=jane"};
  return options;
}

class Flyway : public MigrationTest {
 protected:
  explicit Flyway(const kube::KubeconfigOverrides& overrides = {}) : MigrationTest(with_jane(), overrides) {}

  void migrator(const std::string& behaviour) {
    server.seed("apiVersion: testing/v1\nkind: JobBehaviour\nname: circle-migrator\n" + behaviour);
  }
  void run() { run_flyway(context, plan_flyway(context, options()), options()); }
  FlywayOptions options() const {
    return {.registry = {}, .paths = {.root = folder.path()}, .timeout = timeout};
  }
  std::string log() const { return test::read_bytes(options().paths.migrator_log()); }
  bool exists(const std::string& kind, const std::string& name) {
    return server.get(kind, kNs, name).has_value();
  }

  // A Job that no journal knows.
  void put_job() {
    context.commands.again = "kots-export flyway -n ci";
    put(R"({"apiVersion": "batch/v1", "kind": "Job",
      "metadata": {"name": "circle-migrator", "namespace": "circleci-server"}, "spec": {"backoffLimit": 0,
      "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "circle-migrator", "image": "m"}]}}}})");
  }
  json job() { return server.get("Job", kNs, "circle-migrator").value(); }

  test::TemporaryFolder folder;
  std::chrono::seconds timeout{30};
};

TEST_F(Flyway, PlansAllThatItWrites) {
  const FlywayPlan plan = plan_flyway(context, options());

  EXPECT_THAT(changes_of(plan.together()),
              ElementsAre("create Secret circle-migrator-database", "create Job circle-migrator",
                          "patch Secret circle-migrator-database", "delete Secret circle-migrator-database",
                          "delete Job circle-migrator"));
  EXPECT_EQ(server.count_writes(), 0U);
}

TEST_F(Flyway, MigratesAndLeavesOnlyTheLog) {
  migrator(
      "lines: [\"to $(POSTGRESQL_HOST) as $(POSTGRESQL_USERNAME)\", "
      "\"$(DATABASE_URL)\"]\n");

  run();

  EXPECT_EQ(log(),
            "to postgresql as postgres\n"
            "jdbc:postgresql://postgresql:5432/"
            "domain?user=postgres&password=p%40ss%20w0rd%27%22%26%25%2B%23\n");
  EXPECT_FALSE(exists("Job", "circle-migrator"));
  EXPECT_FALSE(exists("Secret", "circle-migrator-database"));
  EXPECT_TRUE(server.wait_until([&] { return server.list("Pod", kNs).size() == 3U; }))
      << "the migrator's Pod goes with its Job";
  EXPECT_THAT(observer.files, Contains(Pair("migrator-log", options().paths.migrator_log().string())));
}

TEST_F(Flyway, WritesWhatWasPlannedAndNothingElse) {
  const FlywayPlan plan = plan_flyway(context, options());

  run_flyway(context, plan, options());

  const change::PlanSummary& done = context.executor.totals();
  const change::PlanSummary planned = change::summarize(plan.together());
  EXPECT_EQ(done, planned);
  EXPECT_EQ(server.count_writes(), plan.together().changes.size());
}

TEST_F(Flyway, KeepsTheSecretOfAJobOfWhichItIsNotKnownWhetherItWasMade) {
  migrator("lines: []\n");
  const FlywayPlan plan = plan_flyway(context, options());
  server.add_fault("cut-after-apply method=POST path=/jobs");
  server.add_fault("status=500 method=GET path=/jobs/circle-migrator");

  EXPECT_THROW(run_flyway(context, plan, options()), change::NotMade);

  EXPECT_EQ(context.executor.counts().unknown, 1U);
  EXPECT_TRUE(exists("Job", "circle-migrator"));
  EXPECT_TRUE(exists("Secret", "circle-migrator-database"));
}

TEST_F(Flyway, WritesAPrivateLog) {
  run();

  EXPECT_EQ(std::filesystem::status(options().paths.migrator_log()).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(Flyway, KeepsTheLogOfAnEarlierRun) {
  std::filesystem::create_directories(options().paths.logs());
  test::write_bytes(options().paths.migrator_log(), "the log of a run that failed\n");

  run();

  EXPECT_EQ(test::read_bytes(folder / "logs/circle-migrator.log.1"), "the log of a run that failed\n");
}

TEST_F(Flyway, NeverTellsAnybodyToDeleteAMigrationThatRuns) {
  migrator("outcome: never-finish\n");
  put_job();
  ASSERT_TRUE(server.wait_until([&] { return job()["status"].contains("startTime"); }));
  server.clear_requests();

  EXPECT_THAT(
      problem([&] { (void)plan_flyway(context, options()); }),
      AllOf(HasSubstr("is migrating the database of namespace circleci-server already"),
            HasSubstr("no journal in this folder knows the run that made it"),
            ContainsRegex("running since 20.*Z \\(started [0-9]+ s ago\\)"), HasSubstr("Do not delete it"),
            HasSubstr("run the same command again: `kots-export flyway -n ci`"),
            Not(HasSubstr("kubectl -n circleci-server delete"))));
  EXPECT_EQ(server.count_writes(), 0U);
}

TEST_F(Flyway, SaysWhoIsAtWorkOnTheMigrationThatRuns) {
  migrator("outcome: never-finish\n");
  put_job();
  put(R"({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": {"holderIdentity": "jo@laptop/4711"},
    "metadata": {"name": "kots-export", "namespace": "circleci-server"}})");

  EXPECT_THAT(problem([&] { (void)plan_flyway(context, options()); }),
              HasSubstr("jo@laptop/4711 holds the lock on this namespace"));
}

TEST_F(Flyway, TellsHowToStartAgainAfterAMigrationThatFailed) {
  migrator("outcome: fail\nexitCode: 3\n");
  put_job();
  ASSERT_TRUE(server.wait_until([&] { return running_migrator(context, options().paths) == std::nullopt; }));

  EXPECT_THAT(problem([&] { (void)plan_flyway(context, options()); }),
              AllOf(HasSubstr("a database migration that failed"), HasSubstr("BackoffLimitExceeded"),
                    HasSubstr("kubectl -n circleci-server describe job circle-migrator"),
                    HasSubstr("kubectl -n circleci-server delete job circle-migrator"),
                    HasSubstr("run the same command again: `kots-export flyway -n ci`")));
}

TEST_F(Flyway, GoesOnWhereTheMigrationIsComplete) {
  put_job();
  ASSERT_TRUE(server.wait_until([&] { return running_migrator(context, options().paths) == std::nullopt; }));

  const FlywayPlan plan = plan_flyway(context, options());
  EXPECT_TRUE(plan.start.empty());
  EXPECT_THAT(changes_of(plan.clean_up), ElementsAre("delete Job circle-migrator"));
  run_flyway(context, plan, options());

  EXPECT_FALSE(exists("Job", "circle-migrator"));
}

TEST_F(Flyway, UsesASecretThatACutOffRunHasLeft) {
  put(R"({"apiVersion": "v1", "kind": "Secret", "data": {"DATABASE_URL": "b2xk"},
    "metadata": {"name": "circle-migrator-database", "namespace": "circleci-server"}})");

  EXPECT_THAT(changes_of(plan_flyway(context, options()).start),
              ElementsAre("patch Secret circle-migrator-database", "create Job circle-migrator",
                          "patch Secret circle-migrator-database"));
  run();
  EXPECT_FALSE(exists("Secret", "circle-migrator-database"));
}

TEST_F(Flyway, KeepsJobSecretAndLogOfAMigrationThatFailed) {
  migrator("lines: [\"ERROR: relation is locked\"]\noutcome: fail\nexitCode: 3\n");

  EXPECT_THAT(problem([&] { run(); }),
              AllOf(HasSubstr("the database migration failed"), HasSubstr("BackoffLimitExceeded"),
                    HasSubstr(options().paths.migrator_log().string()),
                    HasSubstr("delete job circle-migrator"), Not(HasSubstr("w0rd"))));
  EXPECT_EQ(log(), "ERROR: relation is locked\n");
  EXPECT_TRUE(exists("Job", "circle-migrator"));
  EXPECT_TRUE(exists("Secret", "circle-migrator-database"));
}

TEST_F(Flyway, LetsTheSecretGoWithAJobThatIsDeletedByHand) {
  migrator("lines: []\noutcome: fail\nexitCode: 3\n");
  EXPECT_NE(problem([&] { run(); }), "");

  server.remove("Job", kNs, "circle-migrator");

  EXPECT_TRUE(server.wait_until([&] { return !exists("Secret", "circle-migrator-database"); }));
}

TEST_F(Flyway, SaysWithinSecondsThatTheImageCannotBePulled) {
  migrator("outcome: image-pull-error\n");
  const auto start = std::chrono::steady_clock::now();

  EXPECT_THAT(problem([&] { run(); }), AllOf(HasSubstr("cannot start"), HasSubstr("ImagePullBackOff"),
                                             HasSubstr("regcred"), HasSubstr("`kots-export check flyway`")));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

// Its Job is kept and counts as running: rollback would be refused.
TEST_F(Flyway, NamesNoWayBackWhereItCannotStart) {
  for (const char* outcome : {"image-pull-error", "create-container-config-error"}) {
    SCOPED_TRACE(outcome);
    migrator("outcome: " + std::string(outcome) + "\n");
    try {
      run();
      ADD_FAILURE() << "it cannot start";
    } catch (const Error& error) {
      EXPECT_FALSE(error.leaves_way_back()) << error.hint();
      EXPECT_THAT(error.hint(), HasSubstr("Once it is deleted, the run can be rolled back too."));
    }
    EXPECT_TRUE(obstacle_to_rollback(context, options().paths));
    server.remove("Job", kNs, "circle-migrator");
    ASSERT_TRUE(server.wait_until([&] { return !exists("Job", "circle-migrator"); }));
    ASSERT_TRUE(server.wait_until([&] { return !exists("Secret", "circle-migrator-database"); }));
  }
}

TEST_F(Flyway, SaysThatTheContainerCannotBeConfigured) {
  migrator("outcome: create-container-config-error\n");

  EXPECT_THAT(problem([&] { run(); }),
              AllOf(HasSubstr("cannot start"), HasSubstr("CreateContainerConfigError")));
}

TEST_F(Flyway, SaysThatNoNodeTakesThePodAndWaits) {
  migrator("outcome: unschedulable\n");
  timeout = std::chrono::seconds(2);

  EXPECT_THAT(problem([&] { run(); }), AllOf(HasSubstr("did not end within 2 s"), HasSubstr("--timeout")));
  EXPECT_NE(observer.find("flyway.unschedulable"), nullptr);
}

TEST_F(Flyway, KeepsTheLogSoFarWhereItTakesTooLong) {
  migrator("lines: [\"migrating\"]\noutcome: never-finish\n");
  timeout = std::chrono::seconds(2);

  EXPECT_THAT(problem([&] { run(); }),
              AllOf(HasSubstr("did not end within 2 s"), HasSubstr("Do not delete it"),
                    HasSubstr("run the same command again"), Not(HasSubstr("delete job"))));
  EXPECT_EQ(log(), "migrating\n");
  EXPECT_TRUE(exists("Job", "circle-migrator"));
}

TEST_F(Flyway, StopsOnCtrlCAndLeavesTheMigrationRunning) {
  migrator("lines: [\"migrating\"]\noutcome: never-finish\n");
  const FlywayPlan plan = plan_flyway(context, options());
  std::thread finger([&] {
    (void)server.wait_until([&] { return server.count_requests("GET", "/log?follow") > 0; });
    interrupted = true;
  });

  EXPECT_THROW(run_flyway(context, plan, options()), Interrupted);
  finger.join();

  EXPECT_TRUE(exists("Job", "circle-migrator"));
}

TEST_F(Flyway, SurvivesAConnectionThatIsCutWhileItFollows) {
  migrator("delay: 300\nlines: [\"one\", \"two\", \"three\"]\n");
  server.add_fault("cut times=2 path=/log?follow");
  server.add_fault("cut times=1 path=/jobs?watch");
  server.add_fault("status=503 times=2 after=1 path=/jobs?watch");

  run();

  EXPECT_EQ(log(), "one\ntwo\nthree\n");
}

TEST_F(Flyway, InADryRunCreatesNothing) {
  change::Executor dry(connection.client, observer, {.dry_run = kube::DryRun::server});
  Context dry_context{.client = connection.client,
                      .executor = dry,
                      .observer = observer,
                      .ns = {kNs},
                      .release = "circleci-server"};

  run_flyway(dry_context, plan_flyway(dry_context, options()), options());

  EXPECT_EQ(server.count_writes(), 0U);
  EXPECT_EQ(server.count_requests("POST", "dryRun=All"), 2U);
  EXPECT_EQ(dry.counts().not_tried, 3U) << "what needs the Secret and the Job that nobody made";
  EXPECT_EQ(dry.totals(), change::summarize(plan_flyway(dry_context, options()).together()));
  EXPECT_FALSE(std::filesystem::exists(options().paths.logs()));
}

class FlywayAsJane : public Flyway {
 protected:
  FlywayAsJane() : Flyway({.token = Secret<std::string>("jane-token")}) {}
};

TEST_F(FlywayAsJane, LeavesNoPasswordBehindWhereTheJobMayNotBeCreated) {
  server.deny("jane create jobs");

  EXPECT_THAT(problem([&] { run(); }), HasSubstr("create Job circle-migrator"));
  EXPECT_FALSE(exists("Secret", "circle-migrator-database"));
}

TEST_F(FlywayAsJane, GoesOnWithoutTheLogWhereItMayNotBeRead) {
  server.deny("jane * pods/log");

  run();

  EXPECT_EQ(log(), "");
  EXPECT_THAT(observer.argument("flyway.log-unreadable", "why"), HasSubstr("forbidden"));
}

}  // namespace

}  // namespace kots_export::migration
