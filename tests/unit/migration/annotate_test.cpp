#include <kots_export/migration/annotate.h>
#include <kots_export/migration/names.h>

#include "unit/migration/migration_fixture.h"

#include <array>

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Annotate : public MigrationTest {
 protected:
  change::Plan plan(TakeOwnership take = TakeOwnership::no, std::string_view manifest = {}) {
    return plan_annotate(context, read_inventory(context, manifest), take);
  }

  static json marks(const std::string& release = "circleci-server", const std::string& ns = kNs) {
    return {
        {"name", "x"},
        {"namespace", kNs},
        {"labels", {{"app.kubernetes.io/managed-by", "Helm"}}},
        {"annotations", {{"meta.helm.sh/release-name", release}, {"meta.helm.sh/release-namespace", ns}}}};
  }

  // A ConfigMap x with that metadata, and the release Secret of `release`.
  void put_config_map(const json& metadata) {
    server.put({{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", metadata}});
  }
  void put_release_secret(const std::string& release) {
    server.put({{"apiVersion", "v1"},
                {"kind", "Secret"},
                {"type", "helm.sh/release.v1"},
                {"metadata", {{"name", "sh.helm.release.v1." + release + ".v3"}, {"namespace", kNs}}}});
  }
};

TEST_F(Annotate, SetsWhatHelmUpgradeChecksInOnePatch) {
  put_config_map({{"name", "x"}, {"namespace", kNs}});

  const change::Plan result = plan();

  const change::Change* change = find_change(result, "ConfigMap", "x");
  ASSERT_NE(change, nullptr);
  EXPECT_EQ(change->verb, change::Verb::patch);
  EXPECT_EQ(change->after, json::parse(R"({"metadata": {
      "labels": {"app.kubernetes.io/managed-by": "Helm"},
      "annotations": {"meta.helm.sh/release-name": "circleci-server",
                      "meta.helm.sh/release-namespace": "circleci-server"}}})"));
  EXPECT_EQ(change->before, json::parse(R"({"metadata": {
      "labels": {"app.kubernetes.io/managed-by": null},
      "annotations": {"meta.helm.sh/release-name": null, "meta.helm.sh/release-namespace": null}}})"));
  EXPECT_FALSE(change->object.uid.empty());
}

TEST_F(Annotate, OverwritesOnlyWhatDiffers) {
  json metadata = marks("circleci-server", "old-namespace");
  metadata["labels"]["app.kubernetes.io/managed-by"] = "kots";
  put_config_map(metadata);

  const change::Change* change = nullptr;
  const change::Plan result = plan();
  change = find_change(result, "ConfigMap", "x");

  ASSERT_NE(change, nullptr);
  EXPECT_EQ(change->after, json::parse(R"({"metadata": {
      "labels": {"app.kubernetes.io/managed-by": "Helm"},
      "annotations": {"meta.helm.sh/release-namespace": "circleci-server"}}})"));
  EXPECT_EQ(change->before["metadata"]["annotations"]["meta.helm.sh/release-namespace"], "old-namespace");
}

TEST_F(Annotate, LeavesAloneWhatIsAlreadyRight) {
  put_config_map(marks());
  const std::size_t others = plan().changes.size();

  EXPECT_EQ(find_change(plan(), "ConfigMap", "x"), nullptr);
  EXPECT_EQ(plan().already_right, 1U);
  (void)executor.run(plan());
  EXPECT_THAT(plan().changes, IsEmpty()) << "after its own work nothing is left";
  EXPECT_EQ(plan().already_right, others + 1);
}

TEST_F(Annotate, LeavesTheObjectsOfAnotherReleaseAndSaysSo) {
  put_config_map(marks("other"));
  put_release_secret("other");

  const change::Plan result = plan();

  EXPECT_EQ(find_change(result, "ConfigMap", "x"), nullptr);
  EXPECT_EQ(find_change(result, "Secret", "sh.helm.release.v1.other.v3"), nullptr);
  EXPECT_EQ(observer.argument("annotate.other-release", "release"), "other");
}

// What an earlier run has deleted, and a finalizer holds.
TEST_F(Annotate, LeavesWhatIsBeingDeleted) {
  kube::ObjectMetadata object;
  object.ref = object_ref(context, "", "ConfigMap", "x");
  const ObjectPlanner planner = annotate_planner(context, TakeOwnership::no);
  EXPECT_TRUE(planner(object));
  object.life = kube::ObjectMetadata::Life::terminating;
  EXPECT_FALSE(planner(object));
}

TEST_F(Annotate, TakesTheObjectsOfAnotherReleaseWhenTold) {
  put_config_map(marks("other"));
  put_release_secret("other");

  const change::Plan result = plan(TakeOwnership::yes);

  EXPECT_NE(find_change(result, "ConfigMap", "x"), nullptr);
  EXPECT_EQ(observer.find("annotate.other-release"), nullptr);
}

TEST_F(Annotate, TakesTheObjectsOfAReleaseThatIsNotThere) {
  put_config_map(marks("uninstalled"));

  EXPECT_NE(find_change(plan(), "ConfigMap", "x"), nullptr);
}

TEST_F(Annotate, IsNotMisledByReleaseNamesWithDots) {
  // Secret "…other.v1.v3" is of release "other.v1", not of "other".
  put_config_map(marks("other"));
  put_release_secret("other.v1");

  EXPECT_NE(find_change(plan(), "ConfigMap", "x"), nullptr);
}

TEST_F(Annotate, MarksItsOwnReleaseSecret) {
  put_release_secret("circleci-server");

  EXPECT_NE(find_change(plan(), "Secret", "sh.helm.release.v1.circleci-server.v3"), nullptr);
}

TEST_F(Annotate, MarksObjectsOfTheManifestOfAnyKind) {
  put(R"({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
          "metadata": {"name": "web", "namespace": "circleci-server"}})");
  put(R"({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "kong"}})");

  const change::Plan result = plan(TakeOwnership::no,
                                   "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: "
                                   "web}\n---\n"
                                   "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n"
                                   "metadata: {name: kong}\n");

  EXPECT_THAT(changes_of(result), Contains("patch Ingress web"));
  const change::Change* role = find_change(result, "ClusterRole", "kong");
  ASSERT_NE(role, nullptr);
  EXPECT_EQ(role->after["metadata"]["annotations"]["meta.helm.sh/release-namespace"], kNs);
}

TEST_F(Annotate, WithoutItsOwnManifestLeavesOtherKindsAlone) {
  put(R"({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
          "metadata": {"name": "web", "namespace": "circleci-server"}})");

  EXPECT_EQ(find_change(plan(), "Ingress", "web"), nullptr);
}

class AnnotateInstallation : public MigrationTest {
 protected:
  AnnotateInstallation() : MigrationTest(with_installation()) {}
};

TEST_F(AnnotateInstallation, ReachesEveryOneOfTheFourteenKinds) {
  const Inventory inventory = read_inventory(context, {});
  const change::Plan plan = plan_annotate(context, inventory, TakeOwnership::no);
  for (const names::Kind& kind : names::kKinds) {
    SCOPED_TRACE(kind.kind);
    EXPECT_TRUE(std::ranges::any_of(
        plan.changes, [&](const change::Change& change) { return change.object.kind == kind.kind; }));
  }
}

TEST_F(AnnotateInstallation, SendsOneWriteForEachObjectAndNoneTheSecondTime) {
  const change::Plan plan = plan_annotate(context, read_inventory(context, {}), TakeOwnership::no);
  (void)executor.run(plan);

  EXPECT_EQ(server.count_writes(), plan.changes.size());
  EXPECT_THAT(plan_annotate(context, read_inventory(context, {}), TakeOwnership::no).changes, IsEmpty());
}

}  // namespace

}  // namespace kots_export::migration
