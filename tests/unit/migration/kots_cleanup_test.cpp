#include <kots_export/migration/kots_cleanup.h>

#include "unit/migration/migration_fixture.h"

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

apiserver::ApiServerOptions with_jane(apiserver::ApiServerOptions options) {
  options.tokens = {"jane-token=jane"};
  return options;
}

class KotsCleanup : public MigrationTest {
 protected:
  KotsCleanup(const apiserver::ApiServerOptions& options = with_namespace(),
              const kube::KubeconfigOverrides& overrides = {})
      : MigrationTest(options, overrides) {}

  change::Plan plan(DeleteVolumes volumes = DeleteVolumes::no) {
    return plan_kots_cleanup(context, read_inventory(context, {}), volumes);
  }

  void put_object(const std::string& api_version, const std::string& kind, const std::string& name,
                  const json& labels = json::object(), const json& annotations = json::object()) {
    server.put({{"apiVersion", api_version},
                {"kind", kind},
                {"metadata",
                 {{"name", name}, {"namespace", kNs}, {"labels", labels}, {"annotations", annotations}}}});
  }

  // A kotsadm claim that is bound to volume pv-1 of that policy.
  void put_claim(const std::string& policy) {
    server.put({{"apiVersion", "v1"},
                {"kind", "PersistentVolume"},
                {"metadata", {{"name", "pv-1"}}},
                {"spec", {{"persistentVolumeReclaimPolicy", policy}}}});
    server.put(
        {{"apiVersion", "v1"},
         {"kind", "PersistentVolumeClaim"},
         {"metadata",
          {{"name", "kotsadm-postgres"}, {"namespace", kNs}, {"labels", {{"kots.io/kotsadm", "true"}}}}},
         {"spec", {{"volumeName", "pv-1"}, {"accessModes", {"ReadWriteOnce"}}}},
         {"status", {{"phase", "Bound"}}}});
  }
};

TEST_F(KotsCleanup, TakesTheMarksOfKotsAndNothingElse) {
  put_object("v1", "ConfigMap", "x",
             {{"app", "x"}, {"kots.io/app-slug", "circleci"}, {"kots.io/backup", "velero"}},
             {{"note", "n"}, {"kots.io/app-slug", "circleci"}});

  const change::Plan result = plan();
  const change::Change* change = find_change(result, "ConfigMap", "x");

  ASSERT_NE(change, nullptr);
  EXPECT_EQ(change->after, json::parse(R"({"metadata": {
      "labels": {"kots.io/app-slug": null, "kots.io/backup": null},
      "annotations": {"kots.io/app-slug": null}}})"));
  EXPECT_EQ(change->before, json::parse(R"({"metadata": {
      "labels": {"kots.io/app-slug": "circleci", "kots.io/backup": "velero"},
      "annotations": {"kots.io/app-slug": "circleci"}}})"));
}

TEST_F(KotsCleanup, PlansNothingForWhatHasNoMarks) {
  put_object("v1", "ConfigMap", "x", {{"kots.io/kotsadm", "false"}});

  EXPECT_EQ(find_change(plan(), "ConfigMap", "x"), nullptr);
  EXPECT_GE(plan().already_right, 1U);
}

TEST_F(KotsCleanup, DeletesWhatIsKotsOwnWithItsWholeImage) {
  put_object("v1", "ConfigMap", "kotsadm-confg", {{"kots.io/kotsadm", "true"}});
  put_object("v1", "Secret", "kotsadm-sessions");
  put_object("v1", "Secret", "kotsadm-replicated-registry");
  put(R"({"apiVersion": "batch/v1", "kind": "Job",
          "metadata": {"name": "inject-bottoken-x1", "namespace": "circleci-server"},
          "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}})");

  const change::Plan result = plan();

  EXPECT_THAT(changes_of(result),
              ElementsAre("delete ConfigMap kotsadm-confg", "delete Secret kotsadm-replicated-registry",
                          "delete Secret kotsadm-sessions", "delete Job inject-bottoken-x1"));
  for (const change::Change& change : result.changes) {
    SCOPED_TRACE(kube::describe(change.object));
    EXPECT_FALSE(change.object.uid.empty());
    EXPECT_EQ(change.before["metadata"]["uid"], change.object.uid);
    EXPECT_TRUE(change.before.contains("kind"));
    EXPECT_EQ(change.propagation, kube::Propagation::background);
  }
}

TEST_F(KotsCleanup, KeepsWhatOnlySoundsLikeIt) {
  put_object("v1", "ConfigMap", "kotsadm-sessions");
  put_object("v1", "ConfigMap", "inject-config");
  put_object("v1", "Secret", "kotsadm-sessions-2");

  EXPECT_THAT(changes_of(plan()), IsEmpty());
}

TEST_F(KotsCleanup, IsDoneAfterOneRun) {
  put_object("v1", "ConfigMap", "kotsadm-confg", {{"kots.io/kotsadm", "true"}});
  put_object("v1", "ConfigMap", "x", {{"kots.io/backup", "velero"}});
  (void)executor.run(plan());

  EXPECT_THAT(changes_of(plan()), IsEmpty());
}

TEST_F(KotsCleanup, SetsAVolumeToRetainBeforeItsClaimGoes) {
  put_claim("Delete");

  const change::Plan result = plan();

  EXPECT_THAT(changes_of(result),
              ElementsAre("patch PersistentVolume pv-1", "delete PersistentVolumeClaim kotsadm-postgres"));
  EXPECT_EQ(result.changes.front().after,
            json::parse(R"({"spec": {"persistentVolumeReclaimPolicy": "Retain"}})"));
  EXPECT_EQ(result.changes.front().before,
            json::parse(R"({"spec": {"persistentVolumeReclaimPolicy": "Delete"}})"));
  (void)executor.run(result);
  EXPECT_TRUE(server.get("PersistentVolume", "", "pv-1")) << "the data is still there";
}

TEST_F(KotsCleanup, DeletesAClaimWhoseVolumeIsRetainedAlready) {
  put_claim("Retain");

  EXPECT_THAT(changes_of(plan()), ElementsAre("delete PersistentVolumeClaim kotsadm-postgres"));
}

TEST_F(KotsCleanup, DeletesTheDataOnlyWhenTold) {
  put_claim("Delete");

  const change::Plan result = plan(DeleteVolumes::yes);

  EXPECT_THAT(changes_of(result), ElementsAre("delete PersistentVolumeClaim kotsadm-postgres"));
  EXPECT_EQ(result.changes.front().reclaim_policy, "Delete");
  EXPECT_EQ(result.changes.front().before, server.get("PersistentVolumeClaim", kNs, "kotsadm-postgres"))
      << "it is the object as it was";
}

class KotsCleanupAsJane : public KotsCleanup {
 protected:
  KotsCleanupAsJane()
      : KotsCleanup(with_jane(with_namespace()), {.token = Secret<std::string>("jane-token")}) {
    put_claim("Delete");
  }
};

TEST_F(KotsCleanupAsJane, KeepsTheClaimWhereTheVolumeMayNotBeChanged) {
  server.deny("jane patch persistentvolumes");

  EXPECT_THAT(changes_of(plan()), IsEmpty());
  EXPECT_EQ(observer.argument("kots_cleanup.claim-kept", "volume"), "pv-1");
  ASSERT_EQ(context.lacking.size(), 1U);
  EXPECT_EQ(context.lacking.front().verb, "patch");
  EXPECT_EQ(kube::describe(context.lacking.front().object), "PersistentVolume pv-1");
}

TEST_F(KotsCleanupAsJane, KeepsTheClaimWhereTheVolumeMayNotEvenBeRead) {
  server.deny("jane get persistentvolumes");

  EXPECT_THAT(changes_of(plan()), IsEmpty());
  EXPECT_EQ(observer.argument("kots_cleanup.claim-kept", "claim"), "kotsadm-postgres");
  ASSERT_EQ(context.lacking.size(), 1U);
  EXPECT_EQ(context.lacking.front().verb, "get");
}

class KotsCleanupOfInstallation : public MigrationTest {
 protected:
  KotsCleanupOfInstallation() : MigrationTest(with_installation()) {}
};

TEST_F(KotsCleanupOfInstallation, LeavesNoMarkAndNoObjectOfKots) {
  (void)executor.run(plan_kots_cleanup(context, read_inventory(context, {}), DeleteVolumes::no));

  // A claim goes once the Pod that uses it is gone.
  ASSERT_TRUE(server.wait_until(
      [&] { return !server.get("PersistentVolumeClaim", kNs, "kotsadm-postgres-kotsadm-postgres-0"); }));
  for (const auto& object : read_inventory(context, {}).of_kinds) {
    SCOPED_TRACE(kube::describe(object.ref));
    EXPECT_EQ(object.label("kots.io/app-slug"), nullptr);
    EXPECT_EQ(object.label("kots.io/backup"), nullptr);
    EXPECT_EQ(object.label("kots.io/kotsadm"), nullptr);
    EXPECT_EQ(object.annotation("kots.io/app-slug"), nullptr);
    EXPECT_THAT(object.ref.name, Not(::testing::HasSubstr("inject")));
  }
}

}  // namespace

}  // namespace kots_export::migration
