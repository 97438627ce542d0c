#include "apiserver/unit/client.h"
#include "apiserver/unit/streams.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace kots_export::apiserver {
namespace {

std::set<std::string> protocols(const ApiServer& server) {
  std::set<std::string> seen;
  for (const Json& request : server.requests()) seen.insert(request["protocol"].get<std::string>());
  return seen;
}

TEST(Http2, IsWhatAClientGetsThatOffersBoth) {
  const ApiServer server;
  EXPECT_EQ(Client(server).get("/api/v1/nodes").status, 200);
  EXPECT_EQ(protocols(server), std::set<std::string>({"h2"}));
}

TEST(Http2, CanBeSwitchedOff) {
  ApiServerOptions options;
  options.http1 = true;
  const ApiServer server(options);
  EXPECT_EQ(Client(server).get("/api/v1/nodes").status, 200);
  EXPECT_EQ(protocols(server), std::set<std::string>({"http/1.1"}));
}

TEST(Http2, StreamsOfOneConnectionDoNotWaitForEachOther) {
  ApiServer server;
  Streams streams(server);
  std::vector<std::size_t> watches;
  for (int i = 0; i < 40; ++i) watches.push_back(streams.get(std::string(kConfigMaps) + "?watch=1"));
  const auto all_watch = [&] {
    for (const std::size_t watch : watches) {
      if (streams.body(watch).empty()) return false;
    }
    return true;
  };
  EXPECT_TRUE(streams.run_until(all_watch));  // kube-root-ca.crt
  std::vector<std::size_t> gets;
  for (int i = 0; i < 200; ++i) gets.push_back(streams.get("/api/v1/namespaces/default"));
  EXPECT_TRUE(streams.run_until([&] { return streams.done(gets.back()); }));
  for (const std::size_t get : gets) {
    if (!streams.done(get)) continue;
    EXPECT_EQ(streams.status(get), 200);
  }
  for (const std::size_t watch : watches) EXPECT_FALSE(streams.done(watch));
  server.put({{"apiVersion", "v1"},
              {"kind", "ConfigMap"},
              {"metadata", {{"name", "seen-by-all"}, {"namespace", "default"}}}});
  EXPECT_TRUE(streams.run_until([&] {
    for (const std::size_t watch : watches) {
      if (streams.body(watch).find("seen-by-all") == std::string::npos) return false;
    }
    return true;
  }));
  EXPECT_EQ(server.connections(), 1U);
}

TEST(Http2, StreamThatItsClientGivesUpEndsAloneOnTheServerToo) {
  const ApiServer server;
  Streams kept(server);
  const std::size_t watch = kept.get(std::string(kConfigMaps) + "?watch=1");
  EXPECT_TRUE(kept.run_until([&] { return !kept.body(watch).empty(); }));
  {
    Streams given_up(server);
    const std::size_t other = given_up.get(std::string(kConfigMaps) + "?watch=1");
    EXPECT_TRUE(given_up.run_until([&] { return !given_up.body(other).empty(); }));
  }
  const std::size_t get = kept.get("/version");
  EXPECT_TRUE(kept.run_until([&] { return kept.done(get); }));
  EXPECT_EQ(kept.status(get), 200);
  EXPECT_FALSE(kept.done(watch));
}

TEST(Http2, BodiesLargerThanTheWindowsArriveWhole) {
  ApiServer server;
  Json object = config_map("big");
  object["data"]["key"] = std::string(1000000, 'x');
  const Client client(server);
  EXPECT_EQ(client.post(kConfigMaps, object).status, 201);
  for (int i = 0; i < 12; ++i) {
    object["metadata"] = {{"name", "big-" + std::to_string(i)}, {"namespace", "default"}};
    server.put({{"apiVersion", "v1"},
                {"kind", "ConfigMap"},
                {"metadata", object["metadata"]},
                {"data", object["data"]}});
  }
  Streams streams(server);
  std::vector<std::size_t> lists;
  for (int i = 0; i < 8; ++i) lists.push_back(streams.get(kConfigMaps));
  EXPECT_TRUE(streams.run_until([&] {
    return std::all_of(lists.begin(), lists.end(), [&](std::size_t list) { return streams.done(list); });
  }));
  for (const std::size_t list : lists) {
    EXPECT_GT(streams.body(list).size(), 13000000U);
    EXPECT_TRUE(streams.body(list).ends_with("]}"));
    EXPECT_EQ(streams.body(list), streams.body(lists.front()));
  }
}

TEST(Http2, ServerEndsWithRequestsInFlight) {
  auto server = std::make_unique<ApiServer>();
  Streams streams(*server);
  const std::size_t watch = streams.get(std::string(kConfigMaps) + "?watch=1");
  EXPECT_TRUE(streams.run_until([&] { return !streams.body(watch).empty(); }));
  server.reset();
  EXPECT_TRUE(streams.run_until([&] { return streams.done(watch); }));
}

}  // namespace
}  // namespace kots_export::apiserver
