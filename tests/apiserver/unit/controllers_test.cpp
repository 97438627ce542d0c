#include "apiserver/unit/client.h"

#include <gtest/gtest.h>

namespace kots_export::apiserver {
namespace {

class Controllers : public testing::Test {
 protected:
  explicit Controllers(const ApiServerOptions& options = {}) : server(options), client(server) {}

  // Returns the Job's condition of that type once it has one.
  [[nodiscard]] Json condition(const std::string& name, const std::string& type) const {
    Json found;
    EXPECT_TRUE(server.wait_until([&] {
      const auto object = server.get("Job", "default", name);
      if (!object) return false;
      for (const Json& one : object->value("status", Json::object()).value("conditions", Json::array())) {
        if (one["type"] == type) found = one;
      }
      return !found.is_null();
    })) << name
        << " never became " << type;
    return found;
  }

  [[nodiscard]] bool becomes_waiting(const std::string& reason) const {
    return server.wait_until([&] {
      for (const Json& pod : server.list("Pod", "default")) {
        if (pod["status"].dump().find("\"reason\":\"" + reason + '"') != std::string::npos) return true;
      }
      return false;
    });
  }

  [[nodiscard]] bool gone(const char* kind, const std::string& name) const {
    return server.wait_until([&] { return !server.get(kind, "default", name); });
  }

  void start(const std::string& name, const Json& behaviour = {}) {
    if (!behaviour.is_null()) {
      Json document = behaviour;
      document["apiVersion"] = "testing/v1";
      document["kind"] = "JobBehaviour";
      document["name"] = name;
      server.seed(document.dump());
    }
    ASSERT_EQ(client.post(kJobs, job(name)).status, 201);
  }

  // Stores a ConfigMap owned by the object.
  void put_dependent(const std::string& name, const Json& owner, bool block = false) {
    Json dependent = config_map(name);
    dependent["metadata"]["ownerReferences"] = Json::array({{{"apiVersion", owner["apiVersion"]},
                                                             {"kind", owner["kind"]},
                                                             {"name", owner["metadata"]["name"]},
                                                             {"uid", owner["metadata"]["uid"]},
                                                             {"blockOwnerDeletion", block}}});
    ASSERT_EQ(client.post(kConfigMaps, dependent).status, 201);
  }

  ApiServer server;
  Client client;
};

TEST_F(Controllers, JobRunsItsPodAndCompletes) {
  start("ok");
  EXPECT_EQ(condition("ok", "Complete")["status"], "True");
  EXPECT_EQ((*server.get("Job", "default", "ok"))["status"]["succeeded"], 1);
  const std::vector<Json> pods = server.list("Pod", "default");
  ASSERT_EQ(pods.size(), 1U);
  EXPECT_EQ(pods[0]["metadata"]["labels"]["job-name"], "ok");
  EXPECT_EQ(pods[0]["metadata"]["labels"]["app"], "ok");
  EXPECT_EQ(pods[0]["metadata"]["ownerReferences"][0]["kind"], "Job");
  EXPECT_EQ(pods[0]["status"]["phase"], "Succeeded");
}

TEST_F(Controllers, FailingJobRetriesUpToItsLimit) {
  server.seed(
      R"({"apiVersion":"testing/v1","kind":"JobBehaviour","name":"bad","outcome":"fail","exitCode":3,"delay":1})");
  Json object = job("bad");
  object["spec"]["backoffLimit"] = 2;
  ASSERT_EQ(client.post(kJobs, object).status, 201);
  EXPECT_EQ(condition("bad", "Failed")["reason"], "BackoffLimitExceeded");
  const std::vector<Json> pods = server.list("Pod", "default");
  EXPECT_EQ(pods.size(), 3U);
  EXPECT_EQ(pods[0]["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"], 3);
}

TEST_F(Controllers, PodsThatCannotStartSayWhy) {
  start("pull", {{"outcome", "image-pull-error"}});
  EXPECT_TRUE(becomes_waiting("ErrImagePull"));
  EXPECT_TRUE(becomes_waiting("ImagePullBackOff"));
  start("stuck", {{"outcome", "unschedulable"}});
  EXPECT_TRUE(becomes_waiting("Unschedulable"));
  start("config", {{"outcome", "create-container-config-error"}});
  EXPECT_TRUE(becomes_waiting("CreateContainerConfigError"));
}

TEST_F(Controllers, MissingSecretKeepsAContainerWaitingUntilItComes) {
  Json object = job("needs");
  object["spec"]["template"]["spec"]["containers"][0]["env"] =
      Json::array({{{"name", "KEY"}, {"valueFrom", {{"secretKeyRef", {{"name", "late"}, {"key", "key"}}}}}}});
  object["spec"]["template"]["spec"]["imagePullSecrets"] = Json::array({{{"name", "missing-is-fine"}}});
  ASSERT_EQ(client.post(kJobs, object).status, 201);
  EXPECT_TRUE(becomes_waiting("CreateContainerConfigError"));
  ASSERT_EQ(client.post(kSecrets, secret("late")).status, 201);
  EXPECT_EQ(condition("needs", "Complete")["status"], "True");
}

TEST_F(Controllers, DeadlineAndTimeToLiveEndAJob) {
  server.seed(R"({"apiVersion":"testing/v1","kind":"JobBehaviour","name":"slow","outcome":"never-finish"})");
  Json slow = job("slow");
  slow["spec"]["activeDeadlineSeconds"] = 0;
  ASSERT_EQ(client.post(kJobs, slow).status, 201);
  EXPECT_EQ(condition("slow", "Failed")["reason"], "DeadlineExceeded");
  Json brief = job("brief");
  brief["spec"]["ttlSecondsAfterFinished"] = 0;
  ASSERT_EQ(client.post(kJobs, brief).status, 201);
  EXPECT_TRUE(gone("Job", "brief"));
}

TEST_F(Controllers, JobDeletedWithoutPolicyLeavesItsPodsAndBackgroundTakesThem) {
  for (const auto& [name, options, left] : {std::tuple<std::string, Json, std::size_t>{"keeps", nullptr, 1U},
                                            {"takes", {{"propagationPolicy", "Background"}}, 1U}}) {
    start(name);
    (void)condition(name, "Complete");
    EXPECT_EQ(client.remove(std::string(kJobs) + '/' + name, options).status, 200);
    EXPECT_TRUE(gone("Job", name));
    EXPECT_TRUE(
        server.wait_until([&, expected = left] { return server.list("Pod", "default").size() == expected; }));
  }
  EXPECT_FALSE(server.list("Pod", "default")[0]["metadata"].contains("ownerReferences"));
}

TEST_F(Controllers, OrphanLeavesDependentsWithoutOwnerAndForegroundWaitsForThem) {
  const Json first = client.post(kConfigMaps, config_map("first")).json();
  put_dependent("child", first);
  EXPECT_EQ(client.remove(std::string(kConfigMaps) + "/first", {{"propagationPolicy", "Orphan"}}).status,
            200);
  EXPECT_TRUE(gone("ConfigMap", "first"));
  EXPECT_FALSE((*server.get("ConfigMap", "default", "child"))["metadata"].contains("ownerReferences"));

  const Json second = client.post(kConfigMaps, config_map("second")).json();
  put_dependent("blocker", second, true);
  ASSERT_EQ(
      client.patch(std::string(kConfigMaps) + "/blocker", {{"metadata", {{"finalizers", {"example.com/x"}}}}})
          .status,
      200);
  EXPECT_EQ(client.remove(std::string(kConfigMaps) + "/second", {{"propagationPolicy", "Foreground"}}).status,
            200);
  EXPECT_TRUE(server.wait_until([&] {
    return (*server.get("ConfigMap", "default", "blocker"))["metadata"].contains("deletionTimestamp");
  }));
  EXPECT_TRUE(server.get("ConfigMap", "default", "second"));
  ASSERT_EQ(
      client.patch(std::string(kConfigMaps) + "/blocker", {{"metadata", {{"finalizers", nullptr}}}}).status,
      200);
  EXPECT_TRUE(gone("ConfigMap", "second"));
}

TEST_F(Controllers, ObjectOfAnOwnerThatNeverWasIsCollected) {
  put_dependent("lost", {{"apiVersion", "v1"},
                         {"kind", "ConfigMap"},
                         {"metadata", {{"name", "ghost"}, {"uid", "00000000-0000-4000-8000-000000000000"}}}});
  EXPECT_TRUE(gone("ConfigMap", "lost"));
}

TEST_F(Controllers, NamespaceGoesWithEverythingInIt) {
  ASSERT_EQ(client.post("/api/v1/namespaces", {{"metadata", {{"name", "extra"}}}}).status, 201);
  ASSERT_EQ(client.post("/api/v1/namespaces/extra/secrets", secret("s")).status, 201);
  EXPECT_TRUE(server.get("ServiceAccount", "extra", "default"));
  EXPECT_EQ(client.remove("/api/v1/namespaces/extra").json()["status"]["phase"], "Terminating");
  EXPECT_TRUE(server.wait_until([&] { return !server.get("Namespace", "", "extra"); }));
  EXPECT_FALSE(server.get("Secret", "extra", "s"));
}

class Volumes : public Controllers, public testing::WithParamInterface<const char*> {
 protected:
  Volumes() : Controllers(options()) {}
  static ApiServerOptions options() {
    ApiServerOptions result;
    result.pv_reclaim = GetParam();
    return result;
  }
};

TEST_P(Volumes, FollowTheReclaimPolicyOnceNoPodUsesTheClaim) {
  const std::string claims = "/api/v1/namespaces/default/persistentvolumeclaims";
  ASSERT_EQ(
      client
          .post(claims,
                {{"metadata", {{"name", "data"}}},
                 {"spec",
                  {{"accessModes", {"ReadWriteOnce"}}, {"resources", {{"requests", {{"storage", "1Gi"}}}}}}}})
          .status,
      201);
  server.put(Json::parse(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"user","namespace":"default"},
    "spec":{"containers":[{"name":"c","image":"i:1"}],
            "volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"data"}}]}})"));
  ASSERT_TRUE(server.wait_until([&] {
    return (*server.get("PersistentVolumeClaim", "default", "data"))["status"]["phase"] == "Bound";
  }));
  const std::string volume = (*server.get("PersistentVolumeClaim", "default", "data"))["spec"]["volumeName"];
  EXPECT_TRUE(client.remove(claims + "/data").json()["metadata"].contains("deletionTimestamp"));
  EXPECT_TRUE(server.get("PersistentVolumeClaim", "default", "data"));
  ASSERT_EQ(client.remove(std::string(kPods) + "/user").status, 200);
  EXPECT_TRUE(gone("PersistentVolumeClaim", "data"));
  EXPECT_TRUE(server.wait_until([&] {
    const auto left = server.get("PersistentVolume", "", volume);
    return GetParam() == std::string("Delete") ? !left : left && (*left)["status"]["phase"] == "Released";
  }));
}

INSTANTIATE_TEST_SUITE_P(Policies, Volumes, testing::Values("Delete", "Retain"));

}  // namespace
}  // namespace kots_export::apiserver
