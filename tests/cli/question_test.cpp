#include "cli/installation.h"

#include <gmock/gmock.h>

// Without a terminal nobody can be asked: what would change something refuses.
namespace kots_export::test {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(WithoutATerminal, AMigrationIsRefusedAndLeavesNothing) {
  const Installation installation;
  for (const char* input : {"", "y\n", "n\n"}) {
    SCOPED_TRACE(input);
    const Finished run = installation.run({"--license", "4x-license"}, input);

    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.err,
                ::testing::ContainsRegex(
                    "\nerror: [0-9]+ changes need a confirmation, and nobody can be asked: there is no "
                    "terminal\nhint: add --yes, or use\n    kots-export plan --out FILE --license-file FILE\n  and "
                    "`kots-export apply FILE --yes`\n$"));
    EXPECT_EQ(installation.server.count_writes(), 0U);
    EXPECT_TRUE(std::filesystem::is_empty(installation.folder));
  }
}

TEST(WithoutATerminal, FoldersThatWereMadeGoToo) {
  const Installation installation;
  const Finished run = installation.run({"--license", "4x-license", "--output-dir", "a/b"});

  EXPECT_EQ(run.exit_code, 2);
  EXPECT_TRUE(std::filesystem::is_empty(installation.folder));
}

TEST(WithoutATerminal, EveryCommandThatChangesSomethingIsRefused) {
  Installation installation;
  ASSERT_EQ(installation.run({"plan", "annotate", "--out", "p"}).exit_code, 0);
  ASSERT_EQ(installation.run({"kots_cleanup", "--yes"}).exit_code, 0);
  installation.server.remove("Secret", kNamespace, "regcred");
  const auto writes = installation.server.count_writes();
  const std::vector<std::vector<std::string>> commands = {
      {"annotate"},
      {"postgres"},
      {"-f", "annotate"},
      {"rollback"},
      {"secret", "--docker-username", "u", "--docker-password", "p"}};
  for (const auto& command : commands) {
    SCOPED_TRACE(::testing::PrintToString(command));
    const Finished run = installation.run(command);

    EXPECT_EQ(run.exit_code, 2) << run.err;
    EXPECT_THAT(run.err,
                AllOf(HasSubstr(" a confirmation, and nobody can be asked"), HasSubstr("add --yes")));
  }
  EXPECT_EQ(installation.server.count_writes(), writes);
}

TEST(WithoutATerminal, APlanIsAppliedOnlyWithYes) {
  const Installation installation;
  ASSERT_EQ(installation.run({"plan", "annotate", "--out", "p"}).exit_code, 0);

  EXPECT_EQ(installation.run({"apply", "p"}).exit_code, 2);
  EXPECT_EQ(installation.server.count_writes(), 0U);
  EXPECT_EQ(installation.run({"apply", "p", "--yes"}).exit_code, 0);
}

TEST(WithoutATerminal, WhatChangesNothingNeedsNoYes) {
  const Installation installation;
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);

  EXPECT_EQ(installation.run({"annotate"}).exit_code, 0);
  EXPECT_EQ(installation.run({"postgres", "--dry-run=client"}).exit_code, 0);
  EXPECT_EQ(installation.run({"postgres", "--dry-run=server"}).exit_code, 0);
}

TEST(WithoutATerminal, YesIsEnoughInCI) {
  const Installation installation;
  const Finished run = installation.run(Start{.arguments = {"annotate", "--yes", "--no-input"},
                                              .environment = {{"CI", "true"}},
                                              .input = {},
                                              .folder = {},
                                              .meanwhile = {}});

  EXPECT_EQ(run.exit_code, 0) << run.err;
}

}  // namespace

}  // namespace kots_export::test
