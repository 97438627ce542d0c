#include "cli/installation.h"

#include <regex>

#include <gmock/gmock.h>

// Looking before: plan and both dry runs, as text.
namespace kots_export::test {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kSummary = "[0-9]+ to patch, [0-9]+ to delete, [0-9]+ to create, [0-9]+ unchanged\n";

std::vector<std::string> plan(std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"plan", "--license", "4x-license"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// Two plans differ in when they were made.
std::string without_time(const std::string& out) {
  return std::regex_replace(out, std::regex("planned: [0-9TZ:.-]+"), "planned: TIME");
}

TEST(Plan, OfTheWholeMigrationShowsEveryChangeAndSendsNone) {
  Installation installation;
  const json before = installation.snapshot();

  const Finished run = installation.run(plan());

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out,
              AllOf(HasSubstr("~ patch Deployment frontend\n"), HasSubstr("- delete Deployment kotsadm"),
                    HasSubstr("! +- create and delete Job circle-migrator"),
                    HasSubstr("- delete StatefulSet postgresql"),
                    HasSubstr("annotation meta.helm.sh/release-name: (none) -> circleci-server\n"),
                    HasSubstr("label kots.io/backup: velero -> (removed)\n")));
  EXPECT_THAT(run.out, ContainsRegex(std::string("\n") + kSummary));
  EXPECT_THAT(run.out, EndsWith("(dry run: nothing was changed)\n"));
  EXPECT_EQ(installation.server.count_writes(), 0U);
  EXPECT_EQ(installation.snapshot(), before);
  EXPECT_TRUE(files_below(installation.folder).empty());
}

TEST(Plan, IsTheDryRunOfTheCommand) {
  Installation installation;

  EXPECT_EQ(without_time(installation.run({"plan", "annotate"}).out),
            without_time(installation.run({"annotate", "--dry-run=client"}).out));
}

TEST(Plan, OfOneStepShowsThatStepAlone) {
  Installation installation;

  const Finished run = installation.run({"plan", "postgres"});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, ContainsRegex("- delete StatefulSet postgresql  .postgres: "));
  EXPECT_THAT(run.out, Not(HasSubstr("(flyway: ")));
  EXPECT_THAT(run.out, HasSubstr("0 to patch, 2 to delete, 0 to create, 0 unchanged\n"));
}

TEST(Plan, BeginsWithWhereAndWhatAndWhenOnTheSameStream) {
  const Installation installation;
  const std::string header =
      "cluster: https://127.0.0.1:[0-9]+, context: test, user: admin\n"
      "namespace: circleci-server, release: circleci-server\n"
      "chart: [0-9.]+ -> 4.0.1\n"
      "planned: 20[0-9TZ:-]+ by kots-export [0-9.]+\n";

  EXPECT_THAT(installation.run(plan()).out, ContainsRegex(header + "what it does to Pods, data and time:\n"));
  EXPECT_THAT(installation.run({"annotate", "--dry-run=server"}).out,
              ContainsRegex(header + "what it does to Pods, data and time:\n"));
}

TEST(Plan, ShowsManyEqualPatchesInALineAndEachObjectInFull) {
  Installation installation;
  std::string seed;
  for (int i = 0; i < 150; ++i) {
    seed += "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c-" + std::to_string(i) +
            ", namespace: circleci-server}\n";
  }
  installation.server.seed(seed);

  const Finished run = installation.run({"plan", "annotate"});
  const Finished full = installation.run({"plan", "annotate", "--full"});

  EXPECT_THAT(run.out, ContainsRegex("~ patch 15[0-9] ConfigMaps: set annotation meta.helm.sh"));
  EXPECT_THAT(run.out, Not(HasSubstr("ConfigMap c-0")));
  EXPECT_THAT(full.out, HasSubstr("~ patch ConfigMap c-9\n  ~ patch ConfigMap c-10\n"));
  EXPECT_THAT(full.out, HasSubstr("~ patch ConfigMap c-149\n"));
}

TEST(Plan, SaysWhatItDoesToPodsDataAndTime) {
  const Installation installation;

  const std::string out = installation.run(plan({"--timeout", "1800"})).out;

  EXPECT_THAT(out,
              ContainsRegex(
                  "\nwhat it does to Pods, data and time:\n"
                  "  Pods: deleted with [^\n]*Deployment kotsadm[^\n]*\n"
                  "  Pods: those of StatefulSet postgresql go on running without it; [^\n]*\n"
                  "  Pods: one of Job circle-migrator runs, [^\n]*\n"
                  "  Pods: all others go on running; new labels and annotations restart none\n"
                  "  data: [^\n]*\n"
                  "! data: the database migration changes PostgreSQL's schema and cannot be undone: [^\n]*\n"
                  "  time: the run waits for the database migration, 30 min at most .--timeout.\n"
                  "  time: the run waits until [^\n]*\n"
                  "  time: CircleCI's own Pods run on until helm upgrade; [^\n]*\n"
                  "values, from 3.x to 4.x:\n"));
  EXPECT_THAT(installation.run({"plan", "annotate"}).out,
              AllOf(HasSubstr("  Pods: all go on running; new labels and annotations restart none\n"),
                    Not(HasSubstr("  time: ")), Not(HasSubstr("! data"))));
}

TEST(Plan, IsShownWithoutTheDatabaseMigrationWhereACheckForbidsThatAndIsNotSaved) {
  Installation installation;
  ASSERT_TRUE(installation.server.remove("Pod", kNamespace, "frontend-7d9c5b8f6d-x2x7k"));

  for (const char* const mode : {"--dry-run=client", "--dry-run=server"}) {
    const Finished run = installation.run(plan({"--out", "p", mode}));

    EXPECT_EQ(run.exit_code, 4) << run.err;
    EXPECT_THAT(run.out,
                AllOf(HasSubstr("- delete Deployment kotsadm"), HasSubstr("- delete StatefulSet postgresql"),
                      Not(HasSubstr("circle-migrator"))));
    EXPECT_THAT(run.err, AllOf(HasSubstr("the database migration is not planned"),
                               HasSubstr("p was not written"), HasSubstr("check database failed")));
    EXPECT_FALSE(std::filesystem::exists(installation.folder / "p"));
  }
}

TEST(Plan, SaysThatAMigrationThatRunsIsFollowed) {
  Installation installation;
  installation.server.seed(
      "apiVersion: testing/v1\nkind: JobBehaviour\nname: circle-migrator\noutcome: never-finish\n");
  ASSERT_EQ(installation.run({"flyway", "--yes", "--timeout", "1"}).exit_code, 1);

  const Finished run = installation.run(plan());

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(
      run.out,
      AllOf(HasSubstr("one of Job circle-migrator runs already: it is followed to its end, then deleted"),
            HasSubstr("cannot be undone"), HasSubstr("! - delete Job circle-migrator"),
            HasSubstr("once it has migrated the database"),
            HasSubstr("waits for the database migration, 10 min at most"),
            Not(HasSubstr("deleted with Job circle-migrator"))));
}

TEST(Plan, MasksEverySecret) {
  Installation installation;

  const Finished run = installation.run(plan({"--verbose"}));

  ASSERT_THAT(run.out, HasSubstr("data.passwordBcrypt: ***")) << "verbose shows what is deleted";
  for (const char* secret : {"p@ss w0rd", "cEBzcyB3MHJk", "registry-pass", "session-key", "c2Vzc2lvbi1rZXk",
                             "4x-license", "madeupmadeup", "p%40ss", "bGljZW5zZTpsaWNlbnNl"}) {
    SCOPED_TRACE(secret);
    EXPECT_THAT(run.out + run.err, Not(HasSubstr(secret)));
  }
}

TEST(Plan, HasNoColourWhereNoTerminalIs) {
  Installation installation;

  const Finished run = installation.run(plan());

  EXPECT_THAT(run.out + run.err, Not(HasSubstr("\x1b")));
}

TEST(Plan, WithDetailedExitcodeEndsWithThreeUntilNothingIsToDo) {
  Installation installation;
  const std::vector<std::string> annotate = {"plan", "annotate", "--detailed-exitcode"};

  EXPECT_EQ(installation.run(annotate).exit_code, 3);
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  EXPECT_EQ(installation.run(annotate).exit_code, 0);
}

TEST(Plan, OfSomethingElseIsWrongUsage) {
  Installation installation;

  const Finished run = installation.run({"plan", "secret"});

  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, AllOf(HasSubstr("secret"), HasSubstr("--dry-run=client")));
}

TEST(Plan, OfKotsCleanupIsUnderstoodByTheScriptsNameToo) {
  Installation installation;

  EXPECT_EQ(without_time(installation.run({"plan", "cleanup_kots"}).out),
            without_time(installation.run({"plan", "kots_cleanup"}).out));
}

// --- The server's dry run ---

TEST(ServerDryRun, ThatIsAcceptedEndsWithZero) {
  Installation installation;
  const json before = installation.snapshot();

  const Finished run = installation.run(plan({"--dry-run=server"}));

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out + run.err, Not(HasSubstr("refused")));
  EXPECT_THAT(run.out, ::testing::ContainsRegex(
                           "\\(the server takes ([0-9]+) of [0-9]+.*; dry run: nothing was changed\\)"));
  EXPECT_EQ(installation.server.count_writes(), 0U);
  EXPECT_EQ(installation.snapshot(), before);
}

TEST(ServerDryRun, ShowsEveryRefusalAndTriesTheRest) {
  apiserver::ApiServerOptions options;
  options.tokens = {"jane-token=jane"};
  options.deny = {"jane patch deployments/frontend", "jane delete secrets/kotsadm-sessions",
                  "jane create jobs"};
  Installation installation(options);
  const json before = installation.snapshot();

  const Finished run =
      installation.run(plan({"--dry-run=server", "--detailed-exitcode", "--token", "jane-token"}));

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.out, AllOf(HasSubstr("refused patch Deployment frontend: "),
                             HasSubstr("refused delete Secret kotsadm-sessions: "),
                             HasSubstr("refused create Job circle-migrator: ")));
  EXPECT_THAT(run.out, ContainsRegex(kSummary));
  EXPECT_THAT(run.err, HasSubstr("error: the server refuses 3 of these changes"));
  EXPECT_EQ(installation.server.count_writes(), 0U);
  EXPECT_EQ(installation.snapshot(), before);
}

TEST(ServerDryRun, OfASecretIsSentToo) {
  Installation installation;

  const Finished run = installation.run({"secret", "--docker-username", "u", "--docker-password", "hunter2",
                                         "--force", "--dry-run=server", "--detailed-exitcode"});

  EXPECT_EQ(run.exit_code, 3) << run.err;
  EXPECT_EQ(installation.server.count_requests("PATCH", "/secrets/regcred"), 1U);
  EXPECT_EQ(installation.server.count_writes(), 0U);
  EXPECT_THAT(run.out, HasSubstr("data[.dockerconfigjson]: *** -> ***"));
}

}  // namespace

}  // namespace kots_export::test
