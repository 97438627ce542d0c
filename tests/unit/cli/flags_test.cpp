#include "cli/flags.h"

#include <kots_export/util/error.h>

#include <array>
#include <cstdlib>

#include <gmock/gmock.h>

namespace kots_export::cli {

namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

// What the flags of a command line are parsed to.
Flags parse(std::vector<std::string> arguments) {
  CLI::App app;
  Flags flags;
  add_flags(app, flags);
  std::ranges::reverse(arguments);  // CLI11 takes a vector from its end
  app.parse(arguments);
  return flags;
}

TEST(ParseDuration, TakesTheFormsOfKubectl) {
  constexpr std::array<std::pair<const char*, long>, 12> kCases = {{{"0", 0},
                                                                    {"30", 30'000},
                                                                    {"30s", 30'000},
                                                                    {"500ms", 500},
                                                                    {"1m30s", 90'000},
                                                                    {"1h", 3'600'000},
                                                                    {"1h2m3s4ms", 3'723'004},
                                                                    {"0s", 0},
                                                                    {"1.5s", 1'500},
                                                                    {"0.25h", 900'000},
                                                                    {".5s", 500},
                                                                    {"1s500ms", 1'500}}};
  for (const auto& [text, wanted] : kCases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(parse_duration(text), milliseconds(wanted));
  }
}

TEST(ParseDuration, RefusesWhatIsNone) {
  for (const char* text : {"", "s", "-1", "-1s", "+1s", "1x", "1s2", "one", "1 s", " 1s", "1.5", ".", ".s",
                           "1..5s", "1e3s", "inf", "nan", "99999999999999999999s", "9999999h"}) {
    SCOPED_TRACE(text);
    EXPECT_THROW((void)parse_duration(text), UsageError);
  }
}

TEST(LockDuration, IsWholeSecondsUpToAnHour) {
  Flags flags;
  EXPECT_EQ(lock_duration(flags), std::chrono::seconds(30));
  flags.lock_duration = "1m30s";
  EXPECT_EQ(lock_duration(flags), std::chrono::seconds(90));
  for (const char* wrong : {"0", "500ms", "1500ms", "61m", "long"}) {
    SCOPED_TRACE(wrong);
    flags.lock_duration = wrong;
    EXPECT_THROW((void)lock_duration(flags), UsageError);
  }
}

TEST(Flags, HaveTheScriptsShortForms) {
  const Flags flags =
      parse({"-n", "ci", "-a", "server", "-l", "licence", "-r", "0", "-f", "flyway", "-d", "-v"});

  EXPECT_EQ(flags.ns, "ci");
  EXPECT_EQ(flags.release, "server");
  EXPECT_EQ(flags.license, "licence");
  EXPECT_EQ(flags.annotate, "0");
  EXPECT_EQ(flags.func, "flyway");
  EXPECT_TRUE(flags.dev);
  EXPECT_TRUE(flags.verbose);
}

TEST(Flags, HaveTheScriptsLongForms) {
  const Flags flags = parse({"--namespace", "ci", "--release-name", "server", "--license", "licence",
                             "--annotate", "1", "--func", "cleanup_kots", "--dev", "--verbose"});

  EXPECT_EQ(flags.ns, "ci");
  EXPECT_EQ(flags.release, "server");
  EXPECT_EQ(flags.func, "cleanup_kots");
}

TEST(Flags, RefuseValuesThatMakeNoSense) {
  const std::vector<std::vector<std::string>> cases = {{"-f", "everything"},
                                                       {"-r", "2"},
                                                       {"-r", ""},
                                                       {"--revision", "0"},
                                                       {"--revision", "-1"},
                                                       {"--revision", "one"},
                                                       {"--timeout", "0"},
                                                       {"--timeout", "-5"},
                                                       {"--dry-run", "maybe"},
                                                       {"--concurrency", "0"},
                                                       {"--concurrency", "257"},
                                                       {"-n"},
                                                       {"-n", ""},
                                                       {"--namespace="},
                                                       {"-a", ""},
                                                       {"--release-name", ""},
                                                       {"--no-such-flag"}};
  for (const auto& arguments : cases) {
    SCOPED_TRACE(::testing::PrintToString(arguments));
    EXPECT_THROW((void)parse(arguments), CLI::ParseError);
  }
}

TEST(Flags, MeanWhatTheRoomsBelowTake) {
  EXPECT_EQ(dry_run(parse({})), kube::DryRun::none);
  EXPECT_EQ(dry_run(parse({"--dry-run", "client"})), kube::DryRun::client);
  EXPECT_EQ(dry_run(parse({"--dry-run=server"})), kube::DryRun::server);
  EXPECT_EQ(registry(parse({})).name, "cciserver");
  EXPECT_EQ(registry(parse({"--dev"})).name, "devcharts");
  EXPECT_EQ(revision(parse({})), std::nullopt);
  EXPECT_EQ(revision(parse({"--revision", "3"})), 3);
}

TEST(Flags, NameTheClusterAsKubectlDoes) {
  const auto overrides = kubeconfig_overrides(parse({"--kubeconfig",
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
                                                     "--insecure-skip-tls-verify"}));

  EXPECT_EQ(overrides.kubeconfig, "k");
  EXPECT_EQ(overrides.context, "c");
  EXPECT_EQ(overrides.cluster, "cl");
  EXPECT_EQ(overrides.user, "u");
  EXPECT_EQ(overrides.server, "https://s");
  EXPECT_EQ(overrides.token.reveal(), "t");
  EXPECT_EQ(overrides.as, "jane");
  EXPECT_THAT(overrides.as_groups, ElementsAre("a", "b"));
  EXPECT_EQ(overrides.verify, kube::KubeconfigOverrides::Verify::never);
}

// Tests run without a terminal: nothing is asked.
TEST(ReadLicense, PrefersTheFlagThenTheFileThenTheEnvironment) {
  ::setenv("CIRCLECI_LICENSE", " from the environment\n", 1);
  EXPECT_EQ(read_license(parse({"-l", "from the flag"})).reveal(), "from the flag");
  EXPECT_EQ(read_license(parse({})).reveal(), "from the environment");
  ::unsetenv("CIRCLECI_LICENSE");
}

TEST(CompleteInstallation, TakesTheDefaultsWithoutATerminal) {
  Flags flags = parse({"-a", "mine"});
  flags.yes = true;
  complete_installation(flags);

  EXPECT_EQ(flags.release, "mine");
  EXPECT_EQ(flags.ns, "circleci-server");
}

}  // namespace

}  // namespace kots_export::cli
