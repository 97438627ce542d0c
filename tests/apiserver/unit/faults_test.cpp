#include "apiserver/unit/client.h"

#include <curl/curl.h>
#include <gtest/gtest.h>

namespace kots_export::apiserver {
namespace {

const std::string kA = std::string(kConfigMaps) + "/a";

class FaultsOfTests : public testing::Test {
 protected:
  FaultsOfTests() : client(server) { EXPECT_EQ(client.post(kConfigMaps, config_map("a")).status, 201); }

  [[nodiscard]] Reply patch(const std::string& value) const {
    return client.patch(kA, {{"data", {{"key", value}}}});
  }
  [[nodiscard]] std::string stored() const {
    return (*server.get("ConfigMap", "default", "a"))["data"]["key"];
  }

  ApiServer server;
  Client client;
};

TEST_F(FaultsOfTests, StatusStrikesTheRequestsItIsMeantFor) {
  server.add_fault("status=500 after=1 times=2 method=PATCH path=/configmaps");
  EXPECT_EQ(patch("1").status, 200);
  EXPECT_EQ(patch("2").status, 500);
  EXPECT_EQ(client.get(kA).status, 200);
  EXPECT_EQ(patch("3").json()["reason"], "InternalError");
  EXPECT_EQ(stored(), "1");
  EXPECT_EQ(patch("4").status, 200);
}

TEST_F(FaultsOfTests, RetryAfterIsAHeader) {
  server.add_fault("status=429 retry-after=7 times=1");
  const Reply reply = client.get(kA);
  EXPECT_EQ(reply.status, 429);
  EXPECT_NE(reply.headers.find("retry-after: 7"), std::string::npos);
}

TEST_F(FaultsOfTests, CutBreaksTheBodyAfterTheWrite) {
  server.add_fault("cut times=1 method=PATCH");
  const Reply reply = patch("new");
  EXPECT_EQ(reply.curl_code, CURLE_PARTIAL_FILE);
  EXPECT_FALSE(reply.body.empty());
  EXPECT_EQ(stored(), "new");
}

TEST_F(FaultsOfTests, CutAfterApplyAnswersNothingButTheWriteHolds) {
  server.add_fault("cut-after-apply times=1 method=PATCH");
  const Reply reply = patch("new");
  EXPECT_EQ(reply.status, 0);
  EXPECT_NE(reply.curl_code, CURLE_OK);
  EXPECT_EQ(stored(), "new");
}

TEST_F(FaultsOfTests, DropAnswersNothingAndAppliesNothing) {
  server.add_fault("drop times=1 method=PATCH");
  EXPECT_NE(patch("new").curl_code, CURLE_OK);
  EXPECT_EQ(stored(), "value");
}

TEST_F(FaultsOfTests, DelayHoldsTheAnswerBack) {
  server.add_fault("delay=150 times=1");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(client.get(kA).status, 200);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(150));
}

TEST_F(FaultsOfTests, ControlEndpointsWorkOverHttp) {
  EXPECT_EQ(client.post("/testing/faults", {{"status", 503}, {"times", 1}, {"path", "/secrets"}}).status,
            200);
  EXPECT_EQ(client.get(kSecrets).status, 503);
  const Json requests = client.get("/testing/requests").json();
  EXPECT_EQ(requests.back()["status"], 503);
  EXPECT_EQ(requests.back()["path"], kSecrets);
  EXPECT_EQ(client.send("DELETE", "/testing/requests", {}, {}).status, 200);
  EXPECT_TRUE(client.get("/testing/requests").json().empty());
  EXPECT_EQ(client.post("/testing/faults", {{"nonsense", 1}}).status, 400);
}

TEST_F(FaultsOfTests, LogSaysWhatAWriteDidThoughNoAnswerWentOut) {
  server.clear_requests();
  const std::string uid = (*server.get("ConfigMap", "default", "a"))["metadata"]["uid"];
  server.add_fault("drop times=1 method=PATCH");
  (void)patch("dropped");
  server.add_fault("cut-after-apply times=1 method=PATCH");
  (void)patch("vanished");
  EXPECT_EQ(patch("vanished").status, 200);
  EXPECT_EQ(client.remove(kA + "?dryRun=All").status, 200);
  EXPECT_EQ(client.remove(kA).status, 200);
  EXPECT_EQ(client.get(kA).status, 404);
  const std::vector<Json> log = server.requests();
  ASSERT_EQ(log.size(), 6U);
  const auto says = [&](std::size_t line, bool applied, const std::string& of, int status) {
    SCOPED_TRACE(log[line].dump());
    EXPECT_EQ(log[line]["applied"], applied);
    EXPECT_EQ(log[line].value("uid", ""), of);
    EXPECT_EQ(log[line]["status"], status);
    EXPECT_GT(log[line]["connection"], 0);
  };
  says(0, false, "", 0);
  says(1, true, uid, 0);
  says(2, false, uid, 200);
  says(3, false, uid, 200);
  says(4, true, uid, 200);
  EXPECT_FALSE(log[5].contains("applied"));
}

TEST_F(FaultsOfTests, WritesAreCounted) {
  server.clear_requests();
  EXPECT_EQ(patch("1").status, 200);
  EXPECT_EQ(client.get(kA).status, 200);
  EXPECT_EQ(server.count_writes(), 1U);
  EXPECT_EQ(server.count_requests("GET", "/configmaps/a"), 1U);
}

}  // namespace
}  // namespace kots_export::apiserver
