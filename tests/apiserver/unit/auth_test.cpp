#include "apiserver/unit/client.h"

#include <curl/curl.h>
#include <gtest/gtest.h>

namespace kots_export::apiserver {
namespace {

constexpr const char* kNamespaces = "/api/v1/namespaces";

TEST(ApiServerAuth, AdminTokenAndAdminCertificateAreWelcome) {
  const ApiServer server;
  EXPECT_EQ(Client(server).get(kNamespaces).status, 200);
  EXPECT_EQ(Client(server, {"", server.admin_certificate(), {}, {}}).get(kNamespaces).status, 200);
}

TEST(ApiServerAuth, UnknownTokenAndExpiredCertificateGet401Status) {
  const ApiServer server;
  for (const Identity& identity :
       {Identity{"wrong", {}, {}, {}}, Identity{"", server.client_certificate("eve", {}, true), {}, {}}}) {
    const Reply reply = Client(server, identity).get(kNamespaces);
    EXPECT_EQ(reply.status, 401);
    EXPECT_EQ(reply.json()["reason"], "Unauthorized");
    EXPECT_EQ(reply.json()["kind"], "Status");
  }
}

TEST(ApiServerAuth, WithoutCredentialsOneIsAnonymousAndMayNothing) {
  const ApiServer server;
  const Client client(server, Identity{});
  const Reply list = client.get(kNamespaces);
  EXPECT_EQ(list.status, 403);
  EXPECT_NE(list.body.find(R"(User \"system:anonymous\" cannot list resource \"namespaces\")"),
            std::string::npos);
  const Reply groups = client.get("/apis");
  EXPECT_EQ(groups.status, 403);
  EXPECT_EQ(groups.json()["message"], "forbidden: User \"system:anonymous\" cannot get path \"/apis\"");
}

TEST(ApiServerAuth, CertificateOfAnotherAuthorityGets401) {
  const ApiServer server;
  const ApiServer other;
  EXPECT_EQ(Client(server, {"", other.admin_certificate(), {}, {}}).get(kNamespaces).status, 401);
}

TEST(ApiServerAuth, HealthAndVersionNeedNoCredentials) {
  const ApiServer server;
  const Client client(server, {});
  EXPECT_EQ(client.get("/healthz").body, "ok");
  EXPECT_EQ(client.get("/version").json()["gitVersion"], "v1.20.0");
}

TEST(ApiServerTls, ClientsThatTrustAnotherAuthorityDoNotConnect) {
  const ApiServer server;
  const ApiServer other;
  EXPECT_EQ(Client(server, {"", {}, {}, other.ca_pem()}).get("/healthz").curl_code,
            CURLE_PEER_FAILED_VERIFICATION);
}

TEST(ApiServerTls, ExpiredEarlyAndForeignCertificatesAreSeenByClients) {
  ApiServerOptions expired;
  expired.cert_expired = true;
  ApiServerOptions early;
  early.cert_not_yet_valid = true;
  ApiServerOptions foreign;
  foreign.cert_host = "kubernetes.example.com";
  for (const ApiServerOptions& options : {expired, early, foreign}) {
    const ApiServer server(options);
    EXPECT_EQ(Client(server).get("/healthz").curl_code, CURLE_PEER_FAILED_VERIFICATION);
  }
}

TEST(ApiServerAuth, RequestLogTellsWhoAskedForWhomAndHow) {
  ApiServerOptions options;
  options.tokens = {"t0ken=jane:dev,ops"};
  const ApiServer server(options);
  const Client client(server, {"t0ken",
                               server.client_certificate("cert-user", {"g"}),
                               {"Impersonate-User: bob", "Impersonate-Group: one", "User-Agent: test/1"},
                               {}});
  ASSERT_EQ(client.get(std::string(kNamespaces) + "?limit=1").status, 200);
  const std::vector<Json> requests = server.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0]["user"], "jane");
  EXPECT_EQ(requests[0]["impersonateUser"], "bob");
  EXPECT_EQ(requests[0]["impersonateGroups"], Json::array({"one"}));
  EXPECT_EQ(requests[0]["userAgent"], "test/1");
  EXPECT_EQ(requests[0]["clientCertificate"], "CN=cert-user,O=g");
  EXPECT_EQ(requests[0]["query"], "limit=1");
  EXPECT_EQ(requests[0]["status"], 200);
}

TEST(ApiServerAccess, DeniedRequestGetsTheRealServersMessage) {
  ApiServerOptions options;
  options.tokens = {"t=x"};
  options.deny = {"x list secrets", "x get deployments.apps/web"};
  const ApiServer server(options);
  const Client client(server, {"t", {}, {}, {}});
  const Reply list = client.get(kSecrets);
  EXPECT_EQ(list.status, 403);
  EXPECT_EQ(
      list.json()["message"],
      "secrets is forbidden: User \"x\" cannot list resource \"secrets\" in API group \"\" in the namespace "
      "\"default\"");
  EXPECT_EQ(client.get("/api/v1/secrets").json()["message"],
            "secrets is forbidden: User \"x\" cannot list resource \"secrets\" in API group \"\" at the "
            "cluster scope");
  EXPECT_EQ(
      client.get("/apis/apps/v1/namespaces/default/deployments/web").json()["message"],
      "deployments.apps \"web\" is forbidden: User \"x\" cannot get resource \"deployments\" in API group "
      "\"apps\" in the namespace \"default\"");
  EXPECT_EQ(client.get("/apis/apps/v1/namespaces/default/deployments/other").status, 404);
  EXPECT_EQ(Client(server).get(kSecrets).status, 200);
}

TEST(ApiServerAccess, ImpersonationIsHonouredAndCanBeDenied) {
  ApiServerOptions options;
  options.deny = {"bob list secrets", "kubernetes-admin impersonate users/carol"};
  const ApiServer server(options);
  EXPECT_EQ(Client(server, {server.admin_token(), {}, {"Impersonate-User: bob"}, {}}).get(kSecrets).status,
            403);
  EXPECT_EQ(Client(server, {server.admin_token(), {}, {"Impersonate-User: carol"}, {}}).get(kSecrets).status,
            403);
  EXPECT_EQ(Client(server, {server.admin_token(), {}, {"Impersonate-User: dave"}, {}}).get(kSecrets).status,
            200);
}

TEST(ApiServerAccess, ReviewsAnswerFromTheSameRules) {
  ApiServerOptions options;
  options.deny = {"kubernetes-admin delete secrets"};
  const ApiServer server(options);
  const Client client(server);
  const auto allowed = [&](const char* verb) {
    const Reply reply =
        client.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                    {{"spec", {{"resourceAttributes", {{"verb", verb}, {"resource", "secrets"}}}}}});
    EXPECT_EQ(reply.status, 201);
    return reply.json()["status"]["allowed"].get<bool>();
  };
  EXPECT_FALSE(allowed("delete"));
  EXPECT_TRUE(allowed("get"));
  const Json rules = client
                         .post("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
                               {{"spec", {{"namespace", "default"}}}})
                         .json()["status"]["resourceRules"];
  const auto secrets = std::find_if(rules.begin(), rules.end(), [](const Json& rule) {
    return rule["resources"] == Json::array({"secrets"});
  });
  ASSERT_NE(secrets, rules.end());
  EXPECT_EQ((*secrets)["verbs"].dump().find("\"delete\""), std::string::npos);
}

}  // namespace
}  // namespace kots_export::apiserver
