#include <kots_export/kube/client.h>
#include <kots_export/util/error.h>

#include "unit/support/api_connection.h"
#include "unit/support/scripted_transport.h"

#include <chrono>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

// What the client repeats, seen from outside: how often the server is asked.
namespace kots_export::kube {

namespace {

using test::ok;
using test::status_reply;

using Delivered = TransportFailure::Delivered;

const ObjectRef kObject{.gvr = {"", "v1", "configmaps"},
                        .kind = "ConfigMap",
                        .ns = "n",
                        .name = "c",
                        .uid = {},
                        .resource_version = {}};

const nlohmann::json kAnswer{{"kind", "ConfigMap"}, {"metadata", {{"name", "c"}}}};

class Retry : public ::testing::Test {
 protected:
  // Sends one request and returns how often the server saw it.
  std::size_t tries(const Request& request) {
    class Source : public RequestSource {
     public:
      explicit Source(Exchange exchange) : exchange_(std::move(exchange)) {}
      std::optional<Exchange> next() override { return std::exchange(exchange_, std::nullopt); }

     private:
      std::optional<Exchange> exchange_;
    };
    Source source(
        {.request = request, .done = [this](Outcome result) { outcome = std::move(result); }, .on_data = {}});
    client.run(source);
    return server.requests().size();
  }
  void fail_once(Method method, test::Answer answer) {
    server.add({.method = method, .path = "", .answer = std::move(answer), .times = 1});
  }
  static Request read() { return get_request(kObject); }
  static Request write() { return merge_patch_request(kObject, nlohmann::json::object(), DryRun::none); }

  test::ScriptedTransport server;
  bool interrupted = false;
  Client client{server, test::kQuickRetries, [this] { return interrupted; }};
  Outcome outcome;
};

TEST_F(Retry, ReadsAreRepeatedAfterServerErrors) {
  for (const int code : {429, 500, 502, 503, 504}) fail_once(Method::get, status_reply(code, ""));
  server.otherwise([](const Request&) { return ok(kAnswer); });

  EXPECT_EQ(tries(read()), 5U) << "five tries at most";
  EXPECT_EQ(std::get<Reply>(outcome).status, 504);
}

TEST_F(Retry, ReadsAreRepeatedAfterCutsAndTimeouts) {
  fail_once(Method::get, test::reset());
  fail_once(Method::get, TransportFailure{.kind = TransportFailure::Kind::timeout, .text = "", .hint = ""});
  server.get("", ok(kAnswer));

  EXPECT_EQ(tries(read()), 3U);
  EXPECT_EQ(std::get<Reply>(outcome).status, 200);
}

TEST_F(Retry, AnswersAreNotRepeated) {
  for (const int code : {400, 401, 403, 404, 409, 410, 422, 501}) {
    SCOPED_TRACE(code);
    server = test::ScriptedTransport();
    server.get("", status_reply(code, ""));
    EXPECT_EQ(tries(read()), 1U);
  }
}

TEST_F(Retry, WritesThatMayHaveArrivedAreNotRepeated) {
  for (const test::Answer& answer : {test::Answer(status_reply(500, "")), test::Answer(status_reply(502, "")),
                                     test::Answer(status_reply(503, "")), test::Answer(status_reply(504, "")),
                                     // A balancer says so too, after the write has gone on to the server.
                                     test::Answer(status_reply(503, "", "", {{"retry-after", "0"}})),
                                     test::Answer(test::reset(Delivered::maybe))}) {
    server = test::ScriptedTransport();
    server.add({.method = Method::patch, .path = "", .answer = answer});
    EXPECT_EQ(tries(write()), 1U);
  }
}

TEST_F(Retry, WritesThatCertainlyDidNotArriveAreRepeated) {
  fail_once(Method::patch, status_reply(429, ""));
  fail_once(Method::patch, test::reset(Delivered::no));
  server.add({.method = Method::patch, .path = "", .answer = ok(kAnswer)});

  EXPECT_EQ(tries(write()), 3U);
}

TEST_F(Retry, WaitsAsLongAsTheServerAsks) {
  fail_once(Method::get, status_reply(429, "", "", {{"retry-after", "1"}}));
  server.get("", ok(kAnswer));
  const auto start = std::chrono::steady_clock::now();

  EXPECT_EQ(tries(read()), 2U);

  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(950));
}

// Source: client-go's with_retry, which makes ten.
TEST_F(Retry, AServerThatAsksForPatienceGetsTenTries) {
  server.get("", status_reply(429, "", "", {{"retry-after", "0"}}));

  EXPECT_EQ(tries(read()), 10U);
}

TEST_F(Retry, AReadThatGetsNoJsonIsRepeated) {
  for (const char* body : {"<html>sign in</html>", "", R"({"metadata":{"name":"a")",
                           R"({"kind":"ConfigMap","metadata":{"name":"c})"}) {
    SCOPED_TRACE(body);
    server = test::ScriptedTransport();
    fail_once(Method::get, test::text_reply(200, body));
    server.get("", ok(kAnswer));
    EXPECT_EQ(tries(read()), 2U);
    EXPECT_EQ(std::get<Reply>(outcome).body, kAnswer.dump());
  }
}

TEST_F(Retry, IgnoresARetryAfterThatIsNoNumber) {
  fail_once(Method::get, status_reply(429, "", "", {{"retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"}}));
  fail_once(Method::get, status_reply(429, "", "", {{"retry-after", "-5"}}));
  server.get("", ok(kAnswer));

  EXPECT_EQ(tries(read()), 3U);
}

TEST_F(Retry, AServerThatIsDownIsToldAtOnce) {
  server.get("", test::connection_refused());

  EXPECT_EQ(tries(read()), 1U);
}

TEST_F(Retry, AServerThatWentAwayInTheMiddleIsWaitedFor) {
  server.add({.path = "", .answer = ok(kAnswer), .times = 1});
  fail_once(Method::get, test::connection_refused());
  fail_once(Method::get, test::connection_refused());
  server.get("", ok(kAnswer));
  ASSERT_EQ(tries(read()), 1U);

  EXPECT_EQ(tries(read()), 4U);
  EXPECT_EQ(std::get<Reply>(outcome).status, 200);
}

TEST_F(Retry, WhatDoesNotGetBetterIsNotRepeated) {
  for (const auto kind : {TransportFailure::Kind::resolve, TransportFailure::Kind::tls,
                          TransportFailure::Kind::credentials, TransportFailure::Kind::cancelled}) {
    server = test::ScriptedTransport();
    server.get("", TransportFailure{.kind = kind, .delivered = Delivered::no, .text = "", .hint = ""});
    EXPECT_EQ(tries(read()), 1U);
  }
}

TEST_F(Retry, CtrlCEndsTheWait) {
  fail_once(Method::get, status_reply(429, "", "", {{"retry-after", "30"}}));
  server.after_each([this](const Request&) { interrupted = true; });
  const auto start = std::chrono::steady_clock::now();

  EXPECT_THROW((void)client.get(kObject), Interrupted);

  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace

}  // namespace kots_export::kube
