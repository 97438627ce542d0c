#include "cli/options.h"

#include <kots_export/util/error.h>

#include "parsed.h"

#include <cstdlib>

#include <gmock/gmock.h>

namespace kots_export::cli {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Tests run without a terminal: nothing is asked.
Options options(const std::vector<std::string>& arguments) {
  const Flags flags = parsed(arguments);
  return options_of({.flags = flags, .line = {}});
}

TEST(Options, AreTheFlagsTyped) {
  EXPECT_EQ(options({}).change.dry_run, kube::DryRun::none);
  EXPECT_EQ(options({"--dry-run", "client"}).change.dry_run, kube::DryRun::client);
  EXPECT_EQ(options({"--dry-run=server"}).change.dry_run, kube::DryRun::server);
  EXPECT_EQ(options({}).installation.registry.name, "cciserver");
  EXPECT_EQ(options({"--dev"}).installation.registry.name, "devcharts");
  EXPECT_EQ(options({}).installation.revision, std::nullopt);
  EXPECT_EQ(options({"--revision", "3"}).installation.revision, 3);
  EXPECT_EQ(options({}).migration.annotate, migration::RunOptions::Annotate::yes);
  EXPECT_EQ(options({"-r", "0"}).migration.annotate, migration::RunOptions::Annotate::no);
  EXPECT_EQ(options({}).output.detail, ui::Detail::normal);
  EXPECT_EQ(options({"--full"}).output.detail, ui::Detail::full);
  EXPECT_EQ(options({"--full", "-v"}).output.detail, ui::Detail::verbose);
}

TEST(Options, SayHowLoudARunIs) {
  using Output = OutputOptions;
  EXPECT_EQ(options({}).output.verbosity, Output::Verbosity::normal);
  EXPECT_EQ(options({"-q"}).output.verbosity, Output::Verbosity::quiet);
  EXPECT_EQ(options({"-v"}).output.verbosity, Output::Verbosity::changes);
  EXPECT_EQ(options({"-vv"}).output.verbosity, Output::Verbosity::requests);
  EXPECT_EQ(options({"-v", "-v", "-v"}).output.verbosity, Output::Verbosity::bodies);
  EXPECT_THROW((void)options({"-vvvv"}), UsageError);
  EXPECT_THROW((void)options({"-q", "-v"}), UsageError);
  EXPECT_EQ(options({}).output.progress, Output::Progress::automatic);
  EXPECT_EQ(options({"--progress", "plain"}).output.progress, Output::Progress::plain);
  EXPECT_EQ(options({"--progress=tty"}).output.progress, Output::Progress::tty);
  EXPECT_EQ(options({"--log-format", "json"}).output.log, Output::Log::json);
}

TEST(Options, HaveDurationsInEveryForm) {
  EXPECT_EQ(options({}).migration.timeout, seconds(600));
  EXPECT_EQ(options({"--timeout", "1800"}).migration.timeout, seconds(1800));
  EXPECT_EQ(options({"--timeout", "1h30m"}).migration.timeout, seconds(5400));
  EXPECT_EQ(options({}).change.lock_duration, seconds(30));
  EXPECT_EQ(options({"--lock-duration", "1m"}).change.lock_duration, seconds(60));
  EXPECT_EQ(options({}).change.settle_time, milliseconds(34'000));
  EXPECT_EQ(options({"--settle-time", "500ms"}).change.settle_time, milliseconds(500));
  EXPECT_EQ(options({}).cluster.request_timeout, milliseconds(0));
  EXPECT_EQ(options({"--request-timeout", "1m"}).cluster.request_timeout, milliseconds(60'000));
}

TEST(Options, RefuseDurationsThatAreNotPossible) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"--timeout", "0"},        {"--timeout", "-5"},        {"--timeout", "169h"},
      {"--timeout", "1.5s"},     {"--timeout", "soon"},      {"--lock-duration", "0"},
      {"--settle-time", "long"}, {"--lock-duration", "61m"}, {"--request-timeout", "1 s"}};
  for (const auto& [flag, value] : cases) {
    SCOPED_TRACE(flag + " " + value);
    try {
      (void)options({flag + "=" + value});
      FAIL();
    } catch (const UsageError& error) {
      EXPECT_THAT(error.headline(), HasSubstr(flag));
    }
  }
}

TEST(Options, RefuseChecksThatAreNotToBeSkipped) {
  EXPECT_THROW((void)options({"--skip-check", "no-such-check"}), UsageError);
}

TEST(Options, NameTheClusterAsKubectlDoes) {
  const auto overrides = options({"--kubeconfig",
                                  "k",
                                  "--context",
                                  "c",
                                  "--cluster",
                                  "cl",
                                  "--user",
                                  "u",
                                  "-s",
                                  "https://s",
                                  "--token",
                                  "t",
                                  "--as",
                                  "jane",
                                  "--as-group",
                                  "a",
                                  "--as-group",
                                  "b",
                                  "--tls-server-name",
                                  "n",
                                  "--insecure-skip-tls-verify"})
                             .cluster.overrides;

  EXPECT_EQ(overrides.kubeconfig, "k");
  EXPECT_EQ(overrides.context, "c");
  EXPECT_EQ(overrides.cluster, "cl");
  EXPECT_EQ(overrides.user, "u");
  EXPECT_EQ(overrides.server, "https://s");
  EXPECT_EQ(overrides.token.reveal(), "t");
  EXPECT_EQ(overrides.as, "jane");
  EXPECT_THAT(overrides.as_groups, ElementsAre("a", "b"));
  EXPECT_EQ(overrides.tls_server_name, "n");
  EXPECT_EQ(overrides.verify, kube::KubeconfigOverrides::Verify::never);
}

TEST(Options, TakeTheDefaultNamesWithoutATerminal) {
  EXPECT_EQ(options({"-a", "mine", "--yes"}).installation.release, "mine");
  EXPECT_EQ(options({"-a", "mine", "--yes"}).installation.ns, "circleci-server");
  EXPECT_EQ(options({"-n", "ci"}).installation.ns, "ci");
}

TEST(Options, TakeNamesThatAreKnownFromElsewhere) {
  const Flags flags = parsed({"-n", "typed"});
  const Options made = options_of({.flags = flags, .line = {}}, {.ns = "planned", .release = "planned-too"});
  EXPECT_EQ(made.installation.ns, "planned");
  EXPECT_EQ(made.installation.release, "planned-too");
}

TEST(PrintedCommands, NameKubeconfigsThatWereGiven) {
  ::setenv("KUBECONFIG", "/b::/c", 1);
  EXPECT_THAT(commands(options({}), "prod").kubeconfig, ElementsAre("/b", "/c"));
  EXPECT_THAT(commands(options({"--kubeconfig", "/a"}), "prod").kubeconfig, ElementsAre("/a"));
  EXPECT_THAT(commands(options({"--kubeconfig", "a"}), "prod").kubeconfig, ElementsAre(EndsWith("/a")));
  ::unsetenv("KUBECONFIG");
  EXPECT_THAT(commands(options({}), "prod").kubeconfig, IsEmpty());
}

}  // namespace

}  // namespace kots_export::cli
