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

class OnATerminal : public ::testing::Test {
 protected:
  // Starts kots-export with a person before it.
  PseudoTerminal start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), KOTS_EXPORT_PROGRAM);
    return PseudoTerminal([arguments, folder = installation_.folder.string(),
                           kubeconfig = installation_.server.kubeconfig_path().string()]() mutable {
      std::vector<std::string> variables = {"PATH=/usr/bin:/bin", "TERM=xterm", "HOME=" + folder,
                                            "KUBECONFIG=" + kubeconfig};
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

  Installation installation_;
};

TEST_F(OnATerminal, AsksForWhatIsMissingWithItsDefault) {
  PseudoTerminal terminal = start({"--dry-run=client"});
  terminal.expect("Helm release of the installation [circleci-server]: ");
  terminal.type("\n");
  terminal.expect("Namespace of the installation [circleci-server]: ");
  terminal.type("\n");
  terminal.expect("Licence of Server 4.x: ");
  terminal.type("4x-licence\n");
  terminal.expect("dry run: nothing was changed");

  EXPECT_EQ(terminal.finish(), 0);
}

TEST_F(OnATerminal, AsksBeforeItChangesAnything) {
  PseudoTerminal terminal = start({"-n", kNamespace, "-a", "circleci-server", "-l", "4x-licence"});
  terminal.expect("to patch");
  terminal.expect("Change namespace circleci-server on https://127.0.0.1:");
  EXPECT_EQ(installation_.server.count_writes(), 0U);
  terminal.type("n\n");
  terminal.expect("nothing was changed");

  EXPECT_EQ(terminal.finish(), 1);
  EXPECT_EQ(installation_.server.count_writes(), 0U);
  EXPECT_FALSE(std::filesystem::exists(installation_.folder / "output/helm-values.yaml"));
}

TEST_F(OnATerminal, MigratesAfterOneYes) {
  PseudoTerminal terminal = start({"-n", kNamespace, "-a", "circleci-server", "-l", "4x-licence"});
  terminal.expect("(y/n) [n]: ");
  terminal.type("y\n");
  terminal.expect("circle-migrator | ");
  terminal.expect("Next steps");

  EXPECT_EQ(terminal.finish(), 0) << terminal.screen();
  EXPECT_TRUE(std::filesystem::exists(installation_.folder / "output/helm-values.yaml"));
}

TEST_F(OnATerminal, AsksNothingWithYes) {
  PseudoTerminal terminal = start({"kots_cleanup", "--yes"});

  EXPECT_EQ(terminal.finish(), 0) << terminal.screen();
  EXPECT_THAT(terminal.screen(), Not(HasSubstr("(y/n)")));
}

TEST_F(OnATerminal, TakesTheRegistrysPasswordWithoutShowingIt) {
  installation_.server.remove("Secret", kNamespace, "regcred");
  PseudoTerminal terminal =
      start({"secret", "-n", kNamespace, "-a", "circleci-server", "--docker-username", "user", "--yes"});
  terminal.expect("Password of the image registry: ");
  while (terminal.echoes()) ::usleep(1000);
  terminal.type("hunter2\n");

  EXPECT_EQ(terminal.finish(), 0) << terminal.screen();
  EXPECT_THAT(terminal.screen(), Not(HasSubstr("hunter2")));
  EXPECT_TRUE(installation_.server.get("Secret", kNamespace, "regcred"));
}

TEST_F(OnATerminal, CtrlCAtAQuestionChangesNothing) {
  PseudoTerminal terminal = start({"-n", kNamespace, "-a", "circleci-server", "-l", "4x-licence"});
  terminal.expect("(y/n) [n]: ");
  terminal.type("\x03");

  EXPECT_EQ(terminal.finish(), 130) << terminal.screen();
  EXPECT_EQ(installation_.server.count_writes(), 0U);
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
                                       HasSubstr("Run the same command again")));
  EXPECT_TRUE(installation_.server.get("Job", kNamespace, "circle-migrator"));
}

}  // namespace

}  // namespace kots_export::test
