#include "apiserver/unit/client.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace kots_export::apiserver {
namespace {

// Which minors serve `resource` under `group_version`.
struct Served {
  const char* group_version;
  const char* resource;
  int first;
  int last;
};

class DiscoveryOfEveryMinor : public testing::TestWithParam<int> {};

TEST_P(DiscoveryOfEveryMinor, ServesExactlyTheVersionsOfItsTime) {
  constexpr Served kServed[] = {{"/api/v1", "secrets", 16, 33},
                                {"/apis/apps/v1", "deployments", 16, 33},
                                {"/apis/batch/v1", "jobs", 16, 33},
                                {"/apis/batch/v1", "cronjobs", 21, 33},
                                {"/apis/batch/v1beta1", "cronjobs", 16, 24},
                                {"/apis/policy/v1", "poddisruptionbudgets", 21, 33},
                                {"/apis/policy/v1beta1", "poddisruptionbudgets", 16, 24},
                                {"/apis/policy/v1beta1", "podsecuritypolicies", 16, 24},
                                {"/apis/networking.k8s.io/v1", "networkpolicies", 16, 33},
                                {"/apis/networking.k8s.io/v1", "ingresses", 19, 33},
                                {"/apis/networking.k8s.io/v1beta1", "ingresses", 16, 21},
                                {"/apis/extensions/v1beta1", "ingresses", 16, 21}};
  ApiServerOptions options;
  options.minor = GetParam();
  const ApiServer server(options);
  const Client client(server);
  for (const Served& served : kServed) {
    SCOPED_TRACE(std::string(served.group_version) + '/' + served.resource);
    const auto answer = client.get(served.group_version);
    const Json list = answer.status == 200 ? answer.json() : Json::object();
    bool found = false;
    for (const Json& resource : list.value("resources", Json::array()))
      found |= resource["name"] == served.resource;
    EXPECT_EQ(found, served.first <= GetParam() && GetParam() <= served.last);
    EXPECT_EQ(client.get(std::string(served.group_version) + '/' + served.resource).status,
              found ? 200 : 404);
  }
}

INSTANTIATE_TEST_SUITE_P(Minors, DiscoveryOfEveryMinor, testing::Values(16, 18, 19, 20, 21, 22, 24, 25, 33));

TEST(Discovery, GroupListNamesThePreferredVersionFirst) {
  ApiServerOptions options;
  options.minor = 22;
  const ApiServer server(options);
  const Json groups = Client(server).get("/apis").json()["groups"];
  const auto batch =
      std::find_if(groups.begin(), groups.end(), [](const Json& group) { return group["name"] == "batch"; });
  ASSERT_NE(batch, groups.end());
  EXPECT_EQ((*batch)["preferredVersion"]["groupVersion"], "batch/v1");
  EXPECT_EQ((*batch)["versions"].size(), 2U);
}

TEST(Discovery, AggregatedFormIsAnsweredFromTheVersionsThatHaveIt) {
  const std::string v2 =
      "Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
      "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
  for (const auto& [minor, kind, version] :
       {std::tuple{20, "APIGroupList", "v1"},
        std::tuple{27, "APIGroupDiscoveryList", "apidiscovery.k8s.io/v2beta1"},
        std::tuple{31, "APIGroupDiscoveryList", "apidiscovery.k8s.io/v2"}}) {
    SCOPED_TRACE(minor);
    ApiServerOptions options;
    options.minor = minor;
    const ApiServer server(options);
    const Json answer = Client(server).get("/apis", {v2}).json();
    EXPECT_EQ(answer["kind"], kind);
    EXPECT_EQ(answer["apiVersion"], version);
  }
}

TEST(Discovery, GroupOfAnAPIServiceThatIsDownIsStaleYetListed) {
  ApiServerOptions options;
  options.minor = 31;
  options.stale_groups = {"metrics.k8s.io/v1beta1", "policy"};
  const ApiServer server(options);
  const Client client(server);
  const Json items =
      client.get("/apis", {"Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"})
          .json()["items"];
  int stale = 0;
  for (const Json& item : items) {
    const std::string group = item["metadata"]["name"];
    SCOPED_TRACE(group);
    const bool down = group == "metrics.k8s.io" || group == "policy";
    stale += down ? 1 : 0;
    EXPECT_EQ(item["versions"][0]["freshness"], down ? "Stale" : "Current");
    EXPECT_EQ(item["versions"][0].contains("resources"), !down);
  }
  EXPECT_EQ(stale, 2);
  const Json groups = client.get("/apis").json()["groups"];
  EXPECT_EQ(groups.back()["versions"][0]["groupVersion"], "metrics.k8s.io/v1beta1");
  EXPECT_EQ(client.get("/apis/metrics.k8s.io").status, 200);
  EXPECT_EQ(client.get("/apis/metrics.k8s.io/v1beta1").status, 503);
  EXPECT_EQ(client.get("/apis/policy/v1/poddisruptionbudgets").status, 503);
  EXPECT_EQ(client.get("/apis/apps/v1").status, 200);
}

TEST(Discovery, TheSameObjectIsReachableThroughEachServedVersion) {
  ApiServerOptions options;
  options.minor = 21;
  const ApiServer server(options);
  const Client client(server);
  const Json backend = {{"serviceName", "web"}, {"servicePort", 80}};
  const Json paths = Json::array({{{"path", "/"}, {"backend", backend}}});
  ASSERT_EQ(client
                .post("/apis/extensions/v1beta1/namespaces/default/ingresses",
                      {{"apiVersion", "extensions/v1beta1"},
                       {"kind", "Ingress"},
                       {"metadata", {{"name", "web"}}},
                       {"spec", {{"rules", Json::array({{{"http", {{"paths", paths}}}}})}}}})
                .status,
            201);
  const Json v1 = client.get("/apis/networking.k8s.io/v1/namespaces/default/ingresses/web").json();
  EXPECT_EQ(v1["apiVersion"], "networking.k8s.io/v1");
  EXPECT_EQ(v1["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"]["number"], 80);
  const Json beta = client.get("/apis/networking.k8s.io/v1beta1/namespaces/default/ingresses/web").json();
  EXPECT_EQ(beta["apiVersion"], "networking.k8s.io/v1beta1");
  EXPECT_EQ(beta["spec"]["rules"][0]["http"]["paths"][0]["backend"], backend);
  EXPECT_EQ(beta["metadata"]["uid"], v1["metadata"]["uid"]);
}

TEST(Discovery, UnknownPathsAndResourcesAreNotFound) {
  const ApiServer server;
  const Client client(server);
  EXPECT_EQ(client.get("/nothing").status, 404);
  EXPECT_EQ(client.get("/apis/example.com/v1").status, 404);
  const Reply reply = client.get("/apis/apps/v1/namespaces/default/widgets");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.json()["message"], "the server could not find the requested resource");
}

}  // namespace
}  // namespace kots_export::apiserver
