#include <kots_export/migration/verify.h>
#include <kots_export/util/json.h>

#include "unit/migration/migration_fixture.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Status = change::CheckOutcome::Status;

apiserver::ApiServerOptions with_upgraded() {
  apiserver::ApiServerOptions options;
  options.seed_files = {KOTS_EXPORT_TEST_DATA "/installation-4.x.yaml"};
  options.tokens = {"jane-token=jane"};
  return options;
}

// The sample installation of 4.x is as it should be, but that its load balancer has no address: what asks DNS
// and the load balancer is in tests/verify. Each test breaks something.
class Verify : public MigrationTest {
 protected:
  explicit Verify(const kube::KubeconfigOverrides& overrides = {})
      : MigrationTest(with_upgraded(), overrides) {}

  VerifyResult run(const VerifyOptions& options = {.dns_server = "127.0.0.1:9"}) {
    observer.checks.clear();
    context.releases.reset();
    context.decoded.clear();
    return verify(context, options);
  }

  // What was found by the check of that id: status, detail and remedy, one line each.
  [[nodiscard]] std::string found(std::string_view id) const {
    std::string text;
    for (const auto& check : observer.checks)
      if (check.id == id)
        text += std::string(to_string(check.status)) + ": " + check.detail + " -> " + check.remedy + "\n";
    return text;
  }

  json live(const std::string& kind, const std::string& name) { return *server.get(kind, kNs, name); }
  // Changes an object in place: what `patch` has is set.
  void change(const std::string& kind, const std::string& name, const json& patch) {
    json object = live(kind, name);
    object.merge_patch(patch);
    server.put(object);
  }
  void break_deployment(const std::string& name) {
    change("Deployment", name, {{"status", {{"readyReplicas", 0}, {"availableReplicas", 0}}}});
  }
  // What Kubernetes says of a Deployment that was not there within spec.progressDeadlineSeconds.
  void pass_deadline(const std::string& name) {
    change("Deployment", name,
           {{"status",
             {{"conditions",
               {{{"type", "Progressing"},
                 {"status", "False"},
                 {"reason", "ProgressDeadlineExceeded"},
                 {"message", "it has timed out progressing."}}}}}}});
  }
  // A Pod of `app` in the state that is given.
  void put_pod(const std::string& app, json status, json spec = json::object()) {
    json pod = live("Pod", app + "-6f7");
    pod["status"] = std::move(status);
    pod["spec"].merge_patch(spec);
    server.put(pod);
    break_deployment(app);
  }
  static json waiting(const std::string& container, const std::string& reason,
                      const std::string& message = "") {
    return {{"phase", "Pending"},
            {"containerStatuses",
             {{{"name", container},
               {"image", "cciserver.azurecr.io/" + container + ":4.0.1"},
               {"ready", false},
               {"state", {{"waiting", {{"reason", reason}, {"message", message}}}}}}}}};
  }
  // The status of an init container that runs.
  static json init_running(const json& more) {
    json status{{"name", "migrate"},
                {"image", "x"},
                {"ready", false},
                {"restartCount", 0},
                {"state", {{"running", {{"startedAt", "2026-11-24T10:15:30Z"}}}}}};
    status.merge_patch(more);
    return status;
  }
  void put_event(const std::string& kind, const std::string& name, const std::string& reason,
                 const std::string& message, const std::string& uid = "") {
    server.put({{"apiVersion", "v1"},
                {"kind", "Event"},
                {"metadata", {{"name", "event-" + std::to_string(++events_)}, {"namespace", kNs}}},
                {"involvedObject", {{"kind", kind}, {"name", name}, {"namespace", kNs}, {"uid", uid}}},
                {"reason", reason},
                {"message", message},
                {"type", "Warning"},
                {"lastTimestamp", "2026-11-24T10:15:30Z"}});
  }

  int events_ = 0;
};

TEST_F(Verify, FindsNothingWrongWithASoundInstallation) {
  const VerifyResult result = run();
  EXPECT_THAT(result.failed, ElementsAre("load-balancer"));  // it has no address here
  EXPECT_THAT(result.to_do, IsEmpty());
  EXPECT_EQ(server.count_writes(), 0U);
  EXPECT_THAT(found("workloads"), HasSubstr("5 workloads, all ready"));
  EXPECT_THAT(found("ownership"), HasSubstr("12 objects"));
}

TEST_F(Verify, RunsEachCheckOnce) {
  (void)run();
  std::vector<std::string_view> ran;
  for (const auto& one : observer.checks) ran.push_back(one.id);
  std::vector<std::string_view> all;
  for (const VerifyCheck& one : verify_checks()) all.push_back(one.id);
  EXPECT_EQ(ran, all);
}

TEST_F(Verify, EndsWithOneWhereThereIsNoSuchRelease) {
  context.release = "circle";
  try {
    (void)run();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::failed);
    EXPECT_THAT(error.what(), HasSubstr("no release circle"));
  }
}

TEST_F(Verify, LooksAtNothingElseBeforeTheUpgrade) {
  server.remove("Secret", kNs, "sh.helm.release.v1.circleci-server.v2");
  EXPECT_THAT(run().failed, ElementsAre("release"));
  EXPECT_EQ(observer.checks.size(), 1U);
  EXPECT_THAT(found("release"), AllOf(HasSubstr("not upgraded"), HasSubstr("kots-export status")));
}

TEST_F(Verify, NamesAReleaseThatIsPending) {
  change("Secret", "sh.helm.release.v1.circleci-server.v2",
         {{"metadata", {{"labels", {{"status", "pending-upgrade"}}}}}});
  EXPECT_THAT(run().failed, Contains("release"));
  EXPECT_THAT(found("release"),
              AllOf(HasSubstr("pending-upgrade"), HasSubstr("helm rollback circleci-server 1"),
                    HasSubstr("verify --wait")));
}

TEST_F(Verify, LooksAtNoReleaseOfAnotherChart) {
  server.seed(
      "{apiVersion: testing/v1, kind: HelmRelease, name: ingress, namespace: circleci-server, revision: 1, "
      "chartName: ingress-nginx, chartVersion: 4.7.1, status: deployed}");
  context.release = "ingress";
  EXPECT_THAT(run().failed, ElementsAre("release"));
  EXPECT_EQ(observer.checks.size(), 1U);
  EXPECT_THAT(found("release"), HasSubstr("ingress-nginx 4.7.1, not circleci-server"));
}

TEST_F(Verify, DoesNotSendAReleaseThatWasUninstalledToTheUpgrade) {
  change("Secret", "sh.helm.release.v1.circleci-server.v2",
         {{"metadata", {{"labels", {{"status", "uninstalled"}}}}}});
  EXPECT_THAT(run().failed, Contains("release"));
  EXPECT_THAT(found("release"),
              AllOf(HasSubstr("is uninstalled"), HasSubstr("helm history"), Not(HasSubstr("helm upgrade"))));
}

TEST_F(Verify, SaysWhyAnUpgradeFailed) {
  server.seed(
      R"({apiVersion: testing/v1, kind: HelmRelease, name: circleci-server, namespace: circleci-server,
      revision: 3, status: failed, chartName: circleci-server, chartVersion: 4.0.1,
      description: "Upgrade failed: cannot patch Service"})");
  EXPECT_THAT(run().failed, Contains("release"));
  EXPECT_THAT(found("release"), AllOf(HasSubstr("cannot patch Service"), HasSubstr("helm history"),
                                      HasSubstr("kots-export message")));
}

TEST_F(Verify, LooksAt4xWhereTheWayBackTo3xFailed) {
  server.seed(
      R"({apiVersion: testing/v1, kind: HelmRelease, name: circleci-server, namespace: circleci-server,
      revision: 3, status: failed, chartName: circleci-server, chartVersion: 3.4.4,
      description: "Rollback failed: cannot patch Service"})");
  EXPECT_THAT(run().failed, Contains("release"));
  EXPECT_THAT(found("release"),
              AllOf(HasSubstr("helm rollback to 3.x has failed, revision 2 of 4.x is deployed"),
                    HasSubstr("cannot patch Service"), HasSubstr("helm history"),
                    Not(HasSubstr("kots-export status"))));
  EXPECT_THAT(found("workloads"), HasSubstr("5 workloads, all ready"));
}

TEST_F(Verify, SendsAFailedUpgradeOf3xBackWhereTheMigrationIsNotDone) {
  change("Secret", "sh.helm.release.v1.circleci-server.v1",
         {{"metadata", {{"labels", {{"status", "deployed"}}}}}});
  change("Secret", "sh.helm.release.v1.circleci-server.v2",
         {{"metadata", {{"labels", {{"status", "failed"}}}}}});
  EXPECT_THAT(run().failed, Contains("release"));
  EXPECT_THAT(found("release"),
              AllOf(HasSubstr("kots-export status"), HasSubstr("helm rollback circleci-server 1"),
                    HasSubstr("kots-export message"), HasSubstr("helm history")));
}

// --- workloads ---

TEST_F(Verify, NamesTheCredentialOfAnImageThatIsNotPulled) {
  put_pod("frontend", waiting("frontend", "ErrImagePull", "failed to authorize: 401 Unauthorized"));
  put_pod("nginx", waiting("nginx", "ImagePullBackOff", "Back-off pulling image"));
  put_event("Pod", "nginx-6f7", "Failed",
            "Failed to pull image \"cciserver.azurecr.io/nginx:4.0.1\": 401 Unauthorized");
  EXPECT_THAT(run().failed, Contains("workloads"));
  // One cause, one line: both workloads in it.
  EXPECT_THAT(found("workloads"), AllOf(HasSubstr("Deployment frontend"), HasSubstr("Deployment nginx"),
                                        HasSubstr("cciserver.azurecr.io with Secret regcred"),
                                        HasSubstr("kots-export secret --force")));
  EXPECT_EQ(std::ranges::count(found("workloads"), '\n'), 1);
}

TEST_F(Verify, SaysThatThePullSecretIsNotThereOrFitsNot) {
  server.remove("Secret", kNs, "regcred");
  put_pod("frontend", waiting("frontend", "ErrImagePull", "denied"));
  (void)run();
  EXPECT_THAT(found("workloads"), HasSubstr("Secret regcred (it does not exist)"));
}

TEST_F(Verify, TellsAnImageThatIsNotThereFromARegistryThatIsNotReached) {
  put_pod("frontend", waiting("frontend", "ErrImagePull", "manifest unknown: not found"));
  put_pod("nginx", waiting("nginx", "ErrImagePull", "dial tcp: lookup cciserver.azurecr.io: no such host"));
  (void)run();
  EXPECT_THAT(found("workloads"), AllOf(HasSubstr("tag in the values"), HasSubstr("nodes reach cciserver")));
}

TEST_F(Verify, ReadsNoStatusOutOfATag) {
  const std::string image = "cciserver.azurecr.io/frontend:0.1.540312-6a5071e0ed";
  json status = waiting("frontend", "ErrImagePull", image + ": not found");
  status["containerStatuses"][0]["image"] = image;
  put_pod("frontend", status);
  (void)run();
  EXPECT_THAT(found("workloads"),
              AllOf(HasSubstr("tag in the values"), Not(HasSubstr("kots-export secret"))));

  status["containerStatuses"][0]["state"]["waiting"]["message"] =
      "unexpected status from HEAD request to https://cciserver.azurecr.io/v2/frontend: 403 Forbidden";
  put_pod("frontend", status);
  (void)run();
  EXPECT_THAT(found("workloads"), HasSubstr("kots-export secret"));
}

TEST_F(Verify, MakesNoSecretOfTheChartsForAnotherRegistry) {
  json status = waiting("frontend", "ErrImagePull", "pull access denied");
  status["containerStatuses"][0]["image"] = "docker.io/library/redis:6";
  put_pod("frontend", status);
  (void)run();
  EXPECT_THAT(found("workloads"), AllOf(HasSubstr("kubectl create secret docker-registry"),
                                        Not(HasSubstr("kots-export secret"))));
}

TEST_F(Verify, ShowsTheLastLinesOfACrash) {
  json pod = live("Pod", "frontend-6f7");
  pod["metadata"]["annotations"]["apiserver.test/logs"] = "one\ntwo\nFATAL no database\n";
  server.put(pod);
  json status = waiting("frontend", "CrashLoopBackOff", "back-off 5m0s");
  status["phase"] = "Running";
  status["containerStatuses"][0]["lastState"] = {{"terminated", {{"exitCode", 3}, {"reason", "Error"}}}};
  put_pod("frontend", status);
  EXPECT_THAT(run().failed, Contains("workloads"));
  EXPECT_THAT(found("workloads"), AllOf(HasSubstr("exit code 3"), HasSubstr("FATAL no database"),
                                        HasSubstr("logs frontend-6f7 -c frontend --previous")));
}

TEST_F(Verify, SaysThatMemoryRanOut) {
  json status = waiting("frontend", "CrashLoopBackOff");
  status["containerStatuses"][0]["lastState"] = {
      {"terminated", {{"exitCode", 137}, {"reason", "OOMKilled"}}}};
  put_pod("frontend", status);
  (void)run();
  EXPECT_THAT(found("workloads"), HasSubstr("more memory than its limit"));
}

TEST_F(Verify, SaysWhatAContainerMisses) {
  put_pod("frontend", waiting("frontend", "CreateContainerConfigError", "secret \"signing-keys\" not found"));
  (void)run();
  EXPECT_THAT(found("workloads"), HasSubstr("secret \"signing-keys\" not found"));
}

json unschedulable(const std::string& message) {
  return {
      {"phase", "Pending"},
      {"conditions",
       {{{"type", "PodScheduled"}, {"status", "False"}, {"reason", "Unschedulable"}, {"message", message}}}}};
}

TEST_F(Verify, SaysWhyNoNodeTakesAPod) {
  put_pod("frontend", unschedulable("0/3 nodes are available: 3 Insufficient cpu."));
  (void)run();
  EXPECT_THAT(found("workloads"), HasSubstr("3 Insufficient cpu"));
}

TEST_F(Verify, NamesAClaimThatGetsNoVolume) {
  // This server's provisioner makes a volume for each claim that names none.
  put(R"({"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"taken"},"spec":{"claimRef":{
      "kind":"PersistentVolumeClaim","namespace":"circleci-server","name":"another","uid":"1"}}})");
  put(R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data","namespace":"circleci-server"},
      "spec":{"storageClassName":"fast","volumeName":"taken","accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}},
      "status":{"phase":"Pending"}})");
  put_event("PersistentVolumeClaim", "data", "ProvisioningFailed", "storageclass \"fast\" not found");
  put_pod("frontend", unschedulable("pod has unbound immediate PersistentVolumeClaims"),
          {{"volumes", {{{"name", "data"}, {"persistentVolumeClaim", {{"claimName", "data"}}}}}}});
  (void)run();
  EXPECT_THAT(found("workloads"),
              AllOf(HasSubstr("PersistentVolumeClaim data gets no volume (StorageClass fast)"),
                    HasSubstr("\"fast\" not found"), HasSubstr("describe pvc data")));
}

TEST_F(Verify, SaysThatAVolumeDoesNotAttach) {
  put_pod("frontend", waiting("frontend", "ContainerCreating"));
  put_event("Pod", "frontend-6f7", "FailedAttachVolume", "Multi-Attach error for volume \"pvc-1\"");
  (void)run();
  EXPECT_THAT(found("workloads"), HasSubstr("Multi-Attach error"));
}

TEST_F(Verify, TakesNoEventOfAnEarlierPodOfThatName) {
  put_pod("frontend", waiting("frontend", "ContainerCreating"));
  put_event("Pod", "frontend-6f7", "FailedAttachVolume", "Multi-Attach error", "of-an-earlier-one");
  (void)run();
  EXPECT_THAT(found("workloads"), AllOf(HasSubstr("still starting"), Not(HasSubstr("Multi-Attach"))));
  put_event("Pod", "frontend-6f7", "FailedAttachVolume", "Multi-Attach error",
            util::text_at(live("Pod", "frontend-6f7"), {"metadata", "uid"}));
  (void)run();
  EXPECT_THAT(found("workloads"), HasSubstr("Multi-Attach"));
}

TEST_F(Verify, SaysThatAProbeFails) {
  json status = waiting("frontend", "x");
  status["phase"] = "Running";
  status["containerStatuses"][0]["state"] = {{"running", {{"startedAt", "2026-11-24T10:15:30Z"}}}};
  put_pod("frontend", status);
  put_event("Pod", "frontend-6f7", "Unhealthy", "Readiness probe failed: HTTP 503");
  (void)run();
  EXPECT_THAT(found("workloads"), AllOf(HasSubstr("HTTP 503"), HasSubstr("logs frontend-6f7")));
}

TEST_F(Verify, SaysThatTheServerRefusesPods) {
  server.remove("Pod", kNs, "frontend-6f7");
  change("Deployment", "frontend",
         {{"status",
           {{"replicas", 0}, {"readyReplicas", 0}, {"availableReplicas", 0}, {"updatedReplicas", 0}}}});
  put_event("ReplicaSet", "frontend-6f", "FailedCreate", "exceeded quota: pods");
  (void)run();
  EXPECT_THAT(found("workloads"),
              AllOf(HasSubstr("exceeded quota"), HasSubstr("describe deployment frontend")));
}

TEST_F(Verify, DoesWithoutEventsThatItMayNotRead) {
  break_deployment("frontend");
  server.deny("admin list events");
  server.deny("* list events");
  EXPECT_THAT(run().failed, Contains("workloads"));
}

TEST_F(Verify, JudgesWorkloadsAndServicesWithoutPodsThatItMayNotRead) {
  break_deployment("frontend");
  server.deny("* list pods");
  EXPECT_THAT(run().failed, ElementsAre("workloads", "load-balancer"));
  EXPECT_THAT(found("workloads"),
              AllOf(HasSubstr("failed: Deployment frontend"), HasSubstr("note: the Pods")));
  EXPECT_THAT(found("postgresql"), HasSubstr("skipped: whose its Pod is"));
}

TEST_F(Verify, LooksAtTheGenerationFirst) {
  change("Deployment", "frontend", {{"metadata", {{"generation", 7}}}});
  EXPECT_THAT(run().failed, Contains("workloads"));
  EXPECT_THAT(found("workloads"), HasSubstr("has not seen its newest spec"));
}

TEST_F(Verify, NamesAJobThatFailed) {
  put(R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"hook","namespace":"circleci-server"},
      "spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"hook","image":"x"}]}}}})");
  change("Job", "hook",
         {{"status",
           {{"conditions", {{{"type", "Failed"}, {"status", "True"}, {"message", "too many tries"}}}}}}});
  (void)run();
  EXPECT_THAT(found("workloads"), HasSubstr("Job hook (too many tries): no Pod of it says more"));
}

TEST_F(Verify, SaysThatPodsStillStartPastTheDeadlineOfTheirDeployment) {
  put_pod("frontend", {{"phase", "Running"}});
  pass_deadline("frontend");
  EXPECT_THAT(run().failed, Contains("workloads"));
  EXPECT_THAT(
      found("workloads"),
      AllOf(HasSubstr("Deployment frontend (it has timed out progressing.): its Pods are still starting"),
            HasSubstr("describe deployment frontend"), Not(HasSubstr("verify --wait"))));
}

TEST_F(Verify, LeavesTheWorkloadsOfAnotherReleaseAlone) {
  server.seed(
      "{apiVersion: testing/v1, kind: HelmRelease, name: other, namespace: circleci-server, revision: 1}");
  change("Deployment", "frontend",
         {{"metadata", {{"annotations", {{"meta.helm.sh/release-name", "other"}}}}},
          {"status", {{"readyReplicas", 0}}}});
  EXPECT_THAT(run().failed, Not(Contains("workloads")));
}

// --- load balancer ---

TEST_F(Verify, TakesTheLoadBalancerThatTheValuesName) {
  put(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"circleci-proxy-acm","namespace":"circleci-server"},
      "spec":{"type":"LoadBalancer","ports":[{"name":"https","port":443}]},
      "status":{"loadBalancer":{"ingress":[{"ip":"10.1.1.1"}]}}})");
  (void)run();
  EXPECT_THAT(found("load-balancer"), HasSubstr("Service circleci-proxy has no address"));
  server.seed(
      "{apiVersion: testing/v1, kind: HelmRelease, name: circleci-server, namespace: circleci-server, "
      "revision: 3, chartName: circleci-server, chartVersion: 4.0.1, status: deployed, "
      "config: {nginx: {aws_acm: {enabled: true}}}}");
  (void)run();
  EXPECT_THAT(found("load-balancer"), HasSubstr("Service circleci-proxy-acm has 10.1.1.1"));
}

// --- workflow data ---

TEST_F(Verify, CallsWorkflowDataOnItsWayToDo) {
  const std::string name = "workflows-conductor-event-consumer";
  json pod = live("Pod", name + "-6f7");
  pod["metadata"]["annotations"]["apiserver.test/logs"] = "moved 10%\nmoved 20%\n";
  pod["spec"]["initContainers"] = {{{"name", "migrate"}, {"image", "x"}}};
  server.put(pod);
  put_pod(name, {{"phase", "Pending"},
                 {"initContainerStatuses",
                  {{{"name", "migrate"},
                    {"image", "x"},
                    {"ready", false},
                    {"state", {{"running", {{"startedAt", "2026-11-24T10:15:30Z"}}}}}}}}});
  const VerifyResult result = run();
  EXPECT_THAT(result.to_do, ElementsAre("workflow-data"));
  EXPECT_THAT(result.failed, Not(Contains("workloads")));
  EXPECT_THAT(found("workflow-data"),
              AllOf(HasSubstr("since 2026-11-24T10:15:30Z"), HasSubstr("moved 20%"),
                    HasSubstr("scale deployment/workflows-conductor-event-consumer")));
}

TEST_F(Verify, CallsWorkflowDataToDoPastTheDeadlineOfItsDeploymentToo) {
  const std::string name = "workflows-conductor-event-consumer";
  put_pod(name, {{"phase", "Pending"}, {"initContainerStatuses", {init_running(json::object())}}});
  pass_deadline(name);
  const VerifyResult result = run();
  EXPECT_THAT(result.to_do, ElementsAre("workflow-data"));
  EXPECT_THAT(result.failed, Not(Contains("workloads")));
}

TEST_F(Verify, CallsWorkflowDataThatCannotBeMovedAFailure) {
  const std::string name = "workflows-conductor-grpc-handler";
  put_pod(name, {{"phase", "Pending"},
                 {"initContainerStatuses",
                  {{{"name", "migrate"},
                    {"image", "x"},
                    {"ready", false},
                    {"state", {{"waiting", {{"reason", "CrashLoopBackOff"}}}}},
                    {"lastState", {{"terminated", {{"exitCode", 1}}}}}}}}});
  const VerifyResult result = run();
  EXPECT_THAT(result.failed, Contains("workloads"));
  EXPECT_THAT(result.to_do, IsEmpty());
  EXPECT_THAT(found("workflow-data"), HasSubstr("check workloads"));
}

TEST_F(Verify, TakesNoSidecarForTheMover) {
  put_pod("workflows-conductor-event-consumer",
          {{"phase", "Running"},
           {"initContainerStatuses", {init_running({{"ready", true}})}},
           {"containerStatuses",
            {{{"name", "consumer"},
              {"image", "x"},
              {"ready", false},
              {"state", {{"waiting", {{"reason", "CrashLoopBackOff"}}}}},
              {"lastState", {{"terminated", {{"exitCode", 3}}}}}}}}},
          {{"initContainers", {{{"name", "migrate"}, {"image", "x"}, {"restartPolicy", "Always"}}}}});
  const VerifyResult result = run();
  EXPECT_THAT(result.failed, Contains("workloads"));
  EXPECT_THAT(result.to_do, IsEmpty());
  EXPECT_THAT(found("workloads"), HasSubstr("container consumer ends with exit code 3"));
}

TEST_F(Verify, CallsAMoverThatCrashesAFailureWhileItRunsToo) {
  put_pod("workflows-conductor-event-consumer",
          {{"phase", "Pending"},
           {"initContainerStatuses",
            {init_running({{"restartCount", 9}, {"lastState", {{"terminated", {{"exitCode", 1}}}}}})}}});
  const VerifyResult result = run();
  EXPECT_THAT(result.failed, Contains("workloads"));
  EXPECT_THAT(result.to_do, IsEmpty());
}

TEST_F(Verify, TellsOfAMoverThatWasStartedAgain) {
  put_pod("workflows-conductor-event-consumer",
          {{"phase", "Pending"}, {"initContainerStatuses", {init_running({{"restartCount", 2}})}}});
  // A mount that took a second try, before it ran.
  put_event("Pod", "workflows-conductor-event-consumer-6f7", "FailedMount", "timed out");
  EXPECT_THAT(run().to_do, ElementsAre("workflow-data"));
  EXPECT_THAT(found("workflow-data"), AllOf(HasSubstr("2 times"), Not(HasSubstr("Nothing is wrong"))));
}

// --- services ---

TEST_F(Verify, NamesServicesOf3x) {
  put(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"nomad-server-external","namespace":"circleci-server"},
      "spec":{"type":"LoadBalancer","ports":[{"port":4647}]}})");
  change("Service", "kong", {{"spec", {{"type", "LoadBalancer"}}}});
  EXPECT_THAT(run().failed, Contains("services"));
  EXPECT_THAT(found("services"),
              AllOf(HasSubstr("delete service nomad-server-external"),
                    HasSubstr("Service kong is still a LoadBalancer"), HasSubstr("patch service kong")));
}

TEST_F(Verify, SaysWhyTheLoadBalancerHasNoAddress) {
  put_event("Service", "circleci-proxy", "SyncLoadBalancerFailed", "no subnet found");
  EXPECT_THAT(run().failed, Contains("load-balancer"));
  EXPECT_THAT(found("load-balancer"), AllOf(HasSubstr("no subnet found"), HasSubstr("describe service")));
}

TEST_F(Verify, WantsALoadBalancer) {
  change("Service", "circleci-proxy", {{"spec", {{"type", "ClusterIP"}}}});
  (void)run();
  EXPECT_THAT(found("load-balancer"), HasSubstr("neither Service circleci-proxy nor circleci-proxy-acm"));
}

// --- objects ---

TEST_F(Verify, NamesObjectsThatAreMissingOrNotOfTheRelease) {
  server.remove("Service", kNs, "vm-service");
  change("Deployment", "nginx", {{"metadata", {{"labels", {{"app.kubernetes.io/managed-by", nullptr}}}}}});
  EXPECT_THAT(run().failed, Contains("ownership"));
  EXPECT_THAT(found("ownership"),
              AllOf(HasSubstr("Service vm-service is not there"),
                    HasSubstr("without the marks of release circleci-server: Deployment nginx"),
                    HasSubstr("kots-export annotate")));
}

TEST_F(Verify, NamesWhatKotsLeft) {
  put(R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"kotsadm-sessions","namespace":"circleci-server"}})");
  change("Service", "kong", {{"metadata", {{"labels", {{"kots.io/backup", "velero"}}}}}});
  EXPECT_THAT(run().failed, Contains("leftovers"));
  EXPECT_THAT(found("leftovers"), AllOf(HasSubstr("Secret kotsadm-sessions"), HasSubstr("Service kong"),
                                        HasSubstr("kots-export kots_cleanup")));
}

TEST_F(Verify, NamesAPodOfPostgresqlThatNobodyAdopted) {
  change("Pod", "postgresql-0", {{"metadata", {{"ownerReferences", nullptr}}}});
  EXPECT_THAT(run().failed, Contains("postgresql"));
  EXPECT_THAT(found("postgresql"), AllOf(HasSubstr("Pod postgresql-0 of 3.x is not adopted"),
                                         HasSubstr("delete pod postgresql-0")));
}

TEST_F(Verify, ComparesThePasswordOfPostgresqlAndShowsNeither) {
  change("Secret", "postgresql", {{"data", {{"postgres-password", "b3RoZXItcGFzc3dvcmQ="}}}});
  EXPECT_THAT(run().failed, Contains("postgresql"));
  EXPECT_THAT(found("postgresql"), AllOf(HasSubstr("another password than postgresql.auth"),
                                         Not(HasSubstr("other-password")), Not(HasSubstr("p@ss"))));
}

TEST_F(Verify, SaysThatASecretOf3xLacksTheKeyOf4x) {
  change("Secret", "postgresql",
         {{"data", {{"postgres-password", nullptr}, {"postgresql-password", "cHc="}}}});
  EXPECT_THAT(run().failed, Contains("postgresql"));
  EXPECT_THAT(found("postgresql"),
              AllOf(HasSubstr("Secret postgresql has no key postgres-password"),
                    HasSubstr("Run `helm upgrade` again"), Not(HasSubstr("another password"))));
}

TEST_F(Verify, ComparesThePasswordOfAUserOfItsOwnWithItsOwnKey) {
  const auto release_with = [&](const json& auth) {
    server.seed(json{{"apiVersion", "testing/v1"},
                     {"kind", "HelmRelease"},
                     {"name", "circleci-server"},
                     {"namespace", kNs},
                     {"revision", 2},
                     {"status", "deployed"},
                     {"chartName", "circleci-server"},
                     {"chartVersion", "4.0.1"},
                     {"config", {{"postgresql", {{"internal", true}, {"auth", auth}}}}}}
                    .dump());
  };
  change("Secret", "postgresql", {{"data", {{"postgres-password", "cmFuZG9t"}, {"password", "cHc="}}}});
  release_with({{"username", "circle"}, {"password", "pw"}});
  EXPECT_THAT(run().failed, Not(Contains("postgresql")));
  release_with({{"username", "circle"}, {"password", "another"}});
  EXPECT_THAT(run().failed, Contains("postgresql"));
  release_with({{"password", "random"}});
  EXPECT_THAT(run().failed, Not(Contains("postgresql")));
  release_with({{"existingSecret", "mine"}, {"postgresPassword", "left over"}});
  EXPECT_THAT(run().failed, Not(Contains("postgresql")));
  EXPECT_THAT(found("postgresql"), HasSubstr("leave its password to a Secret"));
}

TEST_F(Verify, SkipsWhatThisUserMayNotRead) {
  server.deny("* list services");
  (void)run();
  EXPECT_THAT(found("services"), HasSubstr("skipped"));
}

// --- waiting ---

TEST_F(Verify, WaitsUntilTheLastPodIsReady) {
  break_deployment("frontend");
  const auto begin = std::chrono::steady_clock::now();
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    change("Deployment", "frontend", {{"status", {{"readyReplicas", 1}, {"availableReplicas", 1}}}});
  });
  const VerifyResult result = run({.dns_server = "127.0.0.1:9", .wait = std::chrono::minutes(1)});
  later.join();
  EXPECT_THAT(result.failed, Not(Contains("workloads")));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  EXPECT_THAT(
      observer.argument("verify.waiting", "work"),
      AllOf(HasSubstr("4 of 5 workloads ready"), HasSubstr("Deployment frontend (0 of 1 available)")));
  EXPECT_NE(observer.find("verify.waited"), nullptr);
}

TEST_F(Verify, WaitsNoLongerThanItIsTold) {
  break_deployment("frontend");
  const VerifyResult result = run({.dns_server = "127.0.0.1:9", .wait = std::chrono::milliseconds(200)});
  EXPECT_THAT(result.failed, Contains("workloads"));
  EXPECT_NE(observer.find("verify.waited-in-vain"), nullptr);
}

TEST_F(Verify, WaitsForNothingThatWillNotComeByWaiting) {
  put(R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"hook","namespace":"circleci-server"},
      "spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"hook","image":"x"}]}}}})");
  change("Job", "hook", {{"status", {{"conditions", {{{"type", "Failed"}, {"status", "True"}}}}}}});
  put_pod("workflows-conductor-event-consumer",
          {{"phase", "Pending"}, {"initContainerStatuses", {init_running(json::object())}}});
  const auto begin = std::chrono::steady_clock::now();
  const VerifyResult result = run({.dns_server = "127.0.0.1:9", .wait = std::chrono::minutes(1)});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  EXPECT_THAT(result.failed, Contains("workloads"));
  EXPECT_THAT(result.to_do, ElementsAre("workflow-data"));
  EXPECT_EQ(observer.find("verify.waiting"), nullptr);
}

TEST_F(Verify, LeavesToTheChecksWhatItMayNotWaitFor) {
  server.deny("* list deployments.apps");
  (void)run({.dns_server = "127.0.0.1:9", .wait = std::chrono::minutes(1)});
  EXPECT_THAT(found("workloads"), HasSubstr("skipped"));
}

TEST_F(Verify, WaitsOnWhereTheConnectionIsCut) {
  break_deployment("frontend");
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    server.add_fault("drop times=8 method=GET path=/secrets");
    change("Deployment", "frontend", {{"status", {{"readyReplicas", 1}, {"availableReplicas", 1}}}});
  });
  const VerifyResult result = run({.dns_server = "127.0.0.1:9", .wait = std::chrono::minutes(1)});
  later.join();
  EXPECT_THAT(result.failed, Not(Contains("workloads")));
  EXPECT_NE(observer.find("verify.cut-off"), nullptr);
  EXPECT_NE(observer.find("verify.waited"), nullptr);
}

TEST_F(Verify, WaitsOnWhereTheServerIsInTrouble) {
  break_deployment("frontend");
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    server.add_fault("status=503 times=8 method=GET path=/secrets");
    change("Deployment", "frontend", {{"status", {{"readyReplicas", 1}, {"availableReplicas", 1}}}});
  });
  const VerifyResult result = run({.dns_server = "127.0.0.1:9", .wait = std::chrono::minutes(1)});
  later.join();
  EXPECT_THAT(result.failed, Not(Contains("workloads")));
  EXPECT_NE(observer.find("verify.server-error"), nullptr);
}

TEST_F(Verify, StopsWaitingWhenItIsInterrupted) {
  break_deployment("frontend");
  interrupted = true;
  EXPECT_THROW((void)run({.wait = std::chrono::minutes(10)}), Interrupted);
}

}  // namespace

}  // namespace kots_export::migration
