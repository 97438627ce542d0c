#include "cli/installation.h"

#include <gmock/gmock.h>

// -o json and -o yaml as a user meets them; test_report.py holds the documents against their schema.
namespace kots_export::test {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Json, IsAllOfStandardOutputAndProgressStaysOnStandardError) {
  Installation installation;

  const Finished run = installation.run(Installation::whole_run({"-o", "json"}));

  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(json::parse(run.out)["exitCode"], 0);
  EXPECT_THAT(run.err, AllOf(HasSubstr("==> flyway"), HasSubstr("Successfully applied 41 migrations")));
}

TEST(Json, HoldsPlanAndOutcomeOfEveryChange) {
  Installation installation;

  const json report = json::parse(installation.run({"annotate", "--yes", "-o", "json"}).out);

  const auto& changes = report["changes"];
  const auto frontend = std::ranges::find_if(changes, [](const json& change) {
    return change["object"]["kind"] == "Deployment" && change["object"]["name"] == "frontend";
  });
  ASSERT_NE(frontend, changes.end());
  EXPECT_EQ((*frontend)["before"]["metadata"]["annotations"]["meta.helm.sh/release-name"], nullptr);
  EXPECT_EQ((*frontend)["after"]["metadata"]["annotations"]["meta.helm.sh/release-name"], "circleci-server");
  EXPECT_EQ((*frontend)["outcome"]["status"], "done");
  EXPECT_EQ((*frontend)["object"]["uid"],
            installation.server.get("Deployment", kNamespace, "frontend").value()["metadata"]["uid"]);
}

TEST(Json, ShowsNoSecret) {
  Installation installation;

  const Finished run = installation.run(Installation::whole_run({"-o", "json", "--verbose"}));

  for (const char* secret : {"p@ss w0rd", "cEBzcyB3MHJk", "registry-pass", "session-key", "c2Vzc2lvbi1rZXk",
                             "4x-license", "madeupmadeup", "p%40ss", "bGljZW5zZTpsaWNlbnNl"}) {
    SCOPED_TRACE(secret);
    EXPECT_THAT(run.out + run.err, Not(HasSubstr(secret)));
  }
}

TEST(Json, HoldsTheErrorThatStandardErrorShows) {
  Installation installation;

  const Finished run = installation.run({"annotate", "-n", "nowhere", "-o", "json"});

  EXPECT_EQ(run.exit_code, 4);
  const json report = json::parse(run.out);
  EXPECT_EQ(report["exitCode"], 4);
  EXPECT_THAT(report["error"]["what"].get<std::string>(), HasSubstr("nowhere"));
  EXPECT_THAT(run.err, HasSubstr("error: " + report["error"]["what"].get<std::string>()));
}

TEST(Json, ComesAsYamlToo) {
  Installation installation;

  const Finished run = installation.run({"plan", "postgres", "-o", "yaml"});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("kind: Report\n"), HasSubstr("exitCode: 0\n")));
}

TEST(Json, OfAnotherFormatIsWrongUsage) {
  Installation installation;

  const Finished run = installation.run({"plan", "postgres", "-o", "wide"});

  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, AllOf(HasSubstr("wide"), HasSubstr("json")));
}

TEST(Json, DoesNotShareStandardOutputWithAResult) {
  Installation installation;

  const Finished run = installation.run({"export", "-", "-o", "json"});

  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(json::parse(run.out)["exitCode"], 2);
  EXPECT_THAT(run.err, HasSubstr("both want standard output"));
}

}  // namespace

}  // namespace kots_export::test
