#include "cli/installation.h"

#include <fstream>

#include <gmock/gmock.h>
#include <sys/stat.h>

// A plan in a file, and carrying exactly that out.
namespace kots_export::test {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SavedPlan : public ::testing::Test {
 protected:
  void save(std::vector<std::string> what = {"--license", "4x-license"}) {
    what.insert(what.begin(), "plan");
    what.insert(what.end(), {"--out", "migration.plan"});
    const Finished run = installation_.run(what);
    ASSERT_EQ(run.exit_code, 0) << run.err;
    installation_.server.clear_requests();
  }

  Finished apply(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"apply", "migration.plan", "--yes"});
    return installation_.run(more);
  }

  // Nothing was written, to the cluster or into a folder.
  void expect_refused(const Finished& run, int exit_code) const {
    EXPECT_EQ(run.exit_code, exit_code) << run.err;
    EXPECT_EQ(installation_.server.count_writes(), 0U);
    EXPECT_FALSE(std::filesystem::exists(installation_.folder / "output/helm-values.yaml"));
    EXPECT_FALSE(std::filesystem::exists(installation_.folder / "backup"));
  }

  [[nodiscard]] std::filesystem::path file() const { return installation_.folder / "migration.plan"; }

  void touch(const std::string& kind, const std::string& name, const json& patch) {
    json object = installation_.server.get(kind, kNamespace, name).value();
    object.merge_patch(patch);
    installation_.server.put(object);
  }

  // jane may be refused something; the admin may do everything.
  static apiserver::ApiServerOptions with_jane() {
    apiserver::ApiServerOptions options;
    options.tokens = {"jane-token=jane"};
    return options;
  }

  Installation installation_{with_jane()};
};

TEST_F(SavedPlan, IsPrivateAndTheOperatorIsTold) {
  const Finished run = installation_.run({"plan", "annotate", "--out", "migration.plan"});

  EXPECT_THAT(run.err, AllOf(HasSubstr("warning: migration.plan holds passwords"),
                             HasSubstr("saved plan (it holds secrets): migration.plan")));
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(file()).permissions(), perms::owner_read | perms::owner_write);
}

// From the header on, without the last line, which says that nothing was changed.
std::string plan_in(const std::string& out) {
  const auto begin = out.find("cluster: ");
  return begin == std::string::npos ? out : out.substr(begin, out.rfind('\n', out.size() - 2) - begin);
}

TEST_F(SavedPlan, IsShownAsItWasPlannedWithoutACluster) {
  const Finished planned =
      installation_.run({"plan", "--license", "4x-license", "--out", "migration.plan", "--verbose"});
  ASSERT_EQ(planned.exit_code, 0) << planned.err;
  installation_.server.clear_requests();

  const Finished shown = installation_.run({"plan", "show", "migration.plan", "--verbose"});

  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(plan_in(shown.out), plan_in(planned.out));
  EXPECT_THAT(shown.out, HasSubstr("\n(saved plan: nothing was changed)\n"));
  EXPECT_TRUE(installation_.server.requests().empty());
  const std::string saved = read(file());
  for (const char* secret : {"4x-license", "p@ss w0rd"}) {
    SCOPED_TRACE(secret);
    ASSERT_THAT(saved, HasSubstr(secret));
    EXPECT_THAT(shown.out + shown.err, Not(HasSubstr(secret)));
  }
}

TEST_F(SavedPlan, IsShownAsADocument) {
  save({"annotate"});

  const json report = json::parse(installation_.run({"plan", "show", "migration.plan", "-o", "json"}).out);

  EXPECT_EQ(report["target"]["context"], "test");
  EXPECT_EQ(report["savedPlan"]["appliedAt"], nullptr);
  EXPECT_EQ(report["summary"]["patch"], report["changes"].size());
  EXPECT_FALSE(report["changes"].empty());
}

TEST_F(SavedPlan, ThatWasCarriedOutIsShownAsSuch) {
  save({"annotate"});
  ASSERT_EQ(apply().exit_code, 0);

  EXPECT_THAT(installation_.run({"plan", "show", "migration.plan"}).out, HasSubstr("\n(carried out on 20"));
}

TEST_F(SavedPlan, OfAnEarlierVersionHasNoNamesAndIsShown) {
  save({"annotate"});
  json document = json::parse(read(file()));
  for (const char* key : {"context", "user", "chart"}) document["target"].erase(key);
  std::ofstream(file()) << document.dump();

  const Finished run = installation_.run({"plan", "show", "migration.plan"});

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(Not(HasSubstr("context:")), Not(HasSubstr("chart:"))));
}

TEST_F(SavedPlan, IsShownAlone) {
  EXPECT_EQ(installation_.run({"plan", "annotate", "show", "migration.plan"}).exit_code, 2);
  EXPECT_EQ(installation_.run({"plan", "--out", "f", "show", "migration.plan"}).exit_code, 2);
  EXPECT_EQ(installation_.run({"plan", "show"}).exit_code, 2);
  EXPECT_EQ(installation_.run({"plan", "show", "is-not-there"}).exit_code, 1);
}

TEST_F(SavedPlan, IsAppliedUnderItsOwnHeader) {
  save({"annotate"});
  const std::string planned =
      "planned: " + json::parse(read(file()))["createdAt"].get<std::string>() + " by kots-export ";

  EXPECT_THAT(installation_.run({"apply", "migration.plan", "--dry-run=client"}).out, HasSubstr(planned));
  EXPECT_THAT(apply().err, HasSubstr(planned));
}

TEST_F(SavedPlan, OfTheWholeMigrationDoesWhatTheRunDoes) {
  save();

  const Finished run = apply();

  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json frontend = installation_.server.get("Deployment", kNamespace, "frontend").value();
  EXPECT_EQ(frontend["metadata"]["annotations"]["meta.helm.sh/release-name"], "circleci-server");
  EXPECT_FALSE(frontend["metadata"]["labels"].contains("kots.io/app-slug"));
  EXPECT_FALSE(installation_.server.get("Deployment", kNamespace, "kotsadm"));
  EXPECT_FALSE(installation_.server.get("StatefulSet", kNamespace, "postgresql"));
  EXPECT_FALSE(installation_.server.get("Job", kNamespace, "circle-migrator"));
  EXPECT_THAT(read(installation_.folder / "logs/circle-migrator.log"), HasSubstr("Successfully applied"));
  EXPECT_THAT(run.out, HasSubstr("helm upgrade circleci-server"));
}

TEST_F(SavedPlan, HoldsTheValuesWithTheirGeneratedPassword) {
  save();
  const std::string planned = json::parse(read(file()))["values"]["v4"].get<std::string>();

  ASSERT_EQ(apply().exit_code, 0);

  EXPECT_EQ(read(installation_.folder / "output/helm-values.yaml"), planned);
  EXPECT_THAT(planned, HasSubstr("license: 4x-license"));
}

TEST_F(SavedPlan, OfOneStepDoesThatStepAlone) {
  save({"annotate"});

  ASSERT_EQ(apply().exit_code, 0);

  EXPECT_EQ(installation_.server.count_requests("DELETE"),
            installation_.server.count_requests("DELETE", "/leases/"));
  EXPECT_EQ(installation_.server.count_requests("POST", "/jobs"), 0U);
  EXPECT_FALSE(std::filesystem::exists(installation_.folder / "output/helm-values.yaml"));
}

TEST_F(SavedPlan, MeetsAChangeAfterItsChecksWithTheServersConflict) {
  save({"annotate"});
  // The list that the checks read is answered late: meanwhile somebody writes.
  installation_.server.add_fault("delay=400 times=1 method=PATCH path=/configmaps/frontend-config");
  bool touched = false;
  const Finished run = installation_.run(
      Start{.arguments = {"apply", "migration.plan", "--yes", "--concurrency", "1"},
            .environment = {},
            .input = {},
            .folder = {},
            .meanwhile = [&](pid_t) {
              if (touched || installation_.server.count_requests("PATCH") == 0) return;
              touched = true;
              touch("Deployment", "frontend", {{"metadata", {{"labels", {{"team", "blue"}}}}}});
            }});

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("Deployment frontend"));
  const json frontend = installation_.server.get("Deployment", kNamespace, "frontend").value();
  EXPECT_FALSE(frontend["metadata"]["labels"].contains("app.kubernetes.io/managed-by"));
}

TEST_F(SavedPlan, IsCarriedOutOnce) {
  save();
  ASSERT_EQ(apply().exit_code, 0);
  installation_.server.clear_requests();

  const Finished again = apply();

  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.err,
              AllOf(HasSubstr("migration.plan was carried out on 20"), HasSubstr("nothing to do")));
  EXPECT_EQ(installation_.server.count_writes(), 0U);
}

TEST_F(SavedPlan, ThatWasCutOffGoesOn) {
  save({"annotate"});
  installation_.server.deny("jane patch deployments");
  const Finished cut = apply({"--token", "jane-token", "--skip-check", "permissions"});
  ASSERT_EQ(cut.exit_code, 1);
  installation_.server.allow_all_again();
  installation_.server.clear_requests();

  const Finished run = apply();

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("of the plan's changes are there already"));
  EXPECT_EQ(installation_.server.count_requests("PATCH", "/configmaps/"), 0U);
  const json frontend = installation_.server.get("Deployment", kNamespace, "frontend").value();
  EXPECT_EQ(frontend["metadata"]["labels"]["app.kubernetes.io/managed-by"], "Helm");
}

TEST_F(SavedPlan, IsRefusedAsAWholeWhereOneObjectChanged) {
  save();
  touch("ConfigMap", "frontend-config", {{"data", {{"POSTGRES_HOST", "elsewhere"}}}});

  const Finished run = apply();

  expect_refused(run, 4);
  EXPECT_THAT(run.err, AllOf(HasSubstr("ConfigMap frontend-config was changed"), HasSubstr("plan --out"),
                             Not(HasSubstr("elsewhere"))));
}

TEST_F(SavedPlan, IsRefusedWhereALabelChanged) {
  save({"annotate"});
  touch("Deployment", "frontend", {{"metadata", {{"labels", {{"team", "blue"}}}}}});

  const Finished run = apply();

  expect_refused(run, 4);
  EXPECT_THAT(run.err, HasSubstr("Deployment frontend was changed: label team"));
}

TEST_F(SavedPlan, IsNotOutOfDateWhereAnObjectOnlyReportedItsStatus) {
  save({"annotate"});
  touch("Deployment", "frontend", {{"status", {{"readyReplicas", 7}}}});
  touch("Service", "frontend", {{"status", {{"loadBalancer", {{"ingress", json::array()}}}}}});

  const Finished run = apply();

  EXPECT_EQ(run.exit_code, 0) << run.err;
  const json frontend = installation_.server.get("Deployment", kNamespace, "frontend").value();
  EXPECT_EQ(frontend["metadata"]["labels"]["app.kubernetes.io/managed-by"], "Helm");
}

TEST_F(SavedPlan, IsRefusedWhereAnObjectWasReplaced) {
  save({"annotate"});
  json object = installation_.server.get("ConfigMap", kNamespace, "frontend-config").value();
  ASSERT_TRUE(installation_.server.remove("ConfigMap", kNamespace, "frontend-config"));
  object["metadata"].erase("uid");
  object["metadata"].erase("resourceVersion");
  installation_.server.put(object);

  const Finished run = apply();

  expect_refused(run, 4);
  EXPECT_THAT(run.err, HasSubstr("was replaced by another object"));
}

TEST_F(SavedPlan, IsRefusedWhereAnObjectToPatchIsGone) {
  save({"annotate"});
  ASSERT_TRUE(installation_.server.remove("ConfigMap", kNamespace, "frontend-config"));

  const Finished run = apply();

  expect_refused(run, 4);
  EXPECT_THAT(run.err, HasSubstr("does not exist any more"));
}

TEST_F(SavedPlan, IsRefusedWhereAnObjectToCreateIsThere) {
  save({"flyway"});
  installation_.server.seed(
      "apiVersion: batch/v1\nkind: Job\nmetadata: {name: circle-migrator, namespace: circleci-server}\n"
      "spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}}\n");

  const Finished run = apply();

  expect_refused(run, 4);
  EXPECT_THAT(run.err, HasSubstr("Job circle-migrator exists already"));
}

// Its manifest and values are not those that the plan was made from.
TEST_F(SavedPlan, IsRefusedWhereTheReleaseWasUpgradedSince) {
  save();
  installation_.server.seed(R"({"apiVersion": "testing/v1", "kind": "HelmRelease", "name": "circleci-server",
    "namespace": "circleci-server", "revision": 2, "status": "deployed", "chartName": "circleci-server",
    "chartVersion": "3.4.5", "config": {}, "manifest": ""})");

  const Finished applied = apply();

  expect_refused(applied, 4);
  EXPECT_THAT(applied.err, AllOf(HasSubstr("it was made from revision 1 of release circleci-server"),
                                 HasSubstr("now revision 2 is the one that runs"),
                                 HasSubstr("kots-export plan --out FILE --license-file LICENSE-FILE")));
}

TEST_F(SavedPlan, IsNotWrittenIntoAPipe) {
  ASSERT_EQ(::mkfifo((installation_.folder / "pipe").c_str(), 0600), 0);
  for (const char* file : {"pipe", "/dev/stdout"}) {
    const Finished run = installation_.run({"plan", "annotate", "--out", file});
    EXPECT_NE(run.exit_code, 0) << file;
    EXPECT_THAT(run.err, HasSubstr("holds secrets")) << file;
  }
}

TEST_F(SavedPlan, OfAnotherClusterIsRefused) {
  save();
  Installation other;

  const Finished run = other.run({"apply", file().string(), "--yes"});

  EXPECT_EQ(run.exit_code, 4);
  EXPECT_THAT(run.err, HasSubstr("the plan is for another cluster"));
  EXPECT_EQ(other.server.count_writes(), 0U);
}

TEST_F(SavedPlan, OfAnotherNamespaceOrReleaseIsRefused) {
  save();

  const Finished other_namespace = apply({"-n", "elsewhere"});
  const Finished other_release = apply({"--release-name", "another"});

  expect_refused(other_namespace, 4);
  EXPECT_THAT(other_namespace.err, HasSubstr("the plan is for namespace circleci-server, not elsewhere"));
  expect_refused(other_release, 4);
}

TEST_F(SavedPlan, InADryRunIsOnlyShown) {
  save();

  const Finished run = apply({"--dry-run=client", "--detailed-exitcode"});

  EXPECT_EQ(run.exit_code, 3) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("~ patch Deployment frontend"), Not(HasSubstr("p@ss w0rd"))));
  EXPECT_EQ(installation_.server.count_writes(), 0U);
  EXPECT_EQ(json::parse(read(file()))["appliedAt"], "");
}

TEST_F(SavedPlan, InAServerDryRunIsAccepted) {
  save();

  const Finished run = apply({"--dry-run=server"});

  EXPECT_EQ(run.exit_code, 0) << run.err << run.out;
  EXPECT_EQ(installation_.server.count_writes(), 0U);
}

TEST_F(SavedPlan, DoesNotReplaceAFileThatIsNoPlan) {
  write(file(), "precious: true\n");

  const Finished run = installation_.run({"plan", "annotate", "--out", "migration.plan"});

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(read(file()), "precious: true\n");
}

TEST_F(SavedPlan, ReplacesAnEarlierPlan) {
  save({"annotate"});
  save({"postgres"});

  EXPECT_EQ(json::parse(read(file()))["part"], "postgres");
}

TEST_F(SavedPlan, IsNotWrittenToStandardOutput) {
  const Finished run = installation_.run({"plan", "annotate", "--out", "-"});

  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("secrets"));
}

TEST_F(SavedPlan, ThatIsDamagedOrForeignIsRefusedWithItsReason) {
  save({"annotate"});
  const std::string good = read(file());
  const auto with = [&good](const std::string& pointer, const json& value) {
    json document = json::parse(good);
    document[json::json_pointer(pointer)] = value;
    return document.dump();
  };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "is empty"},
      {"\xff\xfe", "cut off"},
      {good.substr(0, good.size() / 2), "cut off"},
      {"{}", "not written by kots-export plan"},
      {"[1, 2]", "not written by kots-export plan"},
      {"kind: Plan\n", "cut off"},
      {with("/apiVersion", "kots-export/v99"), "newer kots-export"},
      {with("/apiVersion", "v1"), "not written by kots-export plan"},
      {with("/part", "everything"), "plan.part is unknown: everything"},
      {with("/target", nullptr), "plan.target is of a wrong type"},
      {with("/target/namespaceUid", ""), "target.namespaceUid"},
      {with("/plans/metadata/changes/0/verb", "upsert"), "plans.metadata.changes[0].verb is unknown: upsert"},
      {with("/plans/metadata/changes/1/object/uid", ""), "plans.metadata.changes[1].object.uid is empty"},
      {with("/plans/metadata/changes/1/object/name", 7),
       "plans.metadata.changes[1].object.name is of a wrong type"},
  };
  for (const auto& [content, words] : cases) {
    SCOPED_TRACE(content.substr(0, 60));
    write(file(), content);
    const Finished run = apply();
    expect_refused(run, 1);
    EXPECT_THAT(run.err, AllOf(HasSubstr("error: "), HasSubstr("migration.plan"), HasSubstr(words)));
  }
}

TEST_F(SavedPlan, ThatIsMissingIsNamed) {
  const Finished run = installation_.run({"apply", "nowhere.plan", "--yes"});

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("nowhere.plan"));
}

TEST_F(SavedPlan, IsReadFromStandardInputToo) {
  save({"annotate"});

  const Finished run = installation_.run({"apply", "-", "--yes"}, read(file()));

  EXPECT_EQ(run.exit_code, 0) << run.err;
}

}  // namespace

}  // namespace kots_export::test
