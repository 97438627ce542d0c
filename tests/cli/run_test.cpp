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

  for (const char* secret : {"p@ss w0rd", "registry-pass", "session-key", "4x-licence", "made", "p%40ss"}) {
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

class EditedValues : public ::testing::Test {
 protected:
  EditedValues() {
    EXPECT_EQ(installation_.run(Installation::whole_run()).exit_code, 0);
    written_ = read(file_);
    edited_ = written_ + "# checked by Jo\nextra: 1\n";
    write(file_, edited_);
  }

  [[nodiscard]] std::string in_output(const std::string& name) const {
    const auto file = installation_.folder / "output" / name;
    return std::filesystem::exists(file) ? read(file) : "";
  }

  Installation installation_;
  std::filesystem::path file_ = installation_.folder / "output/helm-values.yaml";
  std::string written_;
  std::string edited_;
};

TEST_F(EditedValues, StayAndTheNewOnesGoBeside) {
  const Finished run = installation_.run(Installation::whole_run());

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(read(file_), edited_);
  EXPECT_EQ(in_output("helm-values.new.yaml"), written_);
  EXPECT_EQ(in_output("helm-values.yaml.1"), "");
  EXPECT_THAT(run.err, AllOf(HasSubstr("note: ./output/helm-values.yaml was edited"),
                             HasSubstr("./output/helm-values.new.yaml"), HasSubstr("5 warnings")));
  EXPECT_THAT(run.out, HasSubstr(" -f " + file_.string() + " "));
}

TEST_F(EditedValues, AreReplacedWhenTold) {
  const Finished run = installation_.run(Installation::whole_run({"--overwrite-values"}));

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(read(file_), written_);
  EXPECT_EQ(in_output("helm-values.yaml.1"), edited_);
  EXPECT_THAT(run.err, HasSubstr("helm-values.yaml.1"));
}

TEST_F(EditedValues, AreNamedInThePlan) {
  const Finished plan = installation_.run(Installation::whole_run({"--dry-run=client"}));
  const Finished told =
      installation_.run(Installation::whole_run({"--dry-run=client", "--overwrite-values"}));

  EXPECT_THAT(plan.out, HasSubstr("written to ./output/helm-values.new.yaml: a new file beside the edited"));
  EXPECT_THAT(told.out, HasSubstr("written to ./output/helm-values.yaml: replaces the edited file"));
}

TEST_F(EditedValues, StayUnderASavedPlanToo) {
  std::filesystem::remove(file_);
  ASSERT_EQ(installation_.run({"plan", "--license", "4x-licence", "--out", "migration.plan"}).exit_code, 0);
  write(file_, edited_);

  EXPECT_THAT(installation_.run({"plan", "show", "migration.plan"}).out, HasSubstr("helm-values.new.yaml"));
  const Finished run = installation_.run({"apply", "migration.plan", "--yes"});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(read(file_), edited_);
  EXPECT_NE(in_output("helm-values.new.yaml"), "");
}

TEST_F(EditedValues, AreReplacedByASavedPlanThatSaysSo) {
  ASSERT_EQ(
      installation_.run({"plan", "--license", "4x-licence", "--overwrite-values", "--out", "migration.plan"})
          .exit_code,
      0);

  ASSERT_EQ(installation_.run({"apply", "migration.plan", "--yes"}).exit_code, 0);
  EXPECT_EQ(read(file_), written_);
}

class Corrections : public ::testing::Test {
 protected:
  Corrections() {
    write(installation_.folder / "one.yaml", "smtp: {port: 2525, password: hunter2}\n");
    write(installation_.folder / "two.yaml", "smtp: {port: 2626}\n");
  }
  [[nodiscard]] std::string values() const { return read(installation_.folder / "output/helm-values.yaml"); }

  Installation installation_;
  std::vector<std::string> both_ = {"--values", "one.yaml", "--values", "two.yaml"};
};

TEST_F(Corrections, AreNamedInThePlanInTheirOrderWithoutTheirContent) {
  const Finished plan = installation_.run(
      Installation::whole_run({"--dry-run=client", "--values", "one.yaml", "--values", "two.yaml"}));

  EXPECT_THAT(plan.out, ::testing::ContainsRegex("corrected by one.yaml, sha256 [0-9a-f]+\n"
                                                 "  corrected by two.yaml, sha256 "));
  EXPECT_THAT(plan.out + plan.err, Not(HasSubstr("hunter2")));
}

TEST_F(Corrections, AreKeptForTheNextRunAlthoughTheFilesAreGone) {
  ASSERT_EQ(installation_.run(Installation::whole_run(both_)).exit_code, 0);
  const std::string first = values();
  EXPECT_THAT(first, HasSubstr("2626"));
  std::filesystem::remove(installation_.folder / "one.yaml");
  std::filesystem::remove(installation_.folder / "two.yaml");

  const Finished again = installation_.run(Installation::whole_run());

  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(values(), first);
  EXPECT_THAT(again.err, HasSubstr("one.yaml, two.yaml"));
}

TEST_F(Corrections, AreReplacedAndDropped) {
  ASSERT_EQ(installation_.run(Installation::whole_run(both_)).exit_code, 0);

  ASSERT_EQ(installation_.run(Installation::whole_run({"--values", "one.yaml"})).exit_code, 0);
  ASSERT_EQ(installation_.run(Installation::whole_run()).exit_code, 0);
  EXPECT_THAT(values(), AllOf(HasSubstr("2525"), Not(HasSubstr("2626"))));

  ASSERT_EQ(installation_.run(Installation::whole_run({"--values", "/dev/null"})).exit_code, 0);
  const Finished last = installation_.run(Installation::whole_run());
  EXPECT_THAT(values(), Not(HasSubstr("2525")));
  EXPECT_THAT(last.err, Not(HasSubstr("one.yaml")));
}

TEST_F(Corrections, OfASavedPlanAreKeptByApply) {
  ASSERT_EQ(installation_
                .run({"plan", "--license", "4x-licence", "--values", "one.yaml", "--out", "migration.plan"})
                .exit_code,
            0);
  EXPECT_FALSE(std::filesystem::exists(installation_.folder / "output"));
  std::filesystem::remove(installation_.folder / "one.yaml");

  EXPECT_THAT(installation_.run({"plan", "show", "migration.plan"}).out, HasSubstr("corrected by one.yaml"));
  EXPECT_EQ(installation_.run({"apply", "migration.plan", "--yes", "--values", "two.yaml"}).exit_code, 2);
  ASSERT_EQ(installation_.run({"apply", "migration.plan", "--yes"}).exit_code, 0);

  EXPECT_THAT(installation_.run(Installation::whole_run()).err, HasSubstr("one.yaml"));
  EXPECT_THAT(values(), HasSubstr("2525"));
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
