#include "cli/installation.h"

#include <algorithm>
#include <regex>

#include <gmock/gmock.h>

namespace kots_export::test {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// How many requests of one method came for a path and query that hold `part`.
std::size_t writes_for(const Installation& installation, const std::string& part) {
  std::size_t count = 0;
  for (const char* method : {"POST", "PATCH", "DELETE"})
    count += installation.server.count_requests(method, part);
  return count;
}

TEST(Run, MigratesTheInstallation) {
  Installation installation;

  const Finished run = installation.run(Installation::whole_run());

  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json frontend = installation.server.get("Deployment", kNamespace, "frontend").value();
  EXPECT_EQ(frontend["metadata"]["annotations"]["meta.helm.sh/release-name"], "circleci-server");
  EXPECT_EQ(frontend["metadata"]["annotations"]["meta.helm.sh/release-namespace"], kNamespace);
  EXPECT_EQ(frontend["metadata"]["labels"]["app.kubernetes.io/managed-by"], "Helm");
  EXPECT_FALSE(frontend["metadata"]["labels"].contains("kots.io/app-slug"));
  EXPECT_FALSE(frontend["metadata"]["labels"].contains("kots.io/backup"));
  EXPECT_FALSE(frontend["metadata"]["annotations"].contains("kots.io/app-slug"));
  EXPECT_FALSE(installation.server.get("Deployment", kNamespace, "kotsadm"));
  EXPECT_FALSE(installation.server.get("Secret", kNamespace, "kotsadm-sessions"));
  EXPECT_FALSE(installation.server.get("Job", kNamespace, "inject-bottoken-abc123"));
  EXPECT_FALSE(installation.server.get("StatefulSet", kNamespace, "postgresql"));
  EXPECT_FALSE(installation.server.get("Secret", kNamespace, "postgresql"));
  EXPECT_FALSE(installation.server.get("Job", kNamespace, "circle-migrator"));
  EXPECT_TRUE(installation.server.get("Pod", kNamespace, "postgresql-0")) << "its Pods are orphaned";
  EXPECT_TRUE(installation.server.get("PersistentVolumeClaim", kNamespace, "data-postgresql-0"));
}

TEST(Run, AnnotatesWhatOnlyTheReleasesManifestNames) {
  Installation installation;

  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);

  const json ingress = installation.server.get("Ingress", kNamespace, "circleci-ingress").value();
  EXPECT_EQ(ingress["metadata"]["annotations"]["meta.helm.sh/release-name"], "circleci-server");
  const json role = installation.server.get("ClusterRole", "", "circleci-server-kong").value();
  EXPECT_EQ(role["metadata"]["annotations"]["meta.helm.sh/release-name"], "circleci-server");
}

TEST(Run, LeavesTheObjectsOfAnotherReleaseAlone) {
  Installation installation;

  const Finished run = installation.run(Installation::whole_run());

  const json other = installation.server.get("Deployment", kNamespace, "other").value();
  EXPECT_EQ(other["metadata"]["annotations"]["meta.helm.sh/release-name"], "other");
  EXPECT_THAT(run.err, HasSubstr("Deployment other belongs to Helm release other"));
}

TEST(Run, PrintsTheNextStepsOnStandardOutput) {
  Installation installation;

  const Finished run = installation.run(Installation::whole_run({"--target-version", "4.1.2"}));

  EXPECT_THAT(
      run.out,
      AllOf(
          HasSubstr("helm registry login cciserver.azurecr.io --username"),
          HasSubstr("helm diff upgrade circleci-server -n circleci-server --kube-context test --kubeconfig " +
                    installation.server.kubeconfig_path().string() + " -f "),
          HasSubstr("oci://cciserver.azurecr.io/circleci-server --version 4.1.2\n"),
          HasSubstr("server.circleci.example.com:4647")));
}

// Before 1.22 the server refuses what Helm then does.
TEST(Run, PrintsAnUpgradeByForceWhereTheServerTakesIt) {
  apiserver::ApiServerOptions options;
  options.minor = 24;
  const Installation installation(options);

  const Finished run = installation.run(Installation::whole_run());

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr(" --force\n"));
}

TEST(Run, ShowsTheMigratorsLogAsItComesAndKeepsIt) {
  Installation installation;

  const Finished run = installation.run(Installation::whole_run());

  constexpr const char* kLine = "Successfully applied 41 migrations";
  EXPECT_THAT(run.err, HasSubstr(kLine));
  EXPECT_THAT(read(installation.folder / "logs/circle-migrator.log"), HasSubstr(kLine));
}

TEST(Run, KeepsEveryFileToItsOwner) {
  Installation installation;

  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);

  using std::filesystem::perms;
  constexpr perms kOthers = perms::group_all | perms::others_all;
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(installation.folder)) {
    ++seen;
    EXPECT_EQ(entry.status().permissions() & kOthers, perms::none) << entry.path();
  }
  EXPECT_GE(seen, 8U) << "output, logs, backup and what is in them";
}

TEST(Run, PrintsNoSecret) {
  Installation installation;

  const Finished run = installation.run(Installation::whole_run({"--verbose"}));

  for (const char* secret : {"p@ss w0rd", "registry-pass", "session-key", "4x-license", "made", "p%40ss"}) {
    SCOPED_TRACE(secret);
    EXPECT_THAT(run.out + run.err, Not(HasSubstr(secret)));
    for (const auto& [name, content] : files_below(installation.folder / "logs"))
      EXPECT_THAT(content, Not(HasSubstr(secret))) << name;
  }
}

TEST(Run, TouchesEachObjectOnce) {
  Installation installation;

  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);

  EXPECT_EQ(writes_for(installation, "/deployments/frontend"), 1U);
  EXPECT_EQ(writes_for(installation, "/configmaps/frontend-config"), 1U);
}

TEST(Run, ASecondTimeWritesOnlyWhatTheMigratorNeedsAndSaysSo) {
  Installation installation;
  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);
  installation.server.seed(R"(
apiVersion: v1
kind: Secret
metadata: {name: postgresql, namespace: circleci-server, labels: {app.kubernetes.io/managed-by: Helm}, annotations: {meta.helm.sh/release-name: circleci-server, meta.helm.sh/release-namespace: circleci-server}}
stringData: {postgresql-password: again}
)");
  installation.server.clear_requests();

  const Finished run = installation.run(Installation::whole_run());

  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(installation.server.count_requests("PATCH", ""),
            installation.server.count_requests("PATCH", "/secrets/circle-migrator-database"));
  EXPECT_THAT(run.err, HasSubstr("nothing to do: 0 to patch, 0 to delete"));
}

TEST(Run, ASecondTimeKeepsTheValuesFileAndItsMongoPassword) {
  Installation installation;
  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);
  const std::string first = read(installation.folder / "output/helm-values.yaml");

  ASSERT_EQ(installation.run(Installation::whole_run()).exit_code, 0);

  EXPECT_EQ(read(installation.folder / "output/helm-values.yaml"), first);
  EXPECT_FALSE(std::filesystem::exists(installation.folder / "output/helm-values.yaml.1"));
}

TEST(Run, WithAnnotateZeroSetsNoHelmMarks) {
  Installation installation;

  ASSERT_EQ(installation.run(Installation::whole_run({"-r", "0"})).exit_code, 0);

  const json frontend = installation.server.get("Deployment", kNamespace, "frontend").value();
  EXPECT_FALSE(frontend["metadata"]["annotations"].contains("meta.helm.sh/release-name"));
  EXPECT_FALSE(frontend["metadata"]["labels"].contains("kots.io/app-slug"));
}

TEST(DryRun, OfTheClientSendsNoWriteAndWritesNoFile) {
  Installation installation;
  const json before = installation.snapshot();

  const Finished run = installation.run(Installation::whole_run({"--dry-run=client"}));

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(installation.server.count_writes(), 0U);
  EXPECT_EQ(installation.snapshot(), before);
  EXPECT_TRUE(files_below(installation.folder).empty());
}

TEST(DryRun, OfTheClientPrintsEveryChangeWithMaskedSecrets) {
  Installation installation;

  const Finished run = installation.run(Installation::whole_run({"--dry-run=client"}));

  EXPECT_THAT(run.out, Not(HasSubstr("Next steps"))) << "the files that they name are not there";
  EXPECT_THAT(run.out, AllOf(HasSubstr("delete Deployment kotsadm"), HasSubstr("patch Deployment frontend"),
                             HasSubstr("create and delete Job circle-migrator"),
                             HasSubstr("(dry run: nothing was changed)")));
  EXPECT_THAT(run.out + run.err, Not(HasSubstr("p@ss w0rd")));
  EXPECT_THAT(run.out + run.err, Not(HasSubstr("cEBzcyB3MHJk"))) << "nor in base64";
}

TEST(DryRun, OfTheServerSendsEverythingWithDryRunAllAndChangesNothing) {
  Installation installation;
  const json before = installation.snapshot();

  const Finished run = installation.run(Installation::whole_run({"--dry-run=server"}));

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(installation.server.count_writes(), 0U);
  EXPECT_GT(installation.server.count_requests("PATCH"), 10U);
  EXPECT_GT(installation.server.count_requests("DELETE"), 5U);
  EXPECT_EQ(installation.snapshot(), before);
  EXPECT_TRUE(files_below(installation.folder).empty());
}

TEST(DryRun, WithDetailedExitcodeEndsWithThreeWhereChangesArePending) {
  Installation installation;
  const std::vector<std::string> annotate = {"annotate", "--dry-run=client", "--detailed-exitcode"};

  EXPECT_EQ(installation.run(annotate).exit_code, 3);
  ASSERT_EQ(installation.run({"annotate", "--yes"}).exit_code, 0);
  EXPECT_EQ(installation.run(annotate).exit_code, 0);
}

}  // namespace

}  // namespace kots_export::test
