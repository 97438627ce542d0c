// report: a page about a run or a plan.
#include "cli/installation.h"

#include <iterator>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>

namespace kots_export::test {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using Perms = std::filesystem::perms;

std::vector<std::filesystem::path> reports_in(const Installation& installation) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(installation.folder / "output"))
    if (entry.path().extension() == ".html") found.push_back(entry.path());
  return found;
}

TEST(Report, IsOnePrivatePageOfTheNewestRunWithoutAnySecret) {
  const Installation installation;
  ASSERT_EQ(installation.run(Installation::whole_run({"--target-version", "4.0.3"})).exit_code, 0);
  const std::size_t requests = installation.server.requests().size();

  const Finished run = installation.run({"report"});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(installation.server.requests().size(), requests);
  ASSERT_THAT(reports_in(installation), SizeIs(1));
  const auto file = reports_in(installation).front();
  EXPECT_THAT(run.err, HasSubstr("report: ./output/report-"));
  EXPECT_EQ(std::filesystem::status(file).permissions(), Perms::owner_read | Perms::owner_write);
  const std::string page = read(file);
  EXPECT_THAT(page, AllOf(HasSubstr("<dd>complete</dd>"), HasSubstr("-&gt; 4.0.3</dd>"),
                          HasSubstr("<svg class=\"bars\""), HasSubstr("flyway</text>"),
                          HasSubstr("<td>Deployment</td>"), HasSubstr("- delete StatefulSet postgresql"),
                          HasSubstr("global.license: &quot;***&quot;"),
                          HasSubstr("Checks before the first change"), HasSubstr("--version 4.0.3")));
  // Everything secret of the sample, and the license.
  for (const char* secret : {"4x-license", "hunter2"}) EXPECT_THAT(page, Not(HasSubstr(secret)));
  EXPECT_THAT(page, AllOf(HasSubstr(" --kube-context test"), HasSubstr("kots-export rollback 2"),
                          Not(HasSubstr("kots-export rollback -n"))));  // it would be that of the newest run
}

TEST(Report, OfARunThatIsRolledBackInPartSendsNobodyToUpgrade) {
  Installation installation;
  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);
  nlohmann::json service = installation.server.get("Service", kNamespace, "frontend").value();
  service["metadata"]["annotations"]["meta.helm.sh/release-name"] = "another";
  installation.server.put(service);
  const Finished rollback = installation.run({"rollback", "--yes", "--settle-time=0"});
  ASSERT_EQ(rollback.exit_code, 1) << rollback.err;
  EXPECT_THAT(rollback.err, AllOf(HasSubstr("1 change of run 2"), HasSubstr("run\n    kots-export rollback 2")));
  const std::string run =
      nlohmann::json::parse(installation.run({"runs", "-o", "json"}).out)["runs"].back()["run"];

  const Finished of_run = installation.run({"report", run, "-o", "markdown"});
  const Finished of_rollback = installation.run({"report", "-o", "markdown"});

  for (const Finished& report : {of_run, of_rollback}) {
    EXPECT_EQ(report.exit_code, 0) << report.err;
    EXPECT_THAT(report.out,
                AllOf(HasSubstr("\nkots-export rollback " + run), Not(HasSubstr("\nhelm upgrade "))));
  }
  EXPECT_THAT(of_run.out, HasSubstr("\nkots-export status -n "));
}

TEST(Report, OfARunThatChangedNothingNamesNoWayBack) {
  apiserver::ApiServerOptions options;
  options.tokens = {"jane-token=jane"};
  options.deny = {"jane patch *"};
  const Installation installation(options);
  const Finished run =
      installation.run({"annotate", "--yes", "--token", "jane-token", "--skip-check", "permissions"});
  ASSERT_EQ(run.exit_code, 1) << run.err;
  ASSERT_THAT(run.err, HasSubstr("journal: "));

  const Finished report = installation.run({"report", "-o", "markdown"});

  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_THAT(run.err, Not(HasSubstr("kots-export rollback")));
  EXPECT_THAT(report.out, AllOf(HasSubstr("Go on"), Not(HasSubstr("kots-export rollback"))));
}

TEST(Report, IsMarkdownOnStandardOutputAndSoIsRunsShow) {
  const Installation installation;
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);

  const Finished report = installation.run({"report", "-o", "markdown"});
  const Finished show = installation.run({"runs", "show", "20", "-o", "markdown"});

  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_THAT(report.out, AllOf(HasSubstr("## Run on circleci-server"), HasSubstr("- state: `complete`"),
                                HasSubstr("| Deployment | 0 |"), HasSubstr("### Time")));
  // It is a part of the migration: nobody upgrades after it alone.
  EXPECT_THAT(report.out, AllOf(HasSubstr("\nkots-export status -n "), Not(HasSubstr("\nhelm upgrade "))));
  EXPECT_EQ(show.exit_code, 0) << show.err;
  EXPECT_EQ(show.out, report.out);
}

TEST(Report, HasWhatVerifyFound) {
  const Installation installation;
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  write(
      installation.folder / "verify.json",
      R"({"command":"verify","error":null,"target":{"namespace":"circleci-server","release":"circleci-server"},
          "checks":[{"id":"dns","group":"g","status":"failed","detail":"<old> address","remedy":"change it"}]})");

  const Finished run = installation.run({"report", "--verify", "verify.json", "--out", "-"});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("Checks after the upgrade"), HasSubstr("&lt;old&gt; address")));
}

// The commands of kots-export that name an installation. No word of them is quoted here.
std::vector<std::vector<std::string>> own_commands_in(const std::string& page) {
  const std::regex own("kots-export ([^`]* -n [^`]*)`");
  std::vector<std::vector<std::string>> commands;
  for (std::sregex_iterator at(page.begin(), page.end(), own); at != std::sregex_iterator(); ++at) {
    std::istringstream words((*at)[1]);
    commands.emplace_back(std::istream_iterator<std::string>(words), std::istream_iterator<std::string>());
  }
  return commands;
}

TEST(Report, NamesCommandsThatTakeTheirFlags) {
  const Installation installation;
  ASSERT_EQ(installation.run(Installation::whole_run({})).exit_code, 0);
  const Finished report = installation.run({"report", "-o", "markdown"});
  const auto commands = own_commands_in(report.out);
  EXPECT_THAT(commands, SizeIs(::testing::Ge(4U))) << report.out;
  for (const auto& command : commands) {
    SCOPED_TRACE(::testing::PrintToString(command));
    const Finished run = installation.run(command);
    EXPECT_THAT(run.err, AllOf(Not(HasSubstr("takes no")), Not(HasSubstr("unknown"))));
  }
}

TEST(Report, OfAPlanNeedsNoRun) {
  const Installation installation;
  ASSERT_EQ(installation.run({"plan", "--license", "4x-license", "--out", "migration.plan"}).exit_code, 0);

  const Finished run = installation.run({"report", "--plan", "migration.plan", "--out", "plan.html"});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(read(installation.folder / "plan.html"),
              AllOf(HasSubstr("<h1>Plan for circleci-server</h1>"),
                    HasSubstr("What it does to Pods, data and time"), HasSubstr("What changes, by kind"),
                    HasSubstr("<td>Deployment</td>"), HasSubstr("- delete StatefulSet postgresql"),
                    HasSubstr("Run the Nomad terraform again"), Not(HasSubstr("4x-license"))));
}

TEST(Report, KeepsWhatStoodWhereItIsWritten) {
  const Installation installation;
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  write(installation.folder / "notes.html", "mine\n");

  EXPECT_EQ(installation.run({"report", "--out", "notes.html"}).exit_code, 0);

  EXPECT_EQ(read(installation.folder / "notes.html.1"), "mine\n");
}

TEST(Report, GoesWithoutTimesWhereTheRunWasCutOff) {
  const Installation installation;
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  for (const auto& run : std::filesystem::directory_iterator(installation.folder / "backup"))
    std::filesystem::remove(run.path() / "details.json");

  const Finished run = installation.run({"report", "-o", "markdown"});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("Times and checks were not recorded"));
}

TEST(Report, SaysWhatMakesNoSense) {
  const Installation installation;
  const auto refusal = [&](std::vector<std::string> arguments, int exit_code) {
    const Finished run = installation.run(std::move(arguments));
    EXPECT_EQ(run.exit_code, exit_code) << run.err;
    EXPECT_EQ(run.out, "");
    return run.err;
  };
  EXPECT_THAT(refusal({"report"}, 1), AllOf(HasSubstr("there is no run in"), HasSubstr("--plan")));
  EXPECT_THAT(refusal({"report", "2026"}, 2), HasSubstr("there is no run 2026"));
  EXPECT_THAT(refusal({"report", "2026", "--plan", "p"}, 2), HasSubstr("of a run or of a plan"));
  EXPECT_THAT(refusal({"report", "--plan", "none"}, 1), HasSubstr("none"));
  EXPECT_THAT(refusal({"runs", "-o", "html"}, 2), HasSubstr("unknown value \"html\""));
  EXPECT_THAT(refusal({"report", "-o", "json"}, 2), HasSubstr("Write html or markdown"));
}

}  // namespace

}  // namespace kots_export::test
