#include <kots_export/kube/client.h>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace kots_export::kube {

namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::Pair;

ObjectRef deployment() {
  return {.gvr = {"apps", "v1", "deployments"},
          .kind = "Deployment",
          .ns = "ci",
          .name = "web",
          .uid = "u-1",
          .resource_version = {}};
}

TEST(Paths, AreThoseOfTheApi) {
  EXPECT_EQ(collection_path({"", "v1", "secrets"}, "ci"), "/api/v1/namespaces/ci/secrets");
  EXPECT_EQ(collection_path({"", "v1", "secrets"}, ""), "/api/v1/secrets");
  EXPECT_EQ(collection_path({"apps", "v1", "deployments"}, "ci"), "/apis/apps/v1/namespaces/ci/deployments");
  EXPECT_EQ(object_path(deployment()), "/apis/apps/v1/namespaces/ci/deployments/web");
}

TEST(Paths, EncodeNames) {
  ObjectRef role{.gvr = {"rbac.authorization.k8s.io", "v1", "clusterroles"},
                 .kind = "ClusterRole",
                 .ns = {},
                 .name = "system:a/b ?",
                 .uid = {},
                 .resource_version = {}};
  EXPECT_EQ(object_path(role), "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aa%2Fb%20%3F");
  EXPECT_EQ(collection_path({"", "v1", "secrets"}, "../kube-system"),
            "/api/v1/namespaces/..%2Fkube-system/secrets");
}

TEST(Describe, IsWhatPeopleCallAnObject) {
  EXPECT_EQ(describe(deployment()), "Deployment web");
  EXPECT_EQ(api_version({"apps", "v1", "deployments"}), "apps/v1");
  EXPECT_EQ(api_version({"", "v1", "secrets"}), "v1");
}

TEST(CreateRequest, PostsTheManifestToTheCollection) {
  const Request request = create_request(deployment(), {{"kind", "Deployment"}}, DryRun::none);

  EXPECT_EQ(request.method, Method::post);
  EXPECT_EQ(request.path, "/apis/apps/v1/namespaces/ci/deployments?fieldManager=kots-export");
  EXPECT_EQ(request.body, R"({"kind":"Deployment"})");
  EXPECT_THAT(request.headers, Contains(Pair("Content-Type", "application/json")));
}

TEST(MergePatchRequest, KeepsTheNullsOfThePatch) {
  const Request request =
      merge_patch_request(deployment(), {{"metadata", {{"labels", {{"a", nullptr}}}}}}, DryRun::none);

  EXPECT_EQ(request.method, Method::patch);
  EXPECT_EQ(request.body, R"({"metadata":{"labels":{"a":null}}})");
  EXPECT_THAT(request.headers, Contains(Pair("Content-Type", "application/merge-patch+json")));
}

TEST(DeleteRequest, CarriesPolicyAndUid) {
  const Request request = delete_request(deployment(), Propagation::orphan, DryRun::none);

  EXPECT_EQ(request.method, Method::del);
  const json options = json::parse(request.body);
  EXPECT_EQ(options["propagationPolicy"], "Orphan");
  EXPECT_EQ(options["preconditions"]["uid"], "u-1");
  EXPECT_FALSE(options.contains("dryRun"));
}

TEST(DeleteRequest, WithoutAUidHasNoPrecondition) {
  ObjectRef object = deployment();
  object.uid.clear();

  EXPECT_FALSE(json::parse(delete_request(object, Propagation::background, DryRun::none).body)
                   .contains("preconditions"));
}

TEST(DryRunServer, StandsWhereEachVerbReadsIt) {
  EXPECT_NE(create_request(deployment(), json::object(), DryRun::server).path.find("dryRun=All"),
            std::string::npos);
  EXPECT_NE(merge_patch_request(deployment(), json::object(), DryRun::server).path.find("dryRun=All"),
            std::string::npos);
  // With a body, DELETE ignores the query.
  EXPECT_EQ(json::parse(delete_request(deployment(), Propagation::background, DryRun::server).body)["dryRun"],
            json::array({"All"}));
}

TEST(Propagation, HasTheWordsOfTheApi) {
  EXPECT_EQ(to_string(Propagation::background), "Background");
  EXPECT_EQ(to_string(Propagation::foreground), "Foreground");
  EXPECT_EQ(to_string(Propagation::orphan), "Orphan");
}

}  // namespace

}  // namespace kots_export::kube
