#include "cli/installation.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace kots_export::test {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Help, NamesEveryCommandAndAnExample) {
  Installation installation;

  const Finished run = installation.run({"--help"});

  EXPECT_EQ(run.exit_code, 0);
  for (const char* command : {"run", "secret", "export", "transform", "annotate", "kots_cleanup", "flyway",
                              "postgres", "message", "Exit codes", "Examples"})
    EXPECT_THAT(run.out, HasSubstr(command));
  EXPECT_TRUE(installation.server.requests().empty());
}

TEST(Help, IsOfTheCommandThatIsNamed) {
  Installation installation;

  const std::string wanted = installation.run({"plan", "show", "--help"}).out;
  EXPECT_THAT(wanted, HasSubstr("Usage:\n  kots-export plan show FILE [flags]\n"));
  EXPECT_EQ(installation.run({"help", "plan", "show"}).out, wanted);
  EXPECT_EQ(installation.run({"plan", "-h", "show"}).out, wanted);
  EXPECT_EQ(installation.run({"help"}).out, installation.run({"--help"}).out);
}

TEST(Help, OfACommandWithoutCommandsNamesItsOwnHelp) {
  Installation installation;

  const Finished run = installation.run({"help", "completion", "bash"});

  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.err,
            "error: completion has no command \"bash\"\n"
            "hint: `kots-export completion --help` shows what it takes.\n");
}

TEST(Help, OfAnUnknownCommandIsWrongUsage) {
  Installation installation;

  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"help", "plann"}, {"plann", "--help"}, {"plann"}}) {
    SCOPED_TRACE(::testing::PrintToString(words));
    const Finished run = installation.run(words);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_EQ(run.out, "");
    EXPECT_THAT(run.err, StartsWith("error: unknown command \"plann\", did you mean plan?\nhint: "));
  }
}

TEST(Options, AreListed) {
  Installation installation;

  const Finished run = installation.run({"options"});

  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, AllOf(HasSubstr("Cluster flags:\n"), HasSubstr("--tls-server-name HOST"),
                             HasSubstr("  -n, --namespace NAMESPACE")));
}

TEST(Version, SaysWhatWasBuiltFromWhat) {
  Installation installation;

  const Finished run = installation.run({"version"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out,
              AllOf(ContainsRegex("^version: +[0-9.]+\n"), ContainsRegex("commit: +([0-9a-f]{40}|unknown)\n"),
                    ContainsRegex("date: +([0-9T:Z-]{20}|unknown)\n"), ContainsRegex("  libcurl: +[0-9.]+"),
                    HasSubstr("  libyaml:")));
  const json build = json::parse(installation.run({"version", "-o", "json"}).out)["build"];
  EXPECT_THAT(run.out, HasSubstr(build["version"].get<std::string>()));
  EXPECT_THAT(run.out, HasSubstr(build["commit"].get<std::string>()));
  EXPECT_THAT(run.out, HasSubstr(build["libraries"]["openssl"].get<std::string>()));
  EXPECT_THAT(installation.run({"--version"}).out,
              StartsWith("kots-export " + build["version"].get<std::string>()));
}

TEST(ScriptFlags, WorkWhereTheScriptHadThem) {
  Installation installation;

  EXPECT_EQ(installation
                .run({"-f", "annotate", "-n", kNamespace, "-a", "circleci-server", "-l", "x", "-r", "1", "-d",
                      "-v", "--dry-run=client"})
                .exit_code,
            0);
  const Finished elsewhere = installation.run({"runs", "-l", "x"});
  EXPECT_EQ(elsewhere.exit_code, 2);
  EXPECT_THAT(elsewhere.err, HasSubstr("kots-export runs takes no -l"));
}

TEST(Runs, AreThoseOfANamespaceWhereOneIsNamed) {
  Installation installation;
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);

  EXPECT_EQ(json::parse(installation.run({"runs", "-n", kNamespace, "-o", "json"}).out)["runs"].size(), 1U);
  EXPECT_EQ(json::parse(installation.run({"runs", "-n", "elsewhere", "-o", "json"}).out)["runs"].size(), 0U);
}

TEST(License, MayBeSpelledTheBritishWay) {
  Installation installation;
  write(installation.folder / "license", "4x-license\n");

  EXPECT_EQ(installation.run({"--licence-file", "license", "--dry-run=client"}).exit_code, 0);
}

TEST(Durations, AreWrittenAsPeopleDo) {
  Installation installation;

  EXPECT_EQ(installation.run({"flyway", "--timeout", "10m", "--dry-run=client"}).exit_code, 0);
  EXPECT_EQ(installation.run({"flyway", "--timeout", "600", "--dry-run=client"}).exit_code, 0);
  const Finished wrong = installation.run({"flyway", "--timeout", "soon"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, StartsWith("error: --timeout soon is not a duration\n"));
}

}  // namespace

}  // namespace kots_export::test
