#include <kots_export/kube/client.h>
#include <kots_export/util/error.h>

#include "apiserver/fixture.h"
#include "unit/support/api_connection.h"
#include "unit/support/scripted_transport.h"

#include <array>
#include <chrono>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

// The streams of a real server; what goes wrong with them in every way is
// tested by script in job_watch_test.cpp.
namespace kots_export::kube {

namespace {

using nlohmann::json;
using ::testing::ElementsAre;

const ApiResource kConfigMaps{.gvr = {"", "v1", "configmaps"}, .kind = "ConfigMap", .verbs = {}};

class FollowOnServer : public ::testing::Test {
 protected:
  FollowOnServer() { put("first"); }

  void put(const std::string& name, const std::string& label = "yes") {
    server.put({{"apiVersion", "v1"},
                {"kind", "ConfigMap"},
                {"metadata", {{"name", name}, {"namespace", "n"}, {"labels", {{"watched", label}}}}}});
  }

  // Follows ConfigMaps until one named `last` comes; "added first", ...
  std::vector<std::string> watch_until(const std::string& last,
                                       const std::function<void(const std::string&)>& then = {}) {
    std::vector<std::string> seen;
    const auto on_event = [&](const WatchEvent& event) {
      if (event.type == WatchEvent::Type::bookmark) return Flow::go_on;
      const std::string name = event.object["metadata"]["name"];
      constexpr std::array kNames = {"added", "modified", "deleted", "bookmark"};
      seen.push_back(std::string(kNames.at(static_cast<std::size_t>(event.type))) + " " + name);
      if (then) then(seen.back());
      return name == last ? Flow::stop : Flow::go_on;
    };
    end = connection.client.follow({{.resource = kConfigMaps,
                                     .ns = "n",
                                     .label_selector = "watched=yes",
                                     .field_selector = {},
                                     .on_event = on_event}},
                                   std::chrono::steady_clock::now() + std::chrono::seconds(15),
                                   [](Client::Follow&) {});
    return seen;
  }

  apiserver::ApiServer server;
  test::ApiConnection connection{server};
  Client::FollowEnd end = Client::FollowEnd::stopped;
};

TEST_F(FollowOnServer, ListsFirstAndThenWatches) {
  const auto seen = watch_until("last", [&](const std::string& event) {
    if (event == "added first") {
      put("not-ours", "no");
      put("second");
    }
    if (event == "added second") server.remove("ConfigMap", "n", "first");
    if (event == "deleted first") put("last");
  });

  EXPECT_THAT(seen, ElementsAre("added first", "added second", "deleted first", "added last"));
  EXPECT_EQ(end, Client::FollowEnd::stopped);
}

TEST_F(FollowOnServer, MissesNothingWhereWatchesAreCut) {
  server.add_fault("cut times=3 path=watch=true");

  const auto seen = watch_until("last", [&](const std::string& event) {
    if (event == "added first") put("second");
    if (event == "added second") put("last");
  });

  EXPECT_THAT(seen, ElementsAre("added first", "added second", "added last"));
}

TEST_F(FollowOnServer, ListsAgainWhereTheServerForgotTheVersion) {
  server.add_fault("status=410 times=1 path=watch=true");

  const auto seen = watch_until("last", [&](const std::string& event) {
    if (event == "added first") put("last");
  });

  EXPECT_EQ(seen.back(), "added last");
}

TEST_F(FollowOnServer, AsksEverMoreSlowlyWhereTheServerForgetsEachVersionAtOnce) {
  server.add_fault("status=410 path=watch=true");
  (void)connection.client.follow({{.resource = kConfigMaps,
                                   .ns = "n",
                                   .label_selector = {},
                                   .field_selector = {},
                                   .on_event = [](const WatchEvent&) { return Flow::go_on; }}},
                                 std::chrono::steady_clock::now() + std::chrono::milliseconds(2000),
                                 [](Client::Follow&) {});

  EXPECT_LE(server.count_requests("GET", "watch=true"), 4U) << "after 0, 300, 900 and 1800 ms";
}

TEST_F(FollowOnServer, EndsAtItsTime) {
  const auto start = std::chrono::steady_clock::now();
  const auto result =
      connection.client.follow({{.resource = kConfigMaps,
                                 .ns = "n",
                                 .label_selector = {},
                                 .field_selector = {},
                                 .on_event = [](const WatchEvent&) { return Flow::go_on; }}},
                               start + std::chrono::milliseconds(300), [](Client::Follow&) {});

  EXPECT_EQ(result, Client::FollowEnd::timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(FollowOnServer, WorksWithOneRequestInFlight) {
  // A watch and a log stay open: neither may wait for the other to end.
  server.seed(
      "apiVersion: testing/v1\nkind: JobBehaviour\nname: "
      "talker\ndelay: 50\nlines: [one, two]\n");
  server.put(json::parse(
      R"({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "talker", "namespace": "n"},
      "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}})"));
  CurlOptions narrow;
  narrow.max_in_flight = 1;
  test::ApiConnection one(server, narrow);
  std::vector<std::string> lines;
  Client::Follow* handle = nullptr;
  bool logging = false;
  const auto on_pod = [&](const WatchEvent& event) {
    const std::string phase = event.object.value(json::json_pointer("/status/phase"), "");
    if (!logging && (phase == "Running" || phase == "Succeeded")) {
      logging = true;
      handle->add_log({.ns = "n",
                       .pod = event.object["metadata"]["name"],
                       .container = "c",
                       .on_line = [&](std::string_view line) {
                         lines.emplace_back(line);
                         if (line == "two") handle->stop();
                       }});
    }
    return Flow::go_on;
  };

  const auto result = one.client.follow({{.resource = {.gvr = {"", "v1", "pods"}, .kind = "Pod", .verbs = {}},
                                          .ns = "n",
                                          .label_selector = {},
                                          .field_selector = {},
                                          .on_event = on_pod}},
                                        std::chrono::steady_clock::now() + std::chrono::seconds(10),
                                        [&](Client::Follow& follow) { handle = &follow; });

  EXPECT_EQ(result, Client::FollowEnd::stopped);
  EXPECT_THAT(lines, ElementsAre("one", "two"));
}

// A server, or something before it, that keeps a watch open and knows nothing of it any more.
TEST(FollowByScript, AWatchIsNotWaitedForMuchLongerThanWasAskedFor) {
  test::ScriptedTransport server;
  server.get("watch=false", test::ok({{"kind", "ConfigMapList"},
                                      {"metadata", {{"resourceVersion", "5"}}},
                                      {"items", json::array()}}));
  server.get("watch=true", test::Stream{{}, test::Stream::End::open});
  Client client(server);
  (void)client.follow({{.resource = kConfigMaps,
                        .ns = "n",
                        .label_selector = {},
                        .field_selector = {},
                        .on_event = [](const WatchEvent&) { return Flow::go_on; }}},
                      std::chrono::steady_clock::now() + std::chrono::milliseconds(50),
                      [](Client::Follow&) {});

  const Request& watch = server.requests().at(1);
  const auto asked = watch.path.find("timeoutSeconds=");
  ASSERT_NE(asked, std::string::npos);
  const std::chrono::seconds seconds(std::stoi(watch.path.substr(asked + 15)));
  EXPECT_GT(watch.timeout, seconds);
  EXPECT_LE(watch.timeout, seconds + std::chrono::seconds(60));
}

}  // namespace

}  // namespace kots_export::kube
