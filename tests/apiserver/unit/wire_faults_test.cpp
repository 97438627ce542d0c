#include "apiserver/unit/client.h"
#include "apiserver/unit/streams.h"

#include <cctype>
#include <ostream>
#include <thread>
#include <tuple>

#include <curl/curl.h>
#include <gtest/gtest.h>

// Every fault on both protocols: what the client sees, what the store holds, what the log says.
namespace kots_export::apiserver {
namespace {

const std::string kA = std::string(kConfigMaps) + "/a";

enum class Wire { http1, http2 };

ApiServerOptions options_for(Wire wire) {
  ApiServerOptions options;
  options.http1 = wire == Wire::http1;
  return options;
}

enum class Seen {
  status,           // an answer with that status, and a Status
  page,             // 200 with HTML
  nothing,          // not even a head
  broken,           // an error of the connection, whatever came before it
  half,             // 200, and an error in the body
  half_or_nothing,  // an error in the body: libcurl 7.88 says nothing of what came before it on HTTP/2
  clean_half,       // 200 and no error, but the body is no JSON
};

struct Case {
  const char* words;
  Seen seen;
  bool applied;
  int status;  // of the log
};

void PrintTo(const Case& fault, std::ostream* out) { *out << fault.words; }

class WireFaults : public testing::TestWithParam<std::tuple<Wire, Case>> {
 protected:
  WireFaults() : server(options_for(std::get<0>(GetParam()))), client(server) {
    EXPECT_EQ(client.post(kConfigMaps, config_map("a")).status, 201);
    server.clear_requests();
  }

  static void expect_seen(const Reply& reply, const Case& fault) {
    SCOPED_TRACE(reply.error);
    const bool failed = reply.curl_code != CURLE_OK;
    switch (fault.seen) {
      case Seen::status:
        EXPECT_EQ(reply.status, fault.status);
        EXPECT_EQ(reply.json()["kind"], "Status");
        EXPECT_FALSE(failed);
        break;
      case Seen::page:
        EXPECT_EQ(reply.status, 200);
        EXPECT_NE(reply.headers.find("content-type: text/html"), std::string::npos);
        EXPECT_NE(reply.body.find("Sign in"), std::string::npos);
        EXPECT_FALSE(failed);
        break;
      case Seen::nothing:
        EXPECT_EQ(reply.status, 0);
        EXPECT_TRUE(failed);
        break;
      case Seen::broken:
        EXPECT_TRUE(failed);
        break;
      case Seen::half:
        EXPECT_EQ(reply.status, 200);
        EXPECT_FALSE(reply.body.empty());
        EXPECT_TRUE(reply.json().is_discarded());
        EXPECT_TRUE(failed);
        break;
      case Seen::half_or_nothing:
        EXPECT_TRUE(reply.json().is_discarded());
        EXPECT_TRUE(failed);
        break;
      case Seen::clean_half:
        EXPECT_EQ(reply.status, 200);
        EXPECT_FALSE(reply.body.empty());
        EXPECT_TRUE(reply.json().is_discarded());
        EXPECT_FALSE(failed);
        break;
    }
  }

  ApiServer server;
  Client client;
};

TEST_P(WireFaults, ClientStoreAndLogAgreeOnIt) {
  const Case fault = std::get<1>(GetParam());
  server.add_fault(std::string(fault.words) + " times=1 method=PATCH");

  const Reply reply = client.patch(kA, {{"data", {{"key", "new"}}}});

  expect_seen(reply, fault);
  ASSERT_TRUE(server.wait_until([&] { return server.requests().size() == 1; }));
  const Json line = server.requests().front();
  EXPECT_EQ(line["status"], fault.status);
  EXPECT_EQ(line["applied"], fault.applied);
  EXPECT_EQ(line["protocol"], std::get<0>(GetParam()) == Wire::http1 ? "http/1.1" : "h2");
  const Json stored = *server.get("ConfigMap", "default", "a");
  EXPECT_EQ(stored["data"]["key"], fault.applied ? "new" : "value");
  EXPECT_EQ(line.value("uid", ""), fault.applied ? stored["metadata"]["uid"].get<std::string>() : "");
  EXPECT_EQ(client.get(kA).status, 200);  // once only
}

constexpr Case kCases[] = {{"status=503", Seen::status, false, 503},
                           {"status=504 after-apply", Seen::status, true, 504},
                           {"html", Seen::page, false, 200},
                           {"html after-apply", Seen::page, true, 200},
                           {"drop", Seen::nothing, false, 0},
                           {"drop reset", Seen::nothing, false, 0},
                           {"reset", Seen::nothing, false, 0},
                           {"reset after-apply", Seen::nothing, true, 0},
                           {"reset-stream", Seen::nothing, false, 0},
                           {"reset-stream after-apply", Seen::nothing, true, 0},
                           {"cut-after-apply", Seen::nothing, true, 0},
                           {"cut-after-apply reset", Seen::nothing, true, 0},
                           {"cut", Seen::half, true, 200},
                           {"cut reset", Seen::broken, true, 200},
                           {"cut reset-stream", Seen::half, true, 200},
                           {"short", Seen::half_or_nothing, true, 200},
                           {"short-clean", Seen::clean_half, true, 200},
                           {"late=30", Seen::nothing, true, 0},
                           {"late=30 reset", Seen::nothing, true, 0},
                           {"late=30 reset-stream", Seen::nothing, true, 0}};

std::string name_of(const testing::TestParamInfo<std::tuple<Wire, Case>>& info) {
  std::string name = std::get<0>(info.param) == Wire::http1 ? "Http1_" : "Http2_";
  for (const char c : std::string(std::get<1>(info.param).words)) name += std::isalnum(c) != 0 ? c : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Both, WireFaults,
                         testing::Combine(testing::Values(Wire::http1, Wire::http2),
                                          testing::ValuesIn(kCases)),
                         name_of);

class FaultsOnBoth : public testing::TestWithParam<Wire> {
 protected:
  FaultsOnBoth() : server(options_for(GetParam())), client(server) {
    EXPECT_EQ(client.post(kConfigMaps, config_map("a")).status, 201);
    server.clear_requests();
  }
  [[nodiscard]] Reply patch(const std::string& value) const {
    return client.patch(kA, {{"data", {{"key", value}}}});
  }
  [[nodiscard]] std::string stored() const {
    return (*server.get("ConfigMap", "default", "a"))["data"]["key"];
  }

  ApiServer server;
  Client client;
};

TEST_P(FaultsOnBoth, LateIsAppliedOverWhatCameMeanwhile) {
  server.add_fault("late=300 times=1 method=PATCH");
  EXPECT_EQ(patch("late").status, 0);
  EXPECT_EQ(stored(), "value");
  EXPECT_EQ(server.held(), 1);
  EXPECT_EQ(patch("meanwhile").status, 200);
  EXPECT_TRUE(server.wait_until([&] { return stored() == "late"; }));
  EXPECT_EQ(server.requests().back()["applied"], true);
}

TEST_P(FaultsOnBoth, ResetIsSeenAsOneAndDropIsNot) {
  server.add_fault("drop times=1");
  const Reply dropped = client.get(kA);
  EXPECT_EQ(dropped.error.find("reset by peer"), std::string::npos) << dropped.error;
  server.add_fault("drop reset times=1");
  const Reply reset = client.get(kA);
  EXPECT_NE(reset.error.find("reset by peer"), std::string::npos) << reset.error;
}

TEST_P(FaultsOnBoth, WhatIsHeldEndsWithItsClientAndIsLoggedBefore) {
  server.add_fault("hold-answer times=1 method=PATCH");
  server.add_fault("hold times=1 method=GET");
  {
    Streams given_up(server);
    given_up.get(kA);
    EXPECT_TRUE(given_up.run_until([&] { return server.held() == 1; }));
  }
  EXPECT_TRUE(server.wait_until([&] { return server.held() == 0; }));
  std::thread clearing([&] {
    EXPECT_TRUE(server.wait_until([&] { return server.held() == 1; }));
    const Json line = server.requests().back();
    EXPECT_EQ(line["method"], "PATCH");
    EXPECT_EQ(line["status"], 0);
    EXPECT_EQ(line["applied"], true);
    server.clear_faults();
  });
  EXPECT_EQ(patch("new").status, 0);
  clearing.join();
  EXPECT_EQ(stored(), "new");
}

TEST_P(FaultsOnBoth, GoAwayEndsTheConnection) {
  server.add_fault("goaway times=1 method=PATCH");
  const Reply reply = patch("new");
  const Json line = server.requests().front();
  if (GetParam() == Wire::http1) {
    EXPECT_EQ(reply.status, 200);
    EXPECT_NE(reply.headers.find("connection: close"), std::string::npos);
    EXPECT_EQ(line["applied"], true);
    return;
  }
  // Not looked at. What becomes of it then is the client's affair: libcurl 7.88 repeats some by itself.
  EXPECT_EQ(line["status"], 0);
  EXPECT_EQ(line["applied"], false);
  const bool repeated = server.requests().size() > 1;
  EXPECT_EQ(reply.status, repeated ? 200 : 0) << reply.error;
  EXPECT_EQ(stored(), repeated ? "new" : "value");
  EXPECT_EQ(patch("again").status, 200);
  EXPECT_NE(server.requests().back()["connection"], line["connection"]);
}

INSTANTIATE_TEST_SUITE_P(Both, FaultsOnBoth, testing::Values(Wire::http1, Wire::http2),
                         [](const auto& wire) { return wire.param == Wire::http1 ? "Http1" : "Http2"; });

// A watch beside the request that is struck, on the same HTTP/2 connection.
class FaultsBesideAWatch : public testing::Test {
 protected:
  FaultsBesideAWatch() : streams(server), watch(streams.get(std::string(kConfigMaps) + "?watch=1")) {
    EXPECT_TRUE(streams.run_until([&] { return !streams.body(watch).empty(); }));
  }
  // Asks for a path that `words` strike, until it has its answer.
  std::size_t strike(const std::string& words) {
    server.add_fault(words + " times=1 path=/version");
    const std::size_t get = streams.get("/version");
    EXPECT_TRUE(streams.run_until([&] { return streams.done(get); }));
    return get;
  }
  bool watch_goes_on() {
    server.put({{"apiVersion", "v1"},
                {"kind", "ConfigMap"},
                {"metadata", {{"name", "later"}, {"namespace", "default"}}}});
    return streams.run_until([&] {
      return streams.done(watch) || streams.body(watch).find("later") != std::string::npos;
    }) && !streams.done(watch);
  }

  ApiServer server;
  Streams streams;
  std::size_t watch;
};

TEST_F(FaultsBesideAWatch, ResetStreamStrikesItsStreamAlone) {
  const std::size_t get = strike("reset-stream");
  EXPECT_EQ(streams.result(get), CURLE_HTTP2_STREAM);
  EXPECT_TRUE(watch_goes_on());
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(FaultsBesideAWatch, DropTakesAllStreamsAlong) {
  (void)strike("drop");
  EXPECT_TRUE(streams.run_until([&] { return streams.done(watch); }));
  EXPECT_NE(streams.result(watch), CURLE_OK);
}

TEST_F(FaultsBesideAWatch, ResetTakesAllStreamsAlong) {
  (void)strike("reset");
  EXPECT_TRUE(streams.run_until([&] { return streams.done(watch); }));
  EXPECT_NE(streams.result(watch), CURLE_OK);
}

TEST_F(FaultsBesideAWatch, GoAwayLetsTheOthersEnd) {
  const std::size_t get = strike("goaway");
  EXPECT_EQ(streams.status(get), 200);
  EXPECT_EQ(server.connections(), 2U);
  EXPECT_TRUE(watch_goes_on());
}

// Its GOAWAY must not say of the second watch, which is being answered, that it was not looked at.
TEST_F(FaultsBesideAWatch, GoAwayRefusesOneStreamWhereALaterOneIsAtWork) {
  server.add_fault("goaway delay=200 times=1 path=/version");
  const std::size_t get = streams.get("/version");
  const std::size_t later = streams.get(std::string(kConfigMaps) + "?watch=1");
  EXPECT_TRUE(streams.run_until([&] { return !streams.body(later).empty(); }));
  EXPECT_FALSE(streams.done(get));
  EXPECT_TRUE(streams.run_until([&] { return streams.done(get); }));
  EXPECT_EQ(streams.status(get), 200);
  EXPECT_TRUE(watch_goes_on());
  EXPECT_FALSE(streams.done(later));
  EXPECT_EQ(server.count_requests("GET", "watch=1"), 2U);
}

}  // namespace
}  // namespace kots_export::apiserver
