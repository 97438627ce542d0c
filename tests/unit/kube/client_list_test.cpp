#include <kots_export/kube/client.h>
#include <kots_export/util/error.h>

#include "apiserver/fixture.h"
#include "unit/support/api_connection.h"
#include "unit/support/problem.h"
#include "unit/support/scripted_transport.h"

#include <map>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace kots_export::kube {

namespace {

using nlohmann::json;
using test::ok;
using test::problem;
using test::status_reply;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;

const ApiResource kConfigMaps{.gvr = {"", "v1", "configmaps"},
                              .kind = "ConfigMap",
                              .scope = ApiResource::Scope::namespaced,
                              .verbs = {}};
const ApiResource kSecrets{
    .gvr = {"", "v1", "secrets"}, .kind = "Secret", .scope = ApiResource::Scope::namespaced, .verbs = {}};
const ApiResource kVolumes{.gvr = {"", "v1", "persistentvolumes"},
                           .kind = "PersistentVolume",
                           .scope = ApiResource::Scope::cluster,
                           .verbs = {}};

// --- Against a server ---

class ListOnServer : public ::testing::Test {
 protected:
  ListOnServer() {
    server.seed(
        "{apiVersion: testing/v1, kind: Repeat, count: 25, object: "
        "{apiVersion: v1, kind: ConfigMap, "
        "metadata: {name: \"c-%d\", namespace: many, labels: {a: b}}, "
        "data: {big: content}}}");
  }
  std::map<std::string, ObjectMetadata> list(const std::vector<ApiResource>& kinds, int page_size = 10) {
    std::map<std::string, ObjectMetadata> objects;
    connection.client.list_metadata(
        kinds, "many",
        [&](ObjectMetadata object) {
          const std::string name = describe(object.ref);
          objects.insert_or_assign(name, std::move(object));
        },
        page_size);
    return objects;
  }

  apiserver::ApiServer server;
  test::ApiConnection connection{server};
};

TEST_F(ListOnServer, ReadsAllPages) {
  const auto objects = list({kConfigMaps});

  for (int i = 0; i < 25; ++i) EXPECT_TRUE(objects.contains("ConfigMap c-" + std::to_string(i))) << i;
  EXPECT_GE(server.count_requests("GET", "/configmaps?limit=10"), 3U);
  EXPECT_EQ(server.count_requests("GET", "continue="), 2U);
}

TEST_F(ListOnServer, AsksForMetadataAndReadsWhatItNeeds) {
  const auto objects = list({kConfigMaps});

  const ObjectMetadata& object = objects.at("ConfigMap c-7");
  EXPECT_EQ(object.ref.ns, "many");
  EXPECT_FALSE(object.ref.uid.empty());
  EXPECT_FALSE(object.ref.resource_version.empty());
  ASSERT_NE(object.label("a"), nullptr);
  EXPECT_EQ(*object.label("a"), "b");
  EXPECT_EQ(object.label("z"), nullptr);
  EXPECT_EQ(object.annotation("a"), nullptr);
  std::vector<std::string> accepts;
  for (const auto& request : server.requests()) accepts.push_back(request["accept"]);
  EXPECT_THAT(accepts, Each(HasSubstr("as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")));
}

TEST_F(ListOnServer, ReadsManyKindsAtOnce) {
  server.put(
      json::parse(R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"many"}})"));
  server.put(json::parse(R"({"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"pv"}})"));

  const auto objects = list({kConfigMaps, kSecrets, kVolumes});

  EXPECT_TRUE(objects.contains("ConfigMap c-0"));
  EXPECT_TRUE(objects.contains("Secret s"));
  EXPECT_TRUE(objects.contains("PersistentVolume pv"));
}

TEST_F(ListOnServer, StartsAgainWhereItTookTooLong) {
  server.add_fault("status=410 times=1 path=continue=");

  EXPECT_EQ(list({kConfigMaps}).size(), list({kConfigMaps}).size());
  EXPECT_TRUE(list({kConfigMaps}).contains("ConfigMap c-24"));
}

TEST_F(ListOnServer, ReadsFullObjectsOfOneCollection) {
  const auto objects = connection.client.list(kConfigMaps, "many", "a=b");

  EXPECT_EQ(objects.size(), 25U);
  EXPECT_EQ(objects.front()["data"]["big"], "content");
}

TEST_F(ListOnServer, SelectsByLabelAndField) {
  EXPECT_TRUE(connection.client.list(kConfigMaps, "many", "a=c").empty());
  EXPECT_EQ(connection.client.list(kConfigMaps, "many", {}, "metadata.name=c-3").size(), 1U);
}

// --- Against a script ---

class ListByScript : public ::testing::Test {
 protected:
  std::vector<std::string> list(const std::vector<ApiResource>& kinds = {kConfigMaps}) {
    std::vector<std::string> names;
    client.list_metadata(kinds, "n", [&](const ObjectMetadata& object) { names.push_back(object.ref.name); });
    return names;
  }
  static test::Answer page(const std::vector<std::string>& names, const std::string& next = {}) {
    json items = json::array();
    for (const auto& name : names) items.push_back({{"metadata", {{"name", name}}}});
    return ok({{"kind", "ConfigMapList"},
               {"metadata", {{"resourceVersion", "1"}, {"continue", next}}},
               {"items", items}});
  }

  test::ScriptedTransport server;
  bool interrupted = false;
  Client client{server, test::kQuickRetries, [this] { return interrupted; }};
};

TEST_F(ListByScript, EncodesTheContinueToken) {
  server.get_once("/configmaps", page({"a"}, "a+/=&"));
  server.get("/configmaps", page({"b"}));

  EXPECT_THAT(list(), ::testing::ElementsAre("a", "b"));
  EXPECT_THAT(server.requests().at(1).path, HasSubstr("continue=a%2B%2F%3D%26"));
}

TEST_F(ListByScript, TakesAListWithoutItems) {
  server.get("/configmaps",
             ok({{"kind", "ConfigMapList"}, {"metadata", {{"resourceVersion", "1"}}}, {"items", nullptr}}));

  EXPECT_TRUE(list().empty());
  EXPECT_TRUE(client.list(kConfigMaps, "n").empty());
}

TEST_F(ListByScript, PassesOverAKindThatIsGone) {
  server.get("/secrets", status_reply(404, "NotFound"));
  server.get("/configmaps", page({"a"}));

  EXPECT_THAT(list({kSecrets, kConfigMaps}), ::testing::ElementsAre("a"));
}

TEST_F(ListByScript, NamesTheKindThatItMayNotList) {
  server.get("/secrets", status_reply(403, "Forbidden", "secrets is forbidden"));
  server.get("/configmaps", page({"a"}));

  EXPECT_THAT(problem([&] {
                (void)list({kSecrets, kConfigMaps});
              }),
              AllOf(HasSubstr("list Secret in namespace n"), HasSubstr("forbidden")));
}

TEST_F(ListByScript, DoesNotAskForEverAServerThatForgets) {
  server.get("/configmaps", status_reply(410, "Expired", "too old"));

  EXPECT_THAT(problem([&] { (void)list(); }), HasSubstr("too old"));
  EXPECT_THAT(problem([&] { (void)client.list(kConfigMaps, "n"); }), HasSubstr("too old"));
}

TEST_F(ListByScript, DoesNotStartAgainForEver) {
  server.add({.path = "continue=", .answer = status_reply(410, "Expired", "too old")});
  server.get("/configmaps", page({"a"}, "next"));

  EXPECT_THAT(problem([&] { (void)list(); }), HasSubstr("too old"));
  EXPECT_THAT(problem([&] { (void)client.list(kConfigMaps, "n"); }), HasSubstr("too old"));
}

TEST_F(ListByScript, SaysThatTheAnswerIsNoJson) {
  server.get("/configmaps", test::text_reply(200, "<html>Welcome to the hotel's WiFi</html>"));

  EXPECT_THAT(problem([&] { (void)list(); }), HasSubstr("not JSON"));
}

TEST_F(ListByScript, StopsOnCtrlC) {
  server.get("/configmaps", page({"a"}, "next"));
  server.after_each([this](const Request&) { interrupted = true; });

  EXPECT_THROW((void)list(), Interrupted);
}

}  // namespace

}  // namespace kots_export::kube
