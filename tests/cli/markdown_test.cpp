#include "cli/installation.h"

#include <gmock/gmock.h>

// -o markdown: plans for pull requests and tickets.
namespace kots_export::test {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kEnd =
    "[0-9]+ to patch, [0-9]+ to delete, [0-9]+ to create, [0-9]+ unchanged\n\n"
    "\\(dry run: nothing was changed\\)\n\n";
constexpr const char* kEndOfServer =
    "[0-9]+ to patch, [0-9]+ to delete, [0-9]+ to create, [0-9]+ unchanged\n\n"
    "\\(the server takes [0-9]+ of [0-9]+; dry run: nothing was changed\\)\n\n";

std::vector<std::string> markdown(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"-o", "markdown"});
  return arguments;
}

TEST(Markdown, OfAPlanHasAllOfIt) {
  Installation installation;

  const Finished run = installation.run(markdown({"plan", "--license", "4x-license"}));

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out,
              ContainsRegex("(^|\n)## Plan\n\n- cluster: `https://127.0.0.1:[0-9]+`, context: `test`, "
                            "user: `admin`\n- namespace: `circleci-server`, "));
  EXPECT_THAT(run.out, AllOf(HasSubstr("\n### What it does to Pods, data and time\n\n- **Pods**: "),
                             HasSubstr("\n### Values, from 3.x to 4.x\n\n- written to "
                                       "`./output/helm-values.yaml`: a new file\n\n```diff\n- "),
                             HasSubstr("\n### Objects\n\n- `- delete "),
                             HasSubstr("\n- **!** `+- create and delete Job circle-migrator` (`flyway: "),
                             HasSubstr("\n  - `~ patch Deployment frontend`\n")));
  EXPECT_THAT(run.out, ContainsRegex(kEnd));
  EXPECT_THAT(run.out, Not(HasSubstr("==> "))) << "progress is on standard error";
  EXPECT_EQ(installation.server.count_writes(), 0U);
}

TEST(Markdown, OfASavedPlanIsThatOfThePlan) {
  Installation installation;
  const Finished planned = installation.run(markdown({"plan", "annotate", "--out", "migration.plan"}));
  ASSERT_EQ(planned.exit_code, 0) << planned.err;

  const Finished shown = installation.run(markdown({"plan", "show", "migration.plan"}));

  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, EndsWith("\n\n(saved plan: nothing was changed)\n\n"));
  const auto plan_in = [](const std::string& out) {
    const auto begin = out.find("## Plan\n");
    return begin == std::string::npos ? out : out.substr(begin, out.rfind("\n\n(") - begin);
  };
  EXPECT_EQ(plan_in(shown.out), plan_in(planned.out));
}

TEST(Markdown, HasNoSecret) {
  Installation installation;
  std::string all =
      installation.run(markdown({"plan", "--license", "4x-license", "--verbose", "--out", "p"})).out;
  all += installation.run(markdown({"plan", "show", "p", "--verbose"})).out;
  all += installation.run(markdown(Installation::whole_run({"--dry-run=server", "--verbose"}))).out;
  all += installation.run(markdown({"apply", "p", "--dry-run=client", "--verbose"})).out;

  ASSERT_THAT(all, HasSubstr("data.passwordBcrypt: ***"));
  for (const char* secret : {"p@ss w0rd", "cEBzcyB3MHJk", "registry-pass", "session-key", "c2Vzc2lvbi1rZXk",
                             "4x-license", "madeupmadeup", "p%40ss", "bGljZW5zZTpsaWNlbnNl"}) {
    SCOPED_TRACE(secret);
    EXPECT_THAT(all, Not(HasSubstr(secret)));
  }
}

TEST(Markdown, OfADryRunOfTheServerHasItsRefusals) {
  apiserver::ApiServerOptions options;
  options.tokens = {"jane-token=jane"};
  options.deny = {"jane delete secrets/kotsadm-sessions"};
  Installation installation(options);

  const Finished run =
      installation.run(markdown({"kots_cleanup", "--dry-run=server", "--token", "jane-token"}));

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.out, HasSubstr("\n`refused` `delete Secret kotsadm-sessions: "));
  EXPECT_THAT(run.out, ContainsRegex(kEndOfServer));
}

TEST(Markdown, LetsNothingOfTheClusterBeMarkdown) {
  Installation installation;
  installation.server.put({{"apiVersion", "v1"},
                           {"kind", "ConfigMap"},
                           {"metadata",
                            {{"name", "c"},
                             {"namespace", kNamespace},
                             {"annotations", {{"kots.io/app-slug", "a`|</code><b>\n\n# forged"}}}}}});

  const Finished run = installation.run(markdown({"plan", "kots_cleanup", "--full"}));

  EXPECT_THAT(run.out, HasSubstr("a`|</code><b>\\n\\n# forged")) << "as JSON, in a fence";
  EXPECT_THAT(run.out, Not(HasSubstr("\n# forged")));
}

TEST(Markdown, OfARollbackIsItsPlan) {
  Installation installation;
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);

  const Finished run = installation.run(markdown({"rollback", "--dry-run=client"}));

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, ContainsRegex("## Plan\n\n- cluster: `"));
  EXPECT_THAT(run.out, ContainsRegex(kEnd));
}

TEST(Markdown, IsOfPlansAlone) {
  const Installation installation;
  const std::vector<std::vector<std::string>> commands = {
      {"annotate"}, {"--license", "l"}, {"annotate", "--yes"}};
  for (const auto& command : commands) {
    SCOPED_TRACE(::testing::PrintToString(command));
    const Finished run = installation.run(markdown(command));

    EXPECT_EQ(run.exit_code, 2);
    EXPECT_EQ(run.out, "");
    EXPECT_THAT(run.err, StartsWith("error: -o markdown shows a plan, and "));
    EXPECT_THAT(run.err, HasSubstr("--dry-run"));
  }
  EXPECT_EQ(installation.server.count_writes(), 0U);
  EXPECT_TRUE(files_below(installation.folder).empty());
}

TEST(Markdown, IsUnknownToCommandsWithoutAPlan) {
  const Installation installation;
  const std::vector<std::vector<std::string>> commands = {
      {"runs"}, {"check"}, {"export", "-"}, {"transform", "a", "b", "--dry-run=client"}};
  for (const auto& command : commands) {
    SCOPED_TRACE(::testing::PrintToString(command));
    const Finished run = installation.run(markdown(command));

    EXPECT_EQ(run.exit_code, 2);
    EXPECT_EQ(run.out, "");
    EXPECT_THAT(run.err, HasSubstr("unknown value \"markdown\""));
    EXPECT_THAT(run.err, HasSubstr("Write json or yaml."));
  }
}

}  // namespace

}  // namespace kots_export::test
