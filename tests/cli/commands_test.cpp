#include "cli/installation.h"

#include <gmock/gmock.h>

namespace kots_export::test {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kValues3 = "domainName: ci.example.com\nkong:\n  annotations:\n    a: \"yes\"\n";

TEST(Export, WritesTheValuesToStandardOutput) {
  Installation installation;

  const Finished run = installation.run({"export", "-"});

  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("domainName: server.circleci.example.com"));
  EXPECT_EQ(installation.server.count_writes(), 0U);
}

TEST(Export, WritesAPrivateFile) {
  Installation installation;

  ASSERT_EQ(installation.run({"export"}).exit_code, 0);

  const auto file = installation.folder / "output/helm-values-v3.yaml";
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(Transform, IsAFilterAndNeedsNoCluster) {
  Installation installation;
  Start start{.arguments = {"transform", "-", "--license", "4x-license"},
              .environment = {{"KUBECONFIG", "/no/such/file"}},
              .input = kValues3,
              .folder = {},
              .meanwhile = {}};

  const Finished run = installation.run(start);

  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("license: 4x-license"), HasSubstr("domainName: ci.example.com"),
                             HasSubstr("a: 'yes'")));
  EXPECT_TRUE(installation.server.requests().empty());
}

TEST(Transform, TakesTheLicenseFromTheEnvironmentOrAFile) {
  Installation installation;
  write(installation.folder / "license", "'from-a-file'\n");
  Start environment{.arguments = {"transform", "-"},
                    .environment = {{"CIRCLECI_LICENSE", "from-the-environment"}},
                    .input = kValues3,
                    .folder = {},
                    .meanwhile = {}};

  EXPECT_THAT(installation.run(environment).out, HasSubstr("license: from-the-environment"));
  EXPECT_THAT(installation.run({"transform", "-", "--license-file", "license"}, kValues3).out,
              HasSubstr("license: from-a-file\n"));
}

TEST(Transform, PrintsNothingButTheErrorWhereTheValuesAreWrong) {
  Installation installation;
  const std::vector<std::string> filter = {"transform", "-", "--license", "l"};
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "map"},
      {"- a\n- b\n", "map"},
      {"just text", "map"},
      {"a: 1\na: 2\n", "line 2"},
      {"a: {b: 1\n", "line"},
      {"kong: {}\n", "domainName"},
      {"domainName: \xff\xfe\n", "UTF-8"},
  };
  for (const auto& [input, words] : cases) {
    SCOPED_TRACE(input);
    const Finished run = installation.run(filter, input);
    EXPECT_EQ(run.exit_code, 1);
    EXPECT_EQ(run.out, "");
    EXPECT_THAT(run.err, AllOf(HasSubstr("error: "), HasSubstr(words)));
  }
}

TEST(Transform, OfAMissingFileNamesIt) {
  Installation installation;

  const Finished run = installation.run({"transform", "nowhere.yaml", "out.yaml", "--license", "l"});

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("nowhere.yaml"));
  EXPECT_FALSE(std::filesystem::exists(installation.folder / "out.yaml"));
}

TEST(Message, NeedsOnlyTheValuesFile) {
  Installation installation;
  std::filesystem::create_directories(installation.folder / "it's here/output");
  write(installation.folder / "it's here/output/helm-values.yaml", "global: {domainName: ci.example.com}\n");
  Start start{.arguments = {"message", "--output-dir", "it's here", "--target-version", "4.2.0"},
              .environment = {{"KUBECONFIG", "/no/such/file"}},
              .input = {},
              .folder = {},
              .meanwhile = {}};

  const Finished run = installation.run(start);

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("/it'\\''s here/output/helm-values.yaml'"),
                             HasSubstr("--version 4.2.0"), HasSubstr("ci.example.com:4647")));
}

TEST(Message, KnowsFromTheRunsWhetherTheServerTakesForce) {
  const Installation installation;
  std::filesystem::create_directories(installation.folder / "output");
  write(installation.folder / "output/helm-values.yaml", "global: {domainName: ci.example.com}\n");
  EXPECT_THAT(installation.run({"message"}).out, HasSubstr(" --version 4.0.1 --force\n"));
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  for (const auto& run : std::filesystem::directory_iterator(installation.folder / "backup")) {
    json details = json::parse(read(run.path() / "details.json"));
    details["helmForce"] = "refused";
    write(run.path() / "details.json", details.dump());
  }
  // A newer run that did not ask says nothing of it.
  ASSERT_EQ(installation.run({"rollback", "--yes", "--settle-time=0"}).exit_code, 0);

  const Finished run = installation.run({"message"});

  EXPECT_THAT(run.out, AllOf(HasSubstr(" --version 4.0.1\n"), Not(HasSubstr(" --force\n"))));
  EXPECT_THAT(installation.run({"message", "--release-name", "other"}).out, HasSubstr(" --force\n"));
}

TEST(Message, WithoutAValuesFileSaysWhereItLooked) {
  Installation installation;

  const Finished run = installation.run({"-f", "message"});

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("output/helm-values.yaml"));
}

TEST(ScriptFlags, CleanupKotsIsKotsCleanup) {
  Installation installation;

  ASSERT_EQ(installation.run({"-f", "cleanup_kots", "--yes"}).exit_code, 0);

  EXPECT_FALSE(installation.server.get("Deployment", kNamespace, "kotsadm"));
  const json frontend = installation.server.get("Deployment", kNamespace, "frontend").value();
  EXPECT_FALSE(frontend["metadata"]["annotations"].contains("meta.helm.sh/release-name"));
}

TEST(ScriptFlags, AnnotateRunsThatStepAlone) {
  Installation installation;

  ASSERT_EQ(
      installation.run({"-f", "annotate", "-n", kNamespace, "-a", "circleci-server", "--yes"}).exit_code, 0);

  EXPECT_TRUE(installation.server.get("Deployment", kNamespace, "kotsadm"));
  const json frontend = installation.server.get("Deployment", kNamespace, "frontend").value();
  EXPECT_EQ(frontend["metadata"]["annotations"]["meta.helm.sh/release-name"], "circleci-server");
}

TEST(PrintedCommands, NameContextAndKubeconfigAlsoOfMessage) {
  const Installation installation;
  std::filesystem::create_directories(installation.folder / "output");
  write(installation.folder / "output/helm-values.yaml", "global: {domainName: ci.example.com}\n");
  const std::string file = installation.server.kubeconfig_path().string();

  EXPECT_THAT(installation.run({"message"}).out,
              HasSubstr("helm upgrade circleci-server -n circleci-server --kube-context test --kubeconfig " +
                        file + " -f "));
  EXPECT_THAT(
      installation.run({"message", "--context", "my prod"}).out,
      HasSubstr("helm upgrade circleci-server -n circleci-server --kube-context 'my prod' --kubeconfig "));
  const Finished two = installation.run(Start{.arguments = {"message"},
                                              .environment = {{"KUBECONFIG", "/no/such/file:" + file}},
                                              .input = {},
                                              .folder = {},
                                              .meanwhile = {}});
  EXPECT_THAT(two.out, HasSubstr("KUBECONFIG=/no/such/file:" + file +
                                 " helm upgrade circleci-server -n circleci-server --kube-context test -f "));
  const Finished none = installation.run(Start{.arguments = {"message"},
                                               .environment = {{"KUBECONFIG", ""}},
                                               .input = {},
                                               .folder = {},
                                               .meanwhile = {}});
  EXPECT_THAT(none.out, HasSubstr("helm upgrade circleci-server -n circleci-server -f "));
}

TEST(ScriptFlags, FlywayRunsThatStepAlone) {
  Installation installation;

  const Finished run = installation.run({"-f", "flyway", "--yes"});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(installation.server.count_requests("PATCH", "/deployments/"), 0U);
  EXPECT_THAT(read(installation.folder / "logs/circle-migrator.log"), StartsWith("Flyway"));
}

TEST(Flyway, WhoseJobFailsSaysSoAndKeepsJobAndLog) {
  apiserver::ApiServerOptions options;
  Installation installation(options);
  installation.server.seed(
      "apiVersion: testing/v1\nkind: JobBehaviour\nname: circle-migrator\n"
      "lines: [\"ERROR: relation is locked\"]\noutcome: fail\nexitCode: 1\n");

  const Finished run = installation.run({"flyway", "--yes"});

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(
      run.err,
      AllOf(HasSubstr("the database migration failed"), HasSubstr("logs/circle-migrator.log"),
            ::testing::ContainsRegex(
                "kubectl -n circleci-server --context test --kubeconfig [^ ]+ delete job circle-migrator")));
  EXPECT_TRUE(installation.server.get("Job", kNamespace, "circle-migrator"));
  EXPECT_THAT(read(installation.folder / "logs/circle-migrator.log"), HasSubstr("relation is locked"));
}

TEST(Flyway, EndsWithWhatIsLeftToDo) {
  const Installation installation;

  EXPECT_THAT(
      installation.run({"flyway", "--yes", "-n", kNamespace}).err,
      HasSubstr("note: the database is migrated; still to do: `kots-export postgres -n circleci-server`, "
                "then `kots-export message -n circleci-server`"));
  ASSERT_EQ(installation.run({"postgres", "--yes"}).exit_code, 0);
  EXPECT_THAT(installation.run({"flyway", "--yes"}).err, HasSubstr("still to do: `kots-export message`\n"));
}

TEST(Flyway, WhoseImageCannotBePulledDoesNotWaitForTheTimeout) {
  Installation installation;
  installation.server.seed(
      "apiVersion: testing/v1\nkind: JobBehaviour\nname: circle-migrator\noutcome: image-pull-error\n");

  const Finished run = installation.run({"flyway", "--yes", "--timeout", "600"});

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("the database migration cannot start"));
}

}  // namespace

}  // namespace kots_export::test
