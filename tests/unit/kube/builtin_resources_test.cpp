#include "kube/builtin_resources.h"

#include "unit/support/scripted_transport.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace kots_export::kube {
namespace {

using nlohmann::json;
using test::ok;
using test::ScriptedTransport;

json resources(const std::vector<std::string>& names) {
  json list{{"kind", "APIResourceList"}, {"resources", json::array()}};
  for (const auto& name : names) list["resources"].push_back({{"name", name}});
  return list;
}

TEST(BuiltinResources, KindsThatEveryServerServesAlikeAreNotAskedFor) {
  ScriptedTransport transport;
  Client client(transport);
  for (const char* kind : {"ConfigMap", "Secret", "Service", "ServiceAccount", "PersistentVolumeClaim"}) {
    SCOPED_TRACE(kind);
    ASSERT_NE(client.find_resource("", kind), nullptr);
    EXPECT_EQ(client.find_resource("", kind)->gvr.version, "v1");
  }
  EXPECT_EQ(client.find_resource("", "Namespace")->scope, ApiResource::Scope::cluster);
  EXPECT_EQ(client.find_for_manifest("apps/v1", "Deployment")->gvr.resource, "deployments");
  EXPECT_TRUE(transport.requests().empty());
}

TEST(BuiltinResources, OneQuestionTellsThatMovedKindsAreServedAtV1) {
  ScriptedTransport transport;
  transport.get_once("/apis/batch/v1", ok(resources({"jobs", "cronjobs"})));
  Client client(transport);
  EXPECT_EQ(client.find_resource("batch", "CronJob")->gvr.version, "v1");
  EXPECT_EQ(client.find_resource("policy", "PodDisruptionBudget")->gvr.version, "v1");
  EXPECT_EQ(transport.requests().size(), 1U);
}

TEST(BuiltinResources, MovedKindsAreServedAtV1beta1OnOlderServers) {
  ScriptedTransport transport;
  transport.get("/apis/batch/v1", ok(resources({"jobs"})));
  Client client(transport);
  EXPECT_EQ(client.find_resource("batch", "CronJob")->gvr.version, "v1beta1");
  EXPECT_EQ(client.find_resource("policy", "PodDisruptionBudget")->gvr.version, "v1beta1");
}

TEST(BuiltinResources, AServerThatRefusesTheQuestionIsAnError) {
  ScriptedTransport transport;
  transport.get("/apis/batch/v1", test::status_reply(401, "Unauthorized"));
  Client client(transport);
  EXPECT_THROW((void)client.find_resource("batch", "CronJob"), ApiError);
}

TEST(BuiltinResources, AManifestsOlderVersionOfAKnownKindNamesTheSameObjects) {
  ScriptedTransport transport;
  transport.get("/apis/batch/v1", ok(resources({"cronjobs"})));
  Client client(transport);
  EXPECT_EQ(client.find_for_manifest("batch/v1beta1", "CronJob")->gvr.version, "v1");
  EXPECT_EQ(client.find_for_manifest("apps/v1beta2", "Deployment")->gvr.version, "v1");
}

}  // namespace
}  // namespace kots_export::kube
