#include <kots_export/change/rollback.h>

#include "unit/change/fake_cluster.h"

#include <gmock/gmock.h>

namespace kots_export::change {

namespace {

using nlohmann::json;
using test::FakeCluster;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Notices : public Observer {
 public:
  void notice(const Notice& notice) override { ids.push_back(notice.id); }
  std::vector<std::string> ids;
};

json object(const std::string& kind, const std::string& name, const std::string& uid, json more = {}) {
  json result{{"apiVersion", "v1"},
              {"kind", kind},
              {"metadata", {{"name", name}, {"namespace", "ns"}, {"uid", uid}}}};
  if (!more.is_null()) result.merge_patch(more);
  return result;
}

kube::ObjectRef ref(const std::string& kind, const std::string& plural, const std::string& name,
                    const std::string& uid) {
  return {.gvr = {"", "v1", plural},
          .kind = kind,
          .ns = kind == "PersistentVolume" ? "" : "ns",
          .name = name,
          .uid = uid,
          .resource_version = {}};
}

kube::ObjectRef config_map(const std::string& name) {
  return ref("ConfigMap", "configmaps", name, "uid-" + name);
}

constexpr const char* kConfigMaps = "/api/v1/namespaces/ns/configmaps/";
constexpr const char* kClaims = "/api/v1/namespaces/ns/persistentvolumeclaims/";
constexpr const char* kVolumes = "/api/v1/persistentvolumes/";

json label(const json& value) { return {{"metadata", {{"labels", {{"managed-by", value}}}}}}; }

// A run on a cluster, and its way back.
class Rollback : public ::testing::Test {
 protected:
  void did(Verb verb, kube::ObjectRef target, json before, json after,
           std::optional<std::string> outcome_uid = "known",
           kube::Propagation propagation = kube::Propagation::background) {
    JournalEntry entry{.id = run.entries.size() + 1,
                       .change = {.verb = verb,
                                  .step = "s",
                                  .object = target,
                                  .before = std::move(before),
                                  .after = std::move(after),
                                  .propagation = propagation,
                                  .why = "w"}};
    if (outcome_uid) {
      entry.outcome.status = ChangeOutcome::Status::done;
      entry.outcome.object = target;
      entry.outcome.object.uid = *outcome_uid;
    }
    run.entries.push_back(std::move(entry));
  }

  // Plans and carries out; returns what could not be put back.
  std::size_t roll_back() {
    std::vector<RunRecord> runs = runs_before;
    runs.push_back(run);
    RollbackOptions options;
    options.patience = options.look_every = std::chrono::milliseconds(1);
    plan = plan_rollback(client, notices, run, runs, kube::DryRun::none, options);
    return carry_out(client, executor, notices, plan, options);
  }

  FakeCluster cluster;
  std::string forbidden;  // "PATCH /api/v1/persistentvolumes/v"
  test::ScriptedTransport transport{[this](const kube::Request& request) -> kube::Outcome {
    const std::string path = request.path.substr(0, request.path.find('?'));
    if (std::string(to_string(request.method)) + " " + path == forbidden)
      return test::reply(403, {{"kind", "Status"}, {"reason", "Forbidden"}});
    return cluster.answer(request);
  }};
  kube::Client client{transport};
  Notices notices;
  Executor executor{client, notices, {}};
  RunRecord run;
  std::vector<RunRecord> runs_before;
  RollbackPlan plan;
};

TEST_F(Rollback, PutsPatchedKeysBackAndTouchesNoOther) {
  json live = object("ConfigMap", "a", "uid-a", label("Helm"));
  live["metadata"]["labels"]["mine"] = "1";
  cluster.put(std::string(kConfigMaps) + "a", live);
  did(Verb::patch, config_map("a"), label(nullptr), label("Helm"));

  EXPECT_EQ(roll_back(), 0U);

  EXPECT_EQ(cluster.objects[std::string(kConfigMaps) + "a"]["metadata"]["labels"], json({{"mine", "1"}}));
}

TEST_F(Rollback, OfARunThatSentNothingPlansNothing) {
  cluster.put(std::string(kConfigMaps) + "a", object("ConfigMap", "a", "uid-a"));
  did(Verb::patch, config_map("a"), label(nullptr), label("Helm"), std::nullopt);
  did(Verb::create, config_map("new"), nullptr, object("ConfigMap", "new", ""), std::nullopt);
  cluster.put(std::string(kConfigMaps) + "b", object("ConfigMap", "b", "uid-b"));
  did(Verb::remove, config_map("b"), object("ConfigMap", "b", "uid-b"), nullptr, std::nullopt);

  EXPECT_EQ(roll_back(), 0U);

  EXPECT_TRUE(together(plan).empty());
  EXPECT_EQ(plan.already_right, 3U);
}

TEST_F(Rollback, FindsAKeyRightThatIsUndoneOnlyWhileItIsUnchanged) {
  for (const char* name : {"a", "b"}) {
    cluster.put(std::string(kConfigMaps) + name, object("ConfigMap", name, std::string("uid-") + name,
                                                        label(name == std::string("a") ? "Jo" : "Helm")));
    did(Verb::patch, config_map(name), label("kots"), label("Helm"));
    run.entries.back().change.undo = Undo::while_unchanged;
  }

  EXPECT_EQ(roll_back(), 0U);

  EXPECT_THAT(notices.ids, ElementsAre("rollback.left"));
  EXPECT_EQ(cluster.objects[std::string(kConfigMaps) + "a"]["metadata"]["labels"]["managed-by"], "Jo");
  EXPECT_EQ(cluster.objects[std::string(kConfigMaps) + "b"]["metadata"]["labels"]["managed-by"], "kots");
}

TEST_F(Rollback, NeverMakesAgainWhatServedTheWorkOfARun) {
  did(Verb::patch, config_map("a"), label(nullptr), label("owned"));
  run.entries.back().change.undo = Undo::delete_only;
  did(Verb::remove, config_map("a"), object("ConfigMap", "a", "uid-a", label("owned")), nullptr);
  run.entries.back().change.undo = Undo::delete_only;

  EXPECT_EQ(roll_back(), 0U);

  EXPECT_TRUE(together(plan).empty());
  EXPECT_THAT(notices.ids, ElementsAre("rollback.not-made-again"));
}

TEST_F(Rollback, LeavesAKeyAloneThatSomebodyElseChangedAndDoesTheRest) {
  json two = label("Helm");
  two["metadata"]["labels"]["other"] = "x";
  json before = label("kots");
  before["metadata"]["labels"]["other"] = "y";
  json live = two;
  live["metadata"]["labels"]["managed-by"] = "Jo";
  cluster.put(std::string(kConfigMaps) + "a", object("ConfigMap", "a", "uid-a", live));
  did(Verb::patch, config_map("a"), before, two);

  EXPECT_EQ(roll_back(), 1U);

  EXPECT_THAT(notices.ids, ElementsAre("rollback.conflict.changed"));
  EXPECT_EQ(cluster.objects[std::string(kConfigMaps) + "a"]["metadata"]["labels"],
            json({{"managed-by", "Jo"}, {"other", "y"}}));
}

TEST_F(Rollback, MakesADeletedObjectAgainAsItWasBeforeThePatchesOfTheRun) {
  did(Verb::patch, config_map("a"), label("kots"), label("Helm"));
  did(Verb::remove, config_map("a"), object("ConfigMap", "a", "uid-a", label("Helm")), nullptr);

  EXPECT_EQ(roll_back(), 0U);

  const json& live = cluster.objects[std::string(kConfigMaps) + "a"];
  EXPECT_EQ(live["metadata"]["labels"]["managed-by"], "kots");
  EXPECT_EQ(live["metadata"]["uid"], "new-1");
}

TEST_F(Rollback, ThatIsRunAgainFindsWhatItMadeAlreadyRight) {
  did(Verb::remove, config_map("a"), object("ConfigMap", "a", "uid-a", label("kots")), nullptr);
  ASSERT_EQ(roll_back(), 0U);

  EXPECT_EQ(roll_back(), 0U);

  EXPECT_TRUE(together(plan).empty());
  EXPECT_EQ(plan.already_right, 1U);
}

TEST_F(Rollback, LeavesWhatSomebodyElseMadeInItsPlace) {
  did(Verb::remove, config_map("a"), object("ConfigMap", "a", "uid-a", label("kots")), nullptr);
  cluster.put(std::string(kConfigMaps) + "a", object("ConfigMap", "a", "uid-of-helm", label("Helm")));

  EXPECT_EQ(roll_back(), 1U);

  EXPECT_THAT(notices.ids, ElementsAre("rollback.conflict.replaced"));
}

TEST_F(Rollback, DoesNotMakeAgainWhatSomebodyElseDeleted) {
  did(Verb::patch, config_map("a"), label(nullptr), label("Helm"));
  EXPECT_EQ(roll_back(), 1U);
  EXPECT_THAT(notices.ids, ElementsAre("rollback.conflict.gone"));
}

// What a rollback of patches asks for: one list, no object by itself, and never an object's content.
TEST_F(Rollback, ReadsTheMetadataOfManyPatchedObjectsByOneListAndNothingElse) {
  for (int i = 0; i < 30; ++i) {
    const std::string name = "c" + std::to_string(i);
    cluster.put(kConfigMaps + name, object("ConfigMap", name, "uid-" + name, label("Helm")));
    did(Verb::patch, config_map(name), label(nullptr), label("Helm"));
  }
  std::vector<std::string> reads;
  test::ScriptedTransport watched{[&](const kube::Request& request) -> kube::Outcome {
    const std::string* accept = nullptr;
    for (const auto& [name, value] : request.headers) {
      if (name == "Accept") accept = &value;
    }
    const bool is_metadata = accept != nullptr && accept->find("PartialObjectMetadata") != std::string::npos;
    if (request.method == kube::Method::get)
      reads.push_back((is_metadata ? "metadata of " : "") + request.path.substr(0, request.path.find('?')));
    return cluster.answer(request);
  }};
  kube::Client other(watched);
  const std::vector<RunRecord> runs = {run};

  plan = plan_rollback(other, notices, run, runs, kube::DryRun::none, {});

  EXPECT_EQ(plan.patches.changes.size(), 30U);
  EXPECT_THAT(reads, ElementsAre("metadata of /api/v1/namespaces/ns/configmaps"));
  EXPECT_EQ(plan.patches.changes.front().object.name, "c29") << "the last change is undone first";
  EXPECT_EQ(plan.patches.changes.front().before, label("Helm"));
}

TEST_F(Rollback, OfLabelsPutsThemBackOntoWhatAnEarlierRollbackMadeAnew) {
  RunRecord earlier;
  earlier.header.run = "earlier";
  json manifest = object("ConfigMap", "a", "", {{"data", {{"k", "v"}}}});
  manifest["metadata"].erase("uid");
  earlier.entries.push_back(
      {.id = 1,
       .change = {.verb = Verb::create, .object = config_map("a"), .before = nullptr, .after = manifest}});
  did(Verb::patch, config_map("a"), label(nullptr), label("Helm"));
  json live = manifest;
  live.merge_patch(label("Helm"));
  live["metadata"]["uid"] = "uid-anew";
  cluster.put(std::string(kConfigMaps) + "a", live);
  const std::vector<RunRecord> runs = {earlier, run};

  plan = plan_rollback(client, notices, run, runs, kube::DryRun::none, {});

  ASSERT_EQ(plan.patches.changes.size(), 1U) << "it holds the manifest, which only the whole object shows";
  EXPECT_EQ(plan.patches.changes[0].object.uid, "uid-anew");
  EXPECT_EQ(plan.conflicts, 0U);
}

TEST_F(Rollback, OfLabelsWaitsForWhatIsBeingDeleted) {
  json going = object("ConfigMap", "a", "uid-a", label("Helm"));
  going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  cluster.put(std::string(kConfigMaps) + "a", going);
  did(Verb::patch, config_map("a"), label(nullptr), label("Helm"));
  EXPECT_EQ(roll_back(), 1U);
  EXPECT_THAT(notices.ids, ElementsAre("rollback.conflict.going"));
}

// The run's own deletes of a Job and of its Secret, and the garbage collector between them.
TEST_F(Rollback, MakesAgainWhatWentWithTheOwnerThatTheRunDeleted) {
  const json owner{{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"name", "owner"}, {"uid", "uid-owner"}};
  did(Verb::remove, config_map("owner"), object("ConfigMap", "owner", "uid-owner"), nullptr);
  did(Verb::remove, config_map("owned"),
      object("ConfigMap", "owned", "uid-owned", {{"metadata", {{"ownerReferences", json::array({owner})}}}}),
      nullptr);
  run.entries.back().outcome.status = ChangeOutcome::Status::gone;

  EXPECT_EQ(roll_back(), 0U);

  ASSERT_TRUE(cluster.objects.contains(std::string(kConfigMaps) + "owned"));
  const json made = cluster.objects[std::string(kConfigMaps) + "owned"];
  EXPECT_EQ(made["metadata"]["ownerReferences"][0]["uid"],
            cluster.objects[std::string(kConfigMaps) + "owner"]["metadata"]["uid"]);
  EXPECT_THAT(notices.ids, IsEmpty());
}

TEST_F(Rollback, DoesNotMakeAgainWhatWasGoneBeforeTheRunDeletedIt) {
  did(Verb::remove, config_map("a"), object("ConfigMap", "a", "uid-a"), nullptr);
  run.entries.back().outcome.status = ChangeOutcome::Status::gone;

  EXPECT_EQ(roll_back(), 0U);

  EXPECT_THAT(cluster.objects, IsEmpty());
}

// Its account was deleted by the run after this one, which is rolled back already.
TEST_F(Rollback, DoesNotMissATokenThatWentWithItsAccount) {
  did(Verb::patch, ref("Secret", "secrets", "kotsadm-token-abcde", "uid-t"), label(nullptr), label("Helm"));
  RunRecord later;
  later.header.run = "later";
  later.entries.push_back({.id = 1,
                           .change = {.verb = Verb::remove,
                                      .step = "s",
                                      .object = ref("ServiceAccount", "serviceaccounts", "kotsadm", "uid-k"),
                                      .before = object("ServiceAccount", "kotsadm", "uid-k"),
                                      .after = nullptr,
                                      .why = "w"}});
  const std::vector<RunRecord> runs = {run, later};
  EXPECT_EQ(plan_rollback(client, notices, run, runs, kube::DryRun::none, {}).conflicts, 0U);
}

TEST_F(Rollback, DeletesWhatTheRunMadeByItsUid) {
  kube::ObjectRef made = config_map("a");
  made.uid.clear();
  did(Verb::create, made, nullptr, object("ConfigMap", "a", ""), "uid-of-ours");
  cluster.put(std::string(kConfigMaps) + "a", object("ConfigMap", "a", "uid-of-ours"));
  EXPECT_EQ(roll_back(), 0U);
  EXPECT_THAT(cluster.objects, IsEmpty());

  cluster.put(std::string(kConfigMaps) + "a", object("ConfigMap", "a", "uid-of-another"));
  EXPECT_EQ(roll_back(), 1U);
  EXPECT_THAT(notices.ids, ElementsAre("rollback.conflict.not-ours"));
}

TEST_F(Rollback, KnowsWhatTheRunMadeByItsManifestWhereTheOutcomeWasLost) {
  kube::ObjectRef made = config_map("a");
  made.uid.clear();
  json manifest = object("ConfigMap", "a", "", {{"data", {{"k", "v"}}}});
  manifest["metadata"].erase("uid");
  did(Verb::create, made, nullptr, manifest, std::nullopt);
  json live = manifest;
  live["metadata"]["uid"] = "some";
  live["metadata"]["labels"] = {{"added-by", "the server"}};
  cluster.put(std::string(kConfigMaps) + "a", live);
  EXPECT_EQ(roll_back(), 0U);
  EXPECT_THAT(cluster.objects, IsEmpty());
}

TEST_F(Rollback, MakesNothingOfWhatTheRunMadeAndDeletedItself) {
  kube::ObjectRef made = config_map("a");
  made.uid.clear();
  did(Verb::create, made, nullptr, object("ConfigMap", "a", ""), "ours");
  made.uid = "ours";
  did(Verb::remove, made, object("ConfigMap", "a", "ours"), nullptr);
  EXPECT_EQ(roll_back(), 0U);
  EXPECT_TRUE(together(plan).empty());
}

TEST_F(Rollback, SkipsChangesThatTheServerRefused) {
  did(Verb::create, config_map("a"), nullptr, object("ConfigMap", "a", ""));
  run.entries.back().outcome.status = ChangeOutcome::Status::refused;
  cluster.put(std::string(kConfigMaps) + "a", object("ConfigMap", "a", "of-another"));
  EXPECT_EQ(roll_back(), 0U);
  EXPECT_EQ(cluster.objects.size(), 1U);
}

TEST_F(Rollback, WaitsForWhatIsStillBeingDeletedAndThenSaysSo) {
  json going = object("ConfigMap", "a", "uid-a");
  going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  cluster.put(std::string(kConfigMaps) + "a", going);
  did(Verb::remove, config_map("a"), object("ConfigMap", "a", "uid-a"), nullptr);
  EXPECT_EQ(roll_back(), 1U);
  EXPECT_THAT(notices.ids, ElementsAre("rollback.conflict.going"));
}

TEST_F(Rollback, OfARollbackDeletesWithTheSamePropagationAsTheRunDid) {
  did(Verb::create, config_map("a"), nullptr, object("ConfigMap", "a", ""), "ours",
      kube::Propagation::orphan);
  cluster.put(std::string(kConfigMaps) + "a", object("ConfigMap", "a", "ours"));
  ASSERT_EQ(roll_back(), 0U);
  EXPECT_EQ(plan.deletes.changes.at(0).propagation, kube::Propagation::orphan);
}

TEST_F(Rollback, GivesAServiceANewAddressWhereItsOldOneIsTaken) {
  json service = object("Service", "s", "uid-s", {{"spec", {{"clusterIP", "10.0.0.1"}}}});
  did(Verb::remove, ref("Service", "services", "s", "uid-s"), service, nullptr);
  bool refused = false;
  test::ScriptedTransport busy{[&](const kube::Request& request) -> kube::Outcome {
    const bool first = request.method == kube::Method::post &&
                       !std::exchange(refused, request.method == kube::Method::post || refused);
    if (first) return test::reply(422, {{"kind", "Status"}, {"message", "provided IP is already allocated"}});
    return cluster.answer(request);
  }};
  kube::Client other(busy);
  Executor its_executor(other, notices, {});
  const std::vector<RunRecord> runs = {run};

  const auto its_plan = plan_rollback(other, notices, run, runs, kube::DryRun::none, {});
  EXPECT_EQ(carry_out(other, its_executor, notices, its_plan, {}), 0U);

  EXPECT_THAT(notices.ids, ElementsAre("rollback.service-address"));
  EXPECT_FALSE(cluster.objects["/api/v1/namespaces/ns/services/s"]["spec"].contains("clusterIP"));
}

TEST_F(Rollback, PointsAnOwnerReferenceToTheOwnerThatWasMadeAnew) {
  kube::ObjectRef owner = ref("Deployment", "deployments", "d", "uid-d");
  owner.gvr.group = "apps";
  json deployment = object("Deployment", "d", "uid-d");
  deployment["apiVersion"] = "apps/v1";
  const json reference{{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"name", "d"}, {"uid", "uid-d"}};
  json gone = reference;
  gone["name"] = "gone";
  gone["uid"] = "uid-gone";
  json owned = object("ConfigMap", "a", "uid-a");
  owned["metadata"]["ownerReferences"] = json::array({reference, gone});
  did(Verb::remove, owner, deployment, nullptr);
  did(Verb::remove, config_map("a"), owned, nullptr);

  EXPECT_EQ(roll_back(), 0U);

  const json& owners = cluster.objects[std::string(kConfigMaps) + "a"]["metadata"]["ownerReferences"];
  ASSERT_EQ(owners.size(), 1U);
  EXPECT_EQ(owners[0]["uid"],
            cluster.objects["/apis/apps/v1/namespaces/ns/deployments/d"]["metadata"]["uid"]);
}

// A claim whose volume was set to Retain and which was deleted then.
class VolumeRollback : public Rollback {
 protected:
  VolumeRollback() {
    did(Verb::patch, ref("PersistentVolume", "persistentvolumes", "v", "uid-v"), policy("Delete"),
        policy("Retain"));
    did(Verb::remove, ref("PersistentVolumeClaim", "persistentvolumeclaims", "c", "uid-c"),
        object("PersistentVolumeClaim", "c", "uid-c", {{"spec", {{"volumeName", "v"}}}}), nullptr);
    json volume = object("PersistentVolume", "v", "uid-v", policy("Retain"));
    volume["spec"]["claimRef"] = {
        {"namespace", "ns"}, {"name", "c"}, {"uid", "uid-c"}, {"resourceVersion", "3"}};
    cluster.put(std::string(kVolumes) + "v", volume);
  }
  static json policy(const char* name) { return {{"spec", {{"persistentVolumeReclaimPolicy", name}}}}; }
  json& volume() { return cluster.objects[std::string(kVolumes) + "v"]; }
};

TEST_F(VolumeRollback, FreesTheVolumeForTheClaimOfThatNameAlone) {
  (void)roll_back();
  EXPECT_EQ(volume()["spec"]["claimRef"], json({{"namespace", "ns"}, {"name", "c"}}));
  EXPECT_TRUE(cluster.objects.contains(std::string(kClaims) + "c"));
}

TEST_F(VolumeRollback, FreesTheVolumeOnlyAsItWasSeen) {
  volume()["metadata"]["resourceVersion"] = "5";
  (void)roll_back();
  ASSERT_EQ(plan.patches.changes.size(), 1U);
  const Change& freeing = plan.patches.changes.front();
  EXPECT_EQ(freeing.guard, Guard::resource_version);
  EXPECT_EQ(freeing.object.resource_version, "5");
}

TEST_F(VolumeRollback, KeepsRetainWhereTheClaimDoesNotBind) {
  EXPECT_EQ(roll_back(), 1U);
  EXPECT_EQ(volume()["spec"]["persistentVolumeReclaimPolicy"], "Retain");
  EXPECT_THAT(notices.ids, Contains("rollback.conflict.not-bound"));
}

TEST_F(VolumeRollback, SetsThePolicyBackOnceTheClaimIsBound) {
  (void)roll_back();
  json& claim = cluster.objects[std::string(kClaims) + "c"];
  claim["status"]["phase"] = "Bound";
  volume()["spec"]["claimRef"]["uid"] = claim["metadata"]["uid"];
  EXPECT_EQ(roll_back(), 0U);
  EXPECT_EQ(volume()["spec"]["persistentVolumeReclaimPolicy"], "Delete");
}

// The run has deleted it, and a finalizer or a Pod holds it: with its old policy the volume would go with it.
TEST_F(VolumeRollback, KeepsRetainWhileTheClaimIsBeingDeleted) {
  json claim = object("PersistentVolumeClaim", "c", "uid-c",
                      {{"spec", {{"volumeName", "v"}}}, {"status", {{"phase", "Bound"}}}});
  claim["metadata"]["deletionTimestamp"] = "2026-11-27T10:00:00Z";
  cluster.put(std::string(kClaims) + "c", claim);

  EXPECT_GT(roll_back(), 0U);

  EXPECT_EQ(volume()["spec"]["persistentVolumeReclaimPolicy"], "Retain");
  EXPECT_THAT(notices.ids, Contains("rollback.conflict.going"));
}

TEST_F(VolumeRollback, LeavesAVolumeToAnotherClaimThatHasIt) {
  volume()["spec"]["claimRef"] = {{"namespace", "ns"}, {"name", "other"}, {"uid", "uid-o"}};
  EXPECT_EQ(roll_back(), 2U);
  EXPECT_THAT(notices.ids, Contains("rollback.conflict.volume-taken"));
  EXPECT_EQ(volume()["spec"]["persistentVolumeReclaimPolicy"], "Retain");
}

TEST_F(VolumeRollback, DeletesNoClaimWhoseVolumeWouldGoWithIt) {
  run.entries.clear();
  did(Verb::create, ref("PersistentVolumeClaim", "persistentvolumeclaims", "c", ""), nullptr,
      object("PersistentVolumeClaim", "c", ""), "ours");
  cluster.put(std::string(kClaims) + "c",
              object("PersistentVolumeClaim", "c", "ours", {{"spec", {{"volumeName", "v"}}}}));
  volume()["spec"]["persistentVolumeReclaimPolicy"] = "Delete";
  EXPECT_EQ(roll_back(), 1U);
  EXPECT_THAT(notices.ids, ElementsAre("rollback.conflict.volume-at-risk"));
  EXPECT_TRUE(cluster.objects.contains(std::string(kClaims) + "c"));
}

TEST_F(VolumeRollback, MakesNoClaimWhoseVolumeWasNotFreedAndNoStatefulSetThatWouldMakeIt) {
  run.entries.back().change.object.name = "data-db-0";
  run.entries.back().change.before["metadata"]["name"] = "data-db-0";
  volume()["spec"]["claimRef"]["name"] = "data-db-0";
  json set = object("StatefulSet", "db", "uid-s",
                    {{"apiVersion", "apps/v1"},
                     {"spec", {{"volumeClaimTemplates", {{{"metadata", {{"name", "data"}}}}}}}}});
  did(Verb::remove, ref("StatefulSet", "statefulsets", "db", "uid-s"), set, nullptr);
  forbidden = "PATCH " + std::string(kVolumes) + "v";

  EXPECT_EQ(roll_back(), 4U) << "volume, claim, set, and the volume's policy";
  EXPECT_FALSE(cluster.objects.contains(std::string(kClaims) + "data-db-0"));
  EXPECT_FALSE(cluster.objects.contains("/apis/apps/v1/namespaces/ns/statefulsets/db"));
  EXPECT_THAT(notices.ids, ElementsAre("rollback.conflict.volume-not-ready",
                                       "rollback.conflict.volume-not-ready", "rollback.conflict.not-bound"));

  forbidden.clear();
  (void)roll_back();
  EXPECT_TRUE(cluster.objects.contains(std::string(kClaims) + "data-db-0"));
  EXPECT_TRUE(cluster.objects.contains("/apis/apps/v1/namespaces/ns/statefulsets/db"));
}

TEST_F(VolumeRollback, FreesTheVolumeOfAClaimThatWaitsForItSinceAnEarlierRollback) {
  json claim = object("PersistentVolumeClaim", "c", "anew",
                      {{"spec", {{"volumeName", "v"}}}, {"status", {{"phase", "Pending"}}}});
  cluster.put(std::string(kClaims) + "c", claim);
  RunRecord before;
  before.header.run = "before";
  before.entries.push_back(
      {.id = 1, .change = {.verb = Verb::create, .object = run.entries.back().change.object}});
  before.entries.back().outcome.status = ChangeOutcome::Status::done;
  before.entries.back().outcome.object.uid = "anew";
  runs_before.push_back(before);

  (void)roll_back();
  EXPECT_EQ(volume()["spec"]["claimRef"], json({{"namespace", "ns"}, {"name", "c"}}));
}

TEST_F(VolumeRollback, LeavesTheVolumeOfAClaimThatIsBound) {
  cluster.put(std::string(kClaims) + "c",
              object("PersistentVolumeClaim", "c", "uid-c",
                     {{"spec", {{"volumeName", "v"}}}, {"status", {{"phase", "Bound"}}}}));
  EXPECT_EQ(roll_back(), 0U);
  EXPECT_EQ(volume()["spec"]["claimRef"]["uid"], "uid-c");
}

TEST_F(VolumeRollback, SaysThatTheDataIsLostWhereTheVolumeIsGone) {
  cluster.objects.erase(std::string(kVolumes) + "v");
  run.entries.erase(run.entries.begin());  // --delete-volumes sets no policy
  EXPECT_EQ(roll_back(), 0U);
  EXPECT_THAT(notices.ids, ElementsAre("rollback.volume-gone"));
  EXPECT_FALSE(cluster.objects[std::string(kClaims) + "c"]["spec"].contains("volumeName"));
}

}  // namespace

}  // namespace kots_export::change
