#include <kots_export/kube/client.h>
#include <kots_export/util/error.h>

#include "apiserver/fixture.h"
#include "unit/support/api_connection.h"
#include "unit/support/scripted_transport.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace kots_export::kube {

namespace {

using nlohmann::json;
using test::ok;
using test::status_reply;

const ObjectRef kSecret{.gvr = {"", "v1", "secrets"},
                        .kind = "Secret",
                        .ns = "n",
                        .name = "s",
                        .uid = {},
                        .resource_version = {}};

class ClientTest : public ::testing::Test {
 protected:
  test::ScriptedTransport server;
  bool interrupted = false;
  Client client{server, test::kQuickRetries, [this] { return interrupted; }};
};

TEST_F(ClientTest, ReadsAnObject) {
  server.get("/api/v1/namespaces/n/secrets/s", ok({{"kind", "Secret"}, {"metadata", {{"name", "s"}}}}));

  EXPECT_EQ(client.get(kSecret).value()["kind"], "Secret");
}

TEST_F(ClientTest, HasNothingWhereThereIsNothing) {
  EXPECT_EQ(client.get(kSecret), std::nullopt);
  EXPECT_FALSE(client.get_metadata(kSecret));
  EXPECT_EQ(client.log("n", "p", "c"), std::nullopt);
}

TEST_F(ClientTest, ThrowsWhatTheServerRefuses) {
  server.get("", status_reply(403, "Forbidden"));

  EXPECT_THROW((void)client.get(kSecret), ApiError);
  EXPECT_THROW((void)client.get_metadata(kSecret), ApiError);
  EXPECT_THROW((void)client.log("n", "p", "c"), ApiError);
}

TEST_F(ClientTest, ThrowsWhereTheServerIsNotReached) {
  server.get("", test::connection_refused());

  EXPECT_THROW((void)client.get(kSecret), ConnectionError);
}

TEST_F(ClientTest, StopsOnCtrlC) {
  server.get("", ok({{"kind", "Secret"}}));
  interrupted = true;

  EXPECT_TRUE(client.interrupted());
  EXPECT_THROW((void)client.get(kSecret), Interrupted);
}

TEST_F(ClientTest, ReadsMetadataSortedByKey) {
  server.get(
      "",
      ok(json::parse(
          R"({"kind": "Secret", "metadata": {"name": "s", "namespace": "n", "uid": "u", "resourceVersion": "7",
      "labels": {"z": "1", "a": "2"}, "annotations": null}})")));

  const ObjectMetadata metadata = client.get_metadata(kSecret).value();

  EXPECT_EQ(metadata.ref.uid, "u");
  EXPECT_EQ(metadata.ref.resource_version, "7");
  EXPECT_EQ(metadata.labels, (std::vector<std::pair<std::string, std::string>>{{"a", "2"}, {"z", "1"}}));
  EXPECT_EQ(*metadata.label("z"), "1");
  EXPECT_TRUE(metadata.annotations.empty());
}

TEST_F(ClientTest, IsNotShakenByStrangeAnswers) {
  server.get("", test::text_reply(200, R"({"kind": "Secret", "metadata": {"name": "s", "uid": 5,
      "labels": [1], "annotations": {"a": 1}}})"));
  EXPECT_EQ(client.get_metadata(kSecret).value().ref.uid, "");
  for (const char* body : {"", "null", "[]", "\"text\"", "{\"a\":"}) {
    SCOPED_TRACE(body);
    server = test::ScriptedTransport();
    server.get("", test::text_reply(200, body));
    EXPECT_THROW((void)client.get_metadata(kSecret), Error);
  }
}

TEST(ClientOnServer, ReadsTheWholeLog) {
  apiserver::ApiServer server;
  server.put(json::parse(R"({"apiVersion": "v1", "kind": "Pod",
      "metadata": {"name": "p", "namespace": "n", "annotations": {"apiserver.test/logs": "one\ntwo\n"}},
      "spec": {"containers": [{"name": "c", "image": "i"}]}})"));
  test::ApiConnection connection(server);

  EXPECT_TRUE(connection.client.log("n", "p", "c").value_or("").starts_with("one\ntwo\n"));
}

}  // namespace

}  // namespace kots_export::kube
