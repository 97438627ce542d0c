#include "apiserver/unit/client.h"

#include <thread>

#include <gtest/gtest.h>

namespace kots_export::apiserver {
namespace {

constexpr const char* kSeed = R"(
apiVersion: testing/v1
kind: Repeat
count: 10
object:
  apiVersion: v1
  kind: Secret
  metadata: {name: s%d, namespace: default, labels: {number: n%d, even: "yes"}}
)";
constexpr const char* kMetadataOnly =
    "Accept: application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

class Lists : public testing::Test {
 protected:
  Lists() : server(options()), client(server) {}

  static ApiServerOptions options() {
    ApiServerOptions result;
    result.seed = kSeed;
    return result;
  }

  [[nodiscard]] std::size_t count(const std::string& query) const {
    return client.get(std::string(kSecrets) + '?' + query).json()["items"].size();
  }

  // Returns the events of a watch that the server ends after a second.
  [[nodiscard]] std::vector<Json> watch(const std::string& query,
                                        const std::vector<std::string>& headers = {}) const {
    const Reply reply = client.get(std::string(kSecrets) + "?watch=1&timeoutSeconds=1&" + query, headers);
    EXPECT_EQ(reply.status, 200);
    std::vector<Json> events;
    std::istringstream lines(reply.body);
    for (std::string line; std::getline(lines, line);) events.push_back(Json::parse(line));
    return events;
  }

  ApiServer server;
  Client client;
};

TEST_F(Lists, PagesShowTheMomentOfTheFirstOne) {
  Json page = client.get(std::string(kSecrets) + "?limit=4").json();
  EXPECT_EQ(page["items"].size(), 4U);
  EXPECT_EQ(page["metadata"]["remainingItemCount"], 6);
  ASSERT_TRUE(server.remove("Secret", "default", "s9"));
  ASSERT_EQ(client.post(kSecrets, secret("s55")).status, 201);
  std::vector<std::string> names;
  const std::string version = page["metadata"]["resourceVersion"];
  while (page["metadata"].contains("continue")) {
    page = client
               .get(std::string(kSecrets) +
                    "?limit=4&continue=" + page["metadata"]["continue"].get<std::string>())
               .json();
    EXPECT_EQ(page["metadata"]["resourceVersion"], version);
    for (const Json& item : page["items"]) names.push_back(item["metadata"]["name"]);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"s4", "s5", "s6", "s7", "s8", "s9"}));
}

TEST_F(Lists, CompactedSnapshotIs410WithATokenForTheRest) {
  const Json page = client.get(std::string(kSecrets) + "?limit=4").json();
  server.compact();
  ASSERT_TRUE(server.remove("Secret", "default", "s9"));
  const std::string next = std::string(kSecrets) + "?limit=9&continue=";
  const Reply expired = client.get(next + page["metadata"]["continue"].get<std::string>());
  EXPECT_EQ(expired.status, 410);
  EXPECT_EQ(expired.json()["reason"], "Expired");
  const Json rest = client.get(next + expired.json()["metadata"]["continue"].get<std::string>()).json();
  EXPECT_EQ(rest["items"].size(), 5U);
}

TEST_F(Lists, SelectorsChooseByLabelAndField) {
  const std::vector<std::pair<std::string, std::size_t>> cases = {{"labelSelector=number%3Dn1", 1},
                                                                  {"labelSelector=number%3D%3Dn1", 1},
                                                                  {"labelSelector=number!%3Dn1", 9},
                                                                  {"labelSelector=number%20in%20(n1,n2)", 2},
                                                                  {"labelSelector=number%20notin%20(n1)", 9},
                                                                  {"labelSelector=number", 10},
                                                                  {"labelSelector=!number", 0},
                                                                  {"labelSelector=even%3Dyes,number%3Dn3", 1},
                                                                  {"fieldSelector=metadata.name%3Ds3", 1},
                                                                  {"fieldSelector=type!%3DOpaque", 0},
                                                                  {"fieldSelector=type%3DOpaque", 10}};
  for (const auto& [query, expected] : cases) {
    SCOPED_TRACE(query);
    EXPECT_EQ(count(query), expected);
  }
  EXPECT_EQ(client.get(std::string(kSecrets) + "?fieldSelector=spec.x%3D1").status, 400);
}

TEST_F(Lists, MetadataOnlyFormHasNoData) {
  const Json list = client.get(kSecrets, {kMetadataOnly}).json();
  EXPECT_EQ(list["kind"], "PartialObjectMetadataList");
  EXPECT_EQ(list["apiVersion"], "meta.k8s.io/v1");
  EXPECT_EQ(list["items"][0]["kind"], "PartialObjectMetadata");
  EXPECT_EQ(list["items"][0]["metadata"]["name"], "s0");
  EXPECT_FALSE(list["items"][0].contains("data"));
}

TEST_F(Lists, PreferenceOfAcceptDecidesTheForm) {
  const auto kind = [&](const std::string& accept) {
    return client.get(kSecrets, {"Accept: " + accept}).json()["kind"];
  };
  EXPECT_EQ(kind("application/json;as=Table;v=v1;g=meta.k8s.io,application/json"), "SecretList");
  EXPECT_EQ(kind("application/json;q=0.5,application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"),
            "PartialObjectMetadataList");
  EXPECT_EQ(client.get(kSecrets, {"Accept: text/html"}).status, 406);
}

TEST_F(Lists, WatchTellsWhatHappensAfterTheListAndLeavingTheSelectorIsADeletion) {
  const std::string version = client.get(kSecrets).json()["metadata"]["resourceVersion"];
  const std::string s1 = std::string(kSecrets) + "/s1";
  ASSERT_EQ(client.patch(s1, {{"metadata", {{"labels", {{"x", "1"}}}}}}).status, 200);
  ASSERT_EQ(client.patch(s1, {{"metadata", {{"labels", {{"number", nullptr}}}}}}).status, 200);
  ASSERT_EQ(client.remove(std::string(kSecrets) + "/s2").status, 200);
  ASSERT_EQ(client.post(kSecrets, secret("s3x")).status, 201);
  const std::vector<Json> events = watch("labelSelector=number&resourceVersion=" + version);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0]["type"], "MODIFIED");
  EXPECT_EQ(events[1]["type"], "DELETED");
  EXPECT_EQ(events[1]["object"]["metadata"]["name"], "s1");
  EXPECT_EQ(events[2]["type"], "DELETED");
  EXPECT_EQ(events[2]["object"]["metadata"]["name"], "s2");
}

TEST_F(Lists, WatchFromNowBeginsWithWhatIsThereAndSendsBookmarks) {
  const std::vector<Json> events =
      watch("allowWatchBookmarks=true&fieldSelector=metadata.name%3Ds1&timeoutSeconds=2&timeoutSeconds=2",
            {kMetadataOnly});
  ASSERT_GE(events.size(), 1U);
  EXPECT_EQ(events[0]["type"], "ADDED");
  EXPECT_EQ(events[0]["object"]["kind"], "PartialObjectMetadata");
}

TEST_F(Lists, IdleWatchSendsBookmarksWhereTheyAreAllowed) {
  const Reply reply = client.get(std::string(kSecrets) +
                                 "?watch=1&timeoutSeconds=2&allowWatchBookmarks=true&resourceVersion=" +
                                 std::to_string(server.resource_version()));
  const Json bookmark = Json::parse(reply.body.substr(0, reply.body.find('\n')));
  EXPECT_EQ(bookmark["type"], "BOOKMARK");
  EXPECT_EQ(bookmark["object"]["metadata"]["resourceVersion"], std::to_string(server.resource_version()));
}

TEST_F(Lists, WatchFromBeforeTheHistoryGetsAnErrorEvent) {
  const std::string version = std::to_string(server.resource_version());
  ASSERT_TRUE(server.remove("Secret", "default", "s1"));
  server.compact();
  const std::vector<Json> events = watch("resourceVersion=" + version);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["type"], "ERROR");
  EXPECT_EQ(events[0]["object"]["code"], 410);
}

TEST_F(Lists, LargeListsComeCompressedToThoseWhoAccept) {
  Json big = config_map("big");
  big["data"]["key"] = std::string(std::size_t{200} << 10, 'x');
  ASSERT_EQ(client.post(kConfigMaps, big).status, 201);
  const Reply reply = client.get(kConfigMaps, {"Accept-Encoding: gzip"});
  EXPECT_NE(reply.headers.find("content-encoding: gzip"), std::string::npos);
  EXPECT_LT(reply.body.size(), std::size_t{20} << 10);
}

}  // namespace
}  // namespace kots_export::apiserver
