#include "cli/installation.h"
#include "unit/support/pseudo_terminal.h"

#include <gmock/gmock.h>
#include <unistd.h>

// kots-export on a terminal: what it asks, and what it does with the answers.
namespace kots_export::test {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kQuestion = "[y/N/d = details] ";

class OnATerminal : public ::testing::Test {
 protected:
  // Starts kots-export with a person before it.
  PseudoTerminal start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), KOTS_EXPORT_PROGRAM);
    return execute(std::move(arguments));
  }

  // Runs a line of a shell; $KOTS_EXPORT is the program.
  PseudoTerminal start_line(const std::string& line) { return execute({"/bin/sh", "-c", line}); }

  // The question asks for a backup, unless one is confirmed.
  void expect_question_of_backup(const std::vector<std::string>& command) {
    for (const bool confirmed : {false, true}) {
      SCOPED_TRACE(confirmed);
      std::vector<std::string> arguments = command;
      if (confirmed) arguments.emplace_back("--backup-confirmed");
      PseudoTerminal terminal = start(arguments);
      terminal.expect(kQuestion);
      EXPECT_EQ(terminal.screen().find("No backup was found: is there one?") == std::string::npos, confirmed);
      terminal.type("n\n");
      EXPECT_EQ(terminal.finish(), 1);
    }
  }

  Installation installation_;

 private:
  PseudoTerminal execute(std::vector<std::string> arguments) {
    return PseudoTerminal([arguments, folder = installation_.folder.string(),
                           environment = installation_.environment()]() mutable {
      std::vector<std::string> variables = {"PATH=/usr/bin:/bin", "TERM=dumb", "HOME=" + folder,
                                            "KOTS_EXPORT=" KOTS_EXPORT_PROGRAM};
      for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
      std::vector<char*> argv;
      for (auto& argument : arguments) argv.push_back(argument.data());
      argv.push_back(nullptr);
      std::vector<char*> envp;
      for (auto& variable : variables) envp.push_back(variable.data());
      envp.push_back(nullptr);
      if (::chdir(folder.c_str()) != 0) return 126;
      ::execve(argv[0], argv.data(), envp.data());
      return 127;
    });
  }
};

const std::vector<std::string> kMigration = {"-n", kNamespace, "-a", "circleci-server", "-l", "4x-license"};

TEST_F(OnATerminal, AsksForWhatIsMissingWithItsDefault) {
  PseudoTerminal terminal = start({"--dry-run=client"});
  terminal.expect("Helm release of the installation [circleci-server]: ");
  terminal.type("\n");
  terminal.expect("Namespace of the installation [circleci-server]: ");
  terminal.type("\n");
  terminal.expect("License of Server 4.x: ");
  while (terminal.echoes()) ::usleep(1000);
  terminal.type("4x-license\n");
  terminal.expect("dry run: nothing was changed");

  EXPECT_EQ(terminal.finish(), 0);
  EXPECT_THAT(terminal.screen(), Not(HasSubstr("4x-license")));
}

// More writes than are in flight at once are still to come when it goes.
TEST_F(OnATerminal, ThatIsClosedEndsNoRun) {
  installation_.server.seed(
      "{apiVersion: testing/v1, kind: Repeat, count: 100, object: {apiVersion: v1, kind: ConfigMap, "
      "metadata: "
      "{name: \"more-%d\", namespace: circleci-server, annotations: {kots.io/app-slug: circleci}}}}");
  installation_.server.add_fault("method=PATCH delay=100");
  PseudoTerminal terminal = start({"annotate", "--yes"});
  EXPECT_TRUE(
      installation_.server.wait_until([&] { return installation_.server.count_requests("PATCH") > 0; }));
  terminal.hang_up();

  EXPECT_LE(terminal.finish(), 1) << "1: what it says at its end reaches nobody";
  const Finished runs = installation_.run({"runs", "-o", "json"});
  EXPECT_EQ(nlohmann::json::parse(runs.out)["runs"][0]["state"], "complete");
  EXPECT_EQ(nlohmann::json::parse(runs.out)["runs"][0]["changes"]["notSent"], 0);
}

TEST_F(OnATerminal, AsksForABackupWhereNoneWasFound) {
  expect_question_of_backup({"-n", kNamespace, "-a", "circleci-server", "-l", "4x-license"});
}

TEST_F(OnATerminal, AsksForABackupBeforeItAppliesAPlan) {
  ASSERT_EQ(installation_.run({"plan", "--license", "4x-license", "--out", "p"}).exit_code, 0);
  expect_question_of_backup({"apply", "p"});
}

TEST_F(OnATerminal, AsksForNothingThatHasADefaultOnceANameIsGiven) {
  const std::vector<std::vector<std::string>> commands = {
      {"-n", kNamespace, "--dry-run=client", "-l", "l"},
      {"-a", "circleci-server", "--dry-run=client", "-l", "l"},
      {"plan", "annotate"},
      {"run", "--dry-run=client", "-l", "l"},
      {"export", "-"}};
  for (const auto& command : commands) {
    SCOPED_TRACE(::testing::PrintToString(command));
    PseudoTerminal terminal = start(command);
    EXPECT_EQ(terminal.finish(), 0) << terminal.screen();
    EXPECT_THAT(terminal.screen(), Not(HasSubstr("of the installation [")));
  }
}

TEST_F(OnATerminal, AsksForNoLicenseWithYesOrForADocument) {
  for (const char* flag : {"--yes", "--no-input", "-ojson", "-oyaml"}) {
    SCOPED_TRACE(flag);
    PseudoTerminal terminal = start({flag});
    EXPECT_EQ(terminal.finish(), 2) << terminal.screen();
    EXPECT_THAT(terminal.screen(), AllOf(HasSubstr("the license of Server 4.x is missing"),
                                         Not(HasSubstr("License of Server 4.x: ")), Not(HasSubstr("]: "))));
  }
}

TEST_F(OnATerminal, ShowsWhatItChangesAndAsksBeforeIt) {
  PseudoTerminal terminal = start(kMigration);
  terminal.expect("release: circleci-server\r\nchart: 3.4.4 -> 4.0.1\r\nplanned: ");
  terminal.expect("  - delete Deployment kotsadm\r\n");
  terminal.expect("! +- create and delete Job circle-migrator\r\n");
  terminal.expect("  ~ patch ");
  terminal.expect(
      "Change namespace circleci-server on context test? The database migration cannot be undone. No backup "
      "was found: is there one? "
      "[y/N/d = details] ");
  EXPECT_EQ(installation_.server.count_writes(), 0U);
  terminal.type("d\n");
  terminal.expect("annotation meta.helm.sh/release-name: (none) -> circleci-server");
  terminal.expect(kQuestion);
  terminal.type("n\n");
  terminal.expect("\r\nCancelled; nothing was changed.\r\n");

  EXPECT_EQ(terminal.finish(), 1);
  EXPECT_THAT(terminal.screen(), Not(HasSubstr("error:")));
  EXPECT_EQ(installation_.server.count_writes(), 0U);
  EXPECT_TRUE(std::filesystem::is_empty(installation_.folder));
}

TEST_F(OnATerminal, SaysNothingOfADatabaseThatIsNotMigrated) {
  PseudoTerminal terminal = start({"annotate"});
  terminal.expect("Change namespace circleci-server on context test? [y/N/d = details] ");
  terminal.type("\x04");
  terminal.expect("\r\nCancelled; nothing was changed.");

  EXPECT_EQ(terminal.finish(), 1);
}

TEST_F(OnATerminal, NamesTheServerWhereThatIsNotTheContexts) {
  PseudoTerminal terminal = start({"annotate", "--server", installation_.server.url()});
  terminal.expect("Change namespace circleci-server on " + installation_.server.url() + "? [");
}

TEST_F(OnATerminal, MigratesAfterOneYes) {
  PseudoTerminal terminal = start(kMigration);
  terminal.expect(kQuestion);
  terminal.type("YES\n");
  terminal.expect("circle-migrator | ");
  terminal.expect("Next steps");

  EXPECT_EQ(terminal.finish(), 0) << terminal.screen();
  EXPECT_TRUE(std::filesystem::exists(installation_.folder / "output/helm-values.yaml"));
}

TEST_F(OnATerminal, LeavesWhatWasThereBeforeANo) {
  std::filesystem::create_directories(installation_.folder / "logs");
  write(installation_.folder / "logs/other.log", "kept");
  PseudoTerminal terminal = start(kMigration);
  terminal.expect(kQuestion);
  terminal.type("n\n");

  EXPECT_EQ(terminal.finish(), 1);
  EXPECT_EQ(files_below(installation_.folder),
            (std::map<std::string, std::string>{{"logs/other.log", "kept"}}));
}

TEST_F(OnATerminal, AsksAlsoWhereAStreamIsRedirected) {
  for (const char* line : {"echo y | $KOTS_EXPORT annotate", "$KOTS_EXPORT annotate 2>&1 | cat",
                           "$KOTS_EXPORT annotate </dev/null 2>err.log"}) {
    SCOPED_TRACE(line);
    PseudoTerminal terminal = start_line(line);
    terminal.expect("  ~ patch ");
    terminal.expect(kQuestion);
    terminal.type("n\n");
    terminal.finish();

    EXPECT_EQ(installation_.server.count_writes(), 0U);
  }
}

TEST_F(OnATerminal, RollbackAndSecretAndApplyAskTheSameQuestion) {
  ASSERT_EQ(installation_.run({"plan", "annotate", "--out", "p"}).exit_code, 0);
  ASSERT_EQ(installation_.run({"kots_cleanup", "--yes"}).exit_code, 0);
  installation_.server.remove("Secret", kNamespace, "regcred");
  const auto writes = installation_.server.count_writes();
  const std::vector<std::vector<std::string>> commands = {
      {"rollback"}, {"secret", "--docker-username", "u", "--docker-password", "p"}};
  for (const auto& command : commands) {
    SCOPED_TRACE(command.front());
    PseudoTerminal terminal = start(command);
    terminal.expect(kQuestion);
    terminal.type("n\n");
    terminal.expect("Cancelled; nothing was changed.");
    EXPECT_EQ(terminal.finish(), 1);
  }
  EXPECT_EQ(installation_.server.count_writes(), writes);
}

// While its question waits for an answer, others are at work.
TEST_F(OnATerminal, RollbackIsNotCarriedOutWhereTheRunWasRolledBackSince) {
  ASSERT_EQ(installation_.run({"annotate", "--yes"}).exit_code, 0);
  PseudoTerminal terminal = start({"rollback", "--settle-time=0"});
  terminal.expect(kQuestion);
  ASSERT_EQ(installation_.run({"rollback", "--yes", "--settle-time=0"}).exit_code, 0);
  ASSERT_EQ(installation_.run({"annotate", "--yes"}).exit_code, 0);
  const auto before = installation_.snapshot();
  terminal.type("y\n");
  terminal.expect("was rolled back since this was planned: nothing was changed");

  EXPECT_EQ(terminal.finish(), 1);
  EXPECT_EQ(installation_.snapshot(), before);
}

constexpr const char* kUpgraded = R"({"apiVersion": "testing/v1", "kind": "HelmRelease",
    "name": "circleci-server", "namespace": "circleci-server", "revision": 2, "status": "pending-upgrade",
    "chartName": "circleci-server", "chartVersion": "4.0.1", "config": {}, "manifest": ""})";

TEST_F(OnATerminal, NothingIsCarriedOutWhereHelmWasAtWorkSince) {
  ASSERT_EQ(installation_.run({"annotate", "--yes"}).exit_code, 0);
  const std::vector<std::vector<std::string>> commands = {
      kMigration, {"postgres"}, {"rollback", "--settle-time=0"}};
  for (const auto& command : commands) {
    SCOPED_TRACE(command.front());
    PseudoTerminal terminal = start(command);
    terminal.expect(kQuestion);
    installation_.server.seed(kUpgraded);
    const auto before = installation_.snapshot();
    terminal.type("y\n");
    terminal.expect("Helm has changed release circleci-server since this was planned: nothing was changed");

    EXPECT_EQ(terminal.finish(), 1);
    EXPECT_EQ(installation_.snapshot(), before);
    ASSERT_TRUE(installation_.server.remove("Secret", kNamespace, "sh.helm.release.v1.circleci-server.v2"));
  }
}

TEST_F(OnATerminal, RollbackIsNotCarriedOutWhereAMigrationWasStartedSince) {
  installation_.server.seed(
      "apiVersion: testing/v1\nkind: JobBehaviour\nname: circle-migrator\noutcome: never-finish\n");
  ASSERT_EQ(installation_.run({"annotate", "--yes"}).exit_code, 0);
  PseudoTerminal terminal = start({"rollback", "--settle-time=0"});
  terminal.expect(kQuestion);
  ASSERT_EQ(installation_.run({"flyway", "--yes", "--timeout", "1"}).exit_code, 1);
  const auto before = installation_.snapshot();
  terminal.type("y\n");
  terminal.expect("the database migration is running");

  EXPECT_EQ(terminal.finish(), 4);
  EXPECT_EQ(installation_.snapshot(), before);
}

TEST_F(OnATerminal, ApplyAsksToo) {
  ASSERT_EQ(installation_.run({"plan", "annotate", "--out", "p"}).exit_code, 0);
  PseudoTerminal terminal = start({"apply", "p"});
  terminal.expect(kQuestion);
  terminal.type("n\n");

  EXPECT_EQ(terminal.finish(), 1);
  EXPECT_EQ(installation_.server.count_writes(), 0U);
}

TEST_F(OnATerminal, AsksNothingWithYes) {
  PseudoTerminal terminal = start({"kots_cleanup", "--yes"});

  EXPECT_EQ(terminal.finish(), 0) << terminal.screen();
  EXPECT_THAT(terminal.screen(), Not(HasSubstr(kQuestion)));
}

TEST_F(OnATerminal, IsNobodyToAskWithNoInputOrInCI) {
  for (const char* line : {"$KOTS_EXPORT annotate --no-input", "CI=true $KOTS_EXPORT annotate",
                           "CI=1 $KOTS_EXPORT annotate", "$KOTS_EXPORT annotate -o json"}) {
    SCOPED_TRACE(line);
    PseudoTerminal terminal = start_line(line);
    EXPECT_EQ(terminal.finish(), 2);
    EXPECT_THAT(terminal.screen(), HasSubstr("changes need a confirmation, and nobody can be asked"));
  }
  for (const char* line :
       {"CI= $KOTS_EXPORT annotate", "CI=false $KOTS_EXPORT annotate", "CI=0 $KOTS_EXPORT annotate"}) {
    SCOPED_TRACE(line);
    PseudoTerminal terminal = start_line(line);
    terminal.expect(kQuestion);
  }
  EXPECT_EQ(installation_.server.count_writes(), 0U);
}

TEST_F(OnATerminal, TakesTheRegistrysPasswordWithoutShowingIt) {
  installation_.server.remove("Secret", kNamespace, "regcred");
  PseudoTerminal terminal = start({"secret", "-n", kNamespace, "--docker-username", "user"});
  terminal.expect("Password of the image registry: ");
  while (terminal.echoes()) ::usleep(1000);
  terminal.type("hunter2\n");
  terminal.expect(kQuestion);
  terminal.type("y\n");

  EXPECT_EQ(terminal.finish(), 0) << terminal.screen();
  EXPECT_THAT(terminal.screen(), Not(HasSubstr("hunter2")));
  EXPECT_TRUE(installation_.server.get("Secret", kNamespace, "regcred"));
}

TEST_F(OnATerminal, CtrlCAtAQuestionChangesNothing) {
  PseudoTerminal terminal = start({"-n", kNamespace, "-a", "circleci-server", "-l", "4x-license"});
  terminal.expect(kQuestion);
  terminal.type("\x03");
  terminal.expect("\r\nerror: ");

  EXPECT_EQ(terminal.finish(), 130) << terminal.screen();
  EXPECT_EQ(installation_.server.count_writes(), 0U);
  EXPECT_TRUE(std::filesystem::is_empty(installation_.folder));
}

TEST_F(OnATerminal, CtrlCWhileTheDatabaseIsMigratedSaysWhatGoesOn) {
  installation_.server.seed(
      "apiVersion: testing/v1\nkind: JobBehaviour\nname: circle-migrator\nlines: [migrating]\noutcome: "
      "never-finish\n");
  PseudoTerminal terminal = start({"flyway", "--yes"});
  terminal.expect("migrating");
  terminal.type("\x03");

  EXPECT_EQ(terminal.finish(), 130) << terminal.screen();
  EXPECT_THAT(terminal.screen(), AllOf(HasSubstr("stopped waiting for Job circle-migrator"),
                                       HasSubstr("run the same command again: `kots-export flyway -y`")));
  EXPECT_TRUE(installation_.server.get("Job", kNamespace, "circle-migrator"));
}

}  // namespace

}  // namespace kots_export::test
