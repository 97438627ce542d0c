#include <kots_export/kube/traffic.h>

#include <gtest/gtest.h>

namespace kots_export::kube {

namespace {

TEST(RequestText, NamesAnObjectAsPeopleDo) {
  EXPECT_EQ(request_text(Method::patch, "/apis/apps/v1/namespaces/x/deployments/frontend?fieldManager=a"),
            "PATCH Deployment frontend");
  EXPECT_EQ(request_text(Method::get, "/api/v1/namespaces/x/secrets/regcred"), "GET Secret regcred");
  EXPECT_EQ(request_text(Method::get, "/api/v1/persistentvolumes/pv-1"), "GET PersistentVolume pv-1");
  EXPECT_EQ(request_text(Method::get, "/apis/batch/v1/namespaces/x/cronjobs/c"), "GET CronJob c");
}

TEST(RequestText, KnowsANamespaceFromWhatIsInIt) {
  EXPECT_EQ(request_text(Method::get, "/api/v1/namespaces/x"), "GET Namespace x");
  EXPECT_EQ(request_text(Method::get, "/api/v1/namespaces"), "GET namespaces");
}

TEST(RequestText, NamesACollectionByItsResource) {
  EXPECT_EQ(request_text(Method::get, "/apis/apps/v1/namespaces/x/deployments?limit=500"),
            "GET deployments.apps");
  EXPECT_EQ(request_text(Method::post, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
            "POST selfsubjectaccessreviews.authorization.k8s.io");
}

TEST(RequestText, NamesASubresource) {
  EXPECT_EQ(request_text(Method::get, "/api/v1/namespaces/x/pods/p/log?container=c"), "GET Pod p/log");
}

TEST(RequestText, NamesAnUnknownKindAsKubectlNamesResources) {
  EXPECT_EQ(request_text(Method::patch, "/apis/coordination.k8s.io/v1/namespaces/x/leases/kots-export"),
            "PATCH leases.coordination.k8s.io kots-export");
}

TEST(RequestText, OfAnyOtherPathIsThePath) {
  EXPECT_EQ(request_text(Method::get, "/version?timeout=5s"), "GET /version");
  EXPECT_EQ(request_text(Method::get, "/apis/apps/v1"), "GET /apis/apps/v1");
  EXPECT_EQ(request_text(Method::get, "/v2/cciserver/manifests/1"), "GET /v2/cciserver/manifests/1");
  EXPECT_EQ(request_text(Method::get, ""), "GET ");
}

}  // namespace

}  // namespace kots_export::kube
