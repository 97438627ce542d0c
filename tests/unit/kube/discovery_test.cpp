#include <kots_export/kube/client.h>
#include <kots_export/util/error.h>

#include "apiserver/fixture.h"
#include "unit/support/api_connection.h"
#include "unit/support/problem.h"
#include "unit/support/scripted_transport.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace kots_export::kube {

namespace {

using nlohmann::json;
using test::ok;
using test::problem;
using test::status_reply;
using ::testing::HasSubstr;

class DiscoveryOfMinor : public ::testing::TestWithParam<int> {
 protected:
  static apiserver::ApiServerOptions minor(int number) {
    apiserver::ApiServerOptions options;
    options.minor = number;
    return options;
  }
  // The version at which a kind is found; "" where it is not.
  std::string version_of(const std::string& group, const std::string& kind) {
    const ApiResource* resource = connection.client.find_resource(group, kind);
    return resource == nullptr ? "" : resource->gvr.version;
  }

  apiserver::ApiServer server{minor(GetParam())};
  test::ApiConnection connection{server};
};

TEST_P(DiscoveryOfMinor, FindsEachKindAtTheVersionOfItsTime) {
  EXPECT_EQ(version_of("", "Secret"), "v1");
  EXPECT_EQ(version_of("apps", "Deployment"), "v1");
  EXPECT_EQ(version_of("batch", "Job"), "v1");
  EXPECT_EQ(version_of("batch", "CronJob"), GetParam() < 21 ? "v1beta1" : "v1");
  EXPECT_EQ(version_of("policy", "PodDisruptionBudget"), GetParam() < 21 ? "v1beta1" : "v1");
  EXPECT_EQ(version_of("networking.k8s.io", "Ingress"), GetParam() < 19 ? "v1beta1" : "v1");
  EXPECT_EQ(version_of("policy", "PodSecurityPolicy"), GetParam() < 25 ? "v1beta1" : "");
}

TEST_P(DiscoveryOfMinor, TellsNamespacedKindsFromOthersAndLeavesOutSubresources) {
  EXPECT_EQ(connection.client.find_resource("", "Secret")->scope, ApiResource::Scope::namespaced);
  EXPECT_EQ(connection.client.find_resource("", "Namespace")->scope, ApiResource::Scope::cluster);
  for (const ApiResource& resource : connection.client.resources())
    EXPECT_EQ(resource.gvr.resource.find('/'), std::string::npos) << resource.gvr.resource;
}

TEST_P(DiscoveryOfMinor, IsAskedOnce) {
  (void)connection.client.resources();
  const std::size_t asked = server.requests().size();
  (void)connection.client.resources();

  EXPECT_EQ(server.requests().size(), asked);
}

INSTANTIATE_TEST_SUITE_P(Kubernetes, DiscoveryOfMinor,
                         ::testing::Values(16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
                                           33));

// "freshness: Stale" in the aggregated form: its server does not answer, so nobody knows what it serves.
class StaleGroup : public ::testing::TestWithParam<int> {};

TEST_P(StaleGroup, IsNotTakenForOneThatIsNotServed) {
  apiserver::ApiServerOptions options;
  options.minor = GetParam();
  options.stale_groups = {"metrics.k8s.io/v1beta1"};
  const apiserver::ApiServer server(options);
  test::ApiConnection connection(server);
  EXPECT_THROW((void)connection.client.find_resource("metrics.k8s.io", "PodMetrics"), ApiError);
  EXPECT_NE(connection.client.find_resource("policy", "PodDisruptionBudget"), nullptr);
  EXPECT_EQ(connection.client.find_resource("example.com", "Widget"), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Kubernetes, StaleGroup, ::testing::Values(20, 26, 30, 33));

TEST(FindForManifest, TakesTheVersionOfTheManifestOrAnother) {
  const apiserver::ApiServer server;
  test::ApiConnection connection(server);
  const auto path = [&](const char* api_version, const char* kind) {
    const ApiResource* resource = connection.client.find_for_manifest(api_version, kind);
    return resource == nullptr ? "" : kube::api_version(resource->gvr);
  };

  EXPECT_EQ(path("networking.k8s.io/v1beta1", "Ingress"), "networking.k8s.io/v1beta1");
  EXPECT_EQ(path("networking.k8s.io/v9", "Ingress"), "networking.k8s.io/v1");
  EXPECT_EQ(path("v1", "Secret"), "v1");
  EXPECT_EQ(path("example.com/v1", "Widget"), "");
}

TEST(FindForManifest, FindsAnIngressOfTheOldGroup) {
  apiserver::ApiServerOptions options;
  options.minor = 25;
  const apiserver::ApiServer server(options);
  test::ApiConnection connection(server);

  const ApiResource* resource = connection.client.find_for_manifest("extensions/v1beta1", "Ingress");

  ASSERT_NE(resource, nullptr);
  EXPECT_EQ(kube::api_version(resource->gvr), "networking.k8s.io/v1");
}

// Groups and versions in the older form, some of which do not answer.
class DiscoveryInTrouble : public ::testing::Test {
 protected:
  DiscoveryInTrouble() {
    const auto group = [](const std::string& name, const std::string& version) {
      return json{{"name", name},
                  {"preferredVersion", {{"version", version}}},
                  {"versions", json::array({json{{"version", version}}})}};
    };
    server.get_once(
        "/apis",
        ok({{"kind", "APIGroupList"},
            {"groups", json::array({group("custom.io", "v1"), group("metrics.k8s.io", "v1beta1")})}}));
  }
  static json resources(const std::string& name, const std::string& kind) {
    return {{"kind", "APIResourceList"},
            {"resources", json::array({json{{"name", name}, {"kind", kind}, {"namespaced", true}}})}};
  }

  test::ScriptedTransport server;
  Client client{server, test::kQuickRetries};
};

TEST_F(DiscoveryInTrouble, PassesOverAnAggregatedApiThatIsDown) {
  server.get("/api/v1", ok(resources("endpoints", "Endpoints")));
  server.get("/apis/custom.io/v1", ok(resources("things", "Thing")));
  server.get("/apis/metrics.k8s.io/v1beta1", status_reply(503, "ServiceUnavailable"));

  EXPECT_NE(client.find_resource("custom.io", "Thing"), nullptr);
  EXPECT_EQ(client.find_resource("example.com", "Widget"), nullptr);
}

TEST_F(DiscoveryInTrouble, DoesNotTakeAGroupThatFailedForOneThatIsNotServed) {
  // Else a whole kind would be left out in silence.
  server.get("/api/v1", ok(resources("endpoints", "Endpoints")));
  server.get("/apis/custom.io/v1", status_reply(503, "ServiceUnavailable", "custom.io is away"));
  server.get("/apis/metrics.k8s.io/v1beta1", ok(resources("nodes", "NodeMetrics")));

  EXPECT_NE(client.find_resource("", "Endpoints"), nullptr);
  EXPECT_THAT(problem([&] { (void)client.find_resource("custom.io", "Thing"); }),
              HasSubstr("custom.io is away"));
  EXPECT_THAT(problem([&] { (void)client.find_for_manifest("custom.io/v1", "Thing"); }),
              HasSubstr("custom.io is away"));
}

TEST_F(DiscoveryInTrouble, SaysThatTheConnectionWasCut) {
  server.get("/api/v1", test::reset());
  server.get("/apis/custom.io/v1", ok(resources("things", "Thing")));

  EXPECT_THAT(problem([&] { (void)client.find_resource("", "Endpoints"); }), HasSubstr("cut"));
}

}  // namespace

}  // namespace kots_export::kube
