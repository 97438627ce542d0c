#include <kots_export/kube/client.h>

#include "unit/support/scripted_transport.h"

#include <chrono>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace kots_export::kube {

namespace {

using nlohmann::json;
using test::ok;
using test::Stream;
using ::testing::ElementsAre;

json pod(const json& state) {
  return {{"kind", "Pod"},
          {"metadata", {{"name", "p"}}},
          {"status", {{"containerStatuses", {{{"name", "c"}, {"state", state}}}}}}};
}
const json kRunning = {{"running", json::object()}};
const json kTerminated = {{"terminated", {{"exitCode", 0}}}};

constexpr const char* kLive = "/log?follow=true";
constexpr const char* kRest = "/log?container=c";

// A log whose connection stays open and says nothing more, as behind a balancer that forgot it.
class SilentLog : public ::testing::Test {
 protected:
  // Follows the log until its end, or for 5 s.
  void follow() {
    const auto start = std::chrono::steady_clock::now();
    RetryPolicy policy;
    policy.log_silence = std::chrono::milliseconds(40);
    Client client(server, policy);
    (void)client.follow(
        {}, start + std::chrono::seconds(10),
        [this](Client::Follow& follow) {
          follow.add_log({.ns = "n", .pod = "p", .container = "c", .on_line = [this](std::string_view line) {
                            lines.emplace_back(line);
                          }});
        },
        std::chrono::seconds(5));
    took = std::chrono::steady_clock::now() - start;
  }

  test::ScriptedTransport server;
  std::vector<std::string> lines;
  std::chrono::steady_clock::duration took{};
};

TEST_F(SilentLog, OfAContainerThatHasEndedIsReadToItsEnd) {
  server.get_once(kLive, Stream{{"one\n", "two\nthr"}, Stream::End::open});
  server.get(kRest, test::text_reply(200, "one\ntwo\nthree\nfour"));
  server.get("/pods/p", ok(pod(kTerminated)));
  follow();

  EXPECT_THAT(lines, ElementsAre("one", "two", "three", "four"));
  EXPECT_LT(took, std::chrono::seconds(4));
}

TEST_F(SilentLog, OfAPodThatIsGoneIsAtItsEnd) {
  server.get_once(kLive, Stream{{"one\ntw"}, Stream::End::open});
  server.get("/pods/p", test::status_reply(404, "NotFound"));
  follow();

  EXPECT_THAT(lines, ElementsAre("one", "tw"));
  EXPECT_LT(took, std::chrono::seconds(4));
}

TEST_F(SilentLog, OfAContainerThatRunsIsWaitedFor) {
  server.get_once(kLive, Stream{{"one\n"}, Stream::End::open});
  server.add({.path = "/pods/p", .answer = test::reply(503), .times = 1});
  server.add({.path = "/pods/p", .answer = ok(pod(kRunning)), .times = 2});
  server.get("/pods/p", test::status_reply(404, "NotFound"));
  follow();

  EXPECT_THAT(lines, ElementsAre("one"));
  EXPECT_EQ(server.count(Method::get, kLive), 1U);
  EXPECT_EQ(server.count(Method::get, "/pods/p") - 1, 4U);
  EXPECT_GE(took, std::chrono::milliseconds(160)) << "one look after each silence";
}

TEST_F(SilentLog, ThatCannotBeReadToItsEndIsTriedAgain) {
  server.get_once(kLive, Stream{{"one\n"}, Stream::End::open});
  server.get_once(kRest, test::reset());
  server.get(kRest, test::text_reply(200, "one\ntwo\n"));
  server.get("/pods/p", ok(pod(kTerminated)));
  follow();

  EXPECT_THAT(lines, ElementsAre("one", "two"));
}

}  // namespace

}  // namespace kots_export::kube
