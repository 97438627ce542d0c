#include <kots_export/change/restore.h>

#include <gtest/gtest.h>

namespace kots_export::change {

namespace {

using nlohmann::json;

TEST(Restore, StripsWhatTheServerSetsAndKeepsTheRest) {
  const json image = json::parse(R"({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"},
    "metadata": {"name": "x", "namespace": "ns", "labels": {"l": "1"}, "annotations": {"n": "2"}, "uid": "u",
      "resourceVersion": "5", "creationTimestamp": "2022-01-01T00:00:00Z", "generation": 3, "selfLink": "/x",
      "managedFields": [{}], "finalizers": ["orphan", "example.com/mine"]}})");

  EXPECT_EQ(manifest_of(image), json::parse(R"({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"},
    "metadata": {"name": "x", "namespace": "ns", "labels": {"l": "1"}, "annotations": {"n": "2"},
      "finalizers": ["example.com/mine"]}})"));
}

TEST(Restore, GivesAJobANewSelector) {
  const json image =
      json::parse(R"({"kind": "Job", "metadata": {"name": "j", "labels": {"controller-uid": "u", "app": "j"}},
    "spec": {"selector": {"matchLabels": {"controller-uid": "u"}}, "completions": 1,
             "template": {"metadata": {"labels": {"app": "j", "controller-uid": "u", "job-name": "j"}}}}})");

  EXPECT_EQ(manifest_of(image),
            json::parse(R"({"kind": "Job", "metadata": {"name": "j", "labels": {"app": "j"}},
    "spec": {"completions": 1, "template": {"metadata": {"labels": {"app": "j"}}}}})"));
}

TEST(Restore, KeepsTheSelectorThatAPersonGaveAJob) {
  const json image = json::parse(R"({"kind": "Job", "metadata": {"name": "j"},
    "spec": {"manualSelector": true, "selector": {"matchLabels": {"a": "b"}}}})");
  EXPECT_EQ(manifest_of(image), image);
}

TEST(Restore, LetsAClaimBindToItsVolumeAnew) {
  const json image = json::parse(R"({"kind": "PersistentVolumeClaim", "metadata": {"name": "c", "annotations":
    {"pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes"}},
    "spec": {"volumeName": "v"}, "status": {"phase": "Bound"}})");
  const json manifest = manifest_of(image);
  EXPECT_EQ(manifest["spec"]["volumeName"], "v");
  EXPECT_EQ(manifest["metadata"]["annotations"],
            json::parse(R"({"pv.kubernetes.io/bound-by-controller": "yes"})"));
  EXPECT_EQ(without_volume(manifest),
            json::parse(R"({"kind": "PersistentVolumeClaim", "metadata": {"name": "c"}, "spec": {}})"));
}

TEST(Restore, LeavesTheTokensOfAnAccountToTheirController) {
  const json account = json::parse(R"({"kind": "ServiceAccount", "metadata": {"name": "kotsadm"},
    "secrets": [{"name": "kotsadm-token-abcde"}, {"name": "mine"}]})");
  EXPECT_EQ(manifest_of(account)["secrets"], json::parse(R"([{"name": "mine"}])"));
  const json token =
      json::parse(R"({"kind": "Secret", "type": "kubernetes.io/service-account-token", "data": {"token": "x"},
    "metadata": {"name": "t", "annotations": {"kubernetes.io/service-account.name": "kotsadm", "kubernetes.io/service-account.uid": "u"}}})");
  const json manifest = manifest_of(token);
  EXPECT_FALSE(manifest.contains("data"));
  EXPECT_EQ(manifest["metadata"]["annotations"].size(), 1U);
}

TEST(Restore, DropsOwnersThatAreGoneAndRepointsTheOthers) {
  json manifest = json::parse(
      R"({"metadata": {"ownerReferences": [{"name": "gone", "uid": "1"}, {"name": "anew", "uid": "2"}]}})");
  repoint_owners(manifest, [](const json& owner) {
    return owner["uid"] == "2" ? std::optional<std::string>("3") : std::nullopt;
  });
  EXPECT_EQ(manifest["metadata"]["ownerReferences"], json::parse(R"([{"name": "anew", "uid": "3"}])"));
}

TEST(Restore, AServiceWithoutItsAddressesKeepsItsPortsAndStaysHeadless) {
  const json service = json::parse(R"({"spec": {"clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9"],
    "ports": [{"port": 80, "nodePort": 30080}]}})");
  EXPECT_EQ(without_service_addresses(service), json::parse(R"({"spec": {"ports": [{"port": 80}]}})"));
  const json headless = json::parse(R"({"spec": {"clusterIP": "None", "ports": [{"port": 80}]}})");
  EXPECT_EQ(without_service_addresses(headless), headless);
}

}  // namespace

}  // namespace kots_export::change
