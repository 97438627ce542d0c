#include <kots_export/kube/client.h>
#include <kots_export/kube/watched_transport.h>

#include "unit/support/scripted_transport.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace kots_export::kube {

namespace {

using namespace std::chrono_literals;
using test::ok;
using test::ScriptedTransport;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Keeps what it was told.
class Listener : public TrafficListener {
 public:
  void request_done(const Request& request, const Outcome& outcome, std::chrono::milliseconds took) override {
    const auto* reply = std::get_if<Reply>(&outcome);
    lines.push_back(std::string(to_string(request.method)) + " " + request.path + " " +
                    (reply == nullptr ? "failed" : std::to_string(reply->status)) + " " +
                    std::to_string(took.count()) + " ms");
    bodies.push_back(request.body);
  }
  void traffic(const Traffic& now) override { seen.push_back(now); }

  std::vector<std::string> lines;
  std::vector<std::string> bodies;
  std::vector<Traffic> seen;
};

// Answers nothing until so many turns have passed, each of them `turn` long by the test's clock.
class SlowTransport : public Transport {
 public:
  SlowTransport(std::chrono::steady_clock::time_point& now, std::chrono::milliseconds turn, int turns)
      : now_(now), turn_(turn), turns_(turns) {}
  void run(RequestSource& source) override {
    std::vector<Exchange> open;
    while (auto exchange = source.next()) open.push_back(std::move(*exchange));
    for (int i = 0; i < turns_; ++i) {
      now_ += turn_;
      (void)source.tick();
    }
    for (Exchange& exchange : open) exchange.done(Reply{.status = 200, .headers = {}, .body = {}});
  }
  [[nodiscard]] std::size_t max_in_flight() const override { return 4; }
  WebSocketResult websocket(const Request&, std::string_view,
                            const std::function<Flow(std::string_view)>& on_message) override {
    for (const char* message : {"", "output", ""}) {
      now_ += turn_;
      (void)on_message(message);
    }
    return {.http_status = 101, .body = {}, .closed_cleanly = true};
  }

 private:
  std::chrono::steady_clock::time_point& now_;
  std::chrono::milliseconds turn_;
  int turns_;
};

// Gives these, and says that one is to be sent again at `again`.
class Source : public RequestSource {
 public:
  std::optional<Exchange> next() override {
    if (exchanges.empty()) return std::nullopt;
    Exchange first = std::move(exchanges.front());
    exchanges.erase(exchanges.begin());
    return first;
  }
  [[nodiscard]] std::optional<Retry> next_retry() const override { return retry; }

  void add(const std::string& path, Exchange::Kind kind = Exchange::Kind::request) {
    exchanges.push_back(
        {.request = {.method = Method::patch, .path = path, .headers = {}, .body = "body", .timeout = {}},
         .done = [this](const Outcome&) { ++done; },
         .on_data = {},
         .kind = kind});
  }
  std::vector<Exchange> exchanges;
  std::optional<Retry> retry;
  int done = 0;
};

class WatchedTransportTest : public ::testing::Test {
 protected:
  WatchedTransport watched(Transport& inner, WatchedTransport::Keep keep = WatchedTransport::Keep::line) {
    return {inner, listener, keep, [this] { return now; }};
  }
  std::chrono::steady_clock::time_point now{1h};
  Listener listener;
  Source source;
};

TEST_F(WatchedTransportTest, TellsOfEachRequestWhatCameOfItAndHowLongItTook) {
  SlowTransport slow(now, 100ms, 3);
  source.add("/a");

  watched(slow).run(source);

  EXPECT_THAT(listener.lines, ElementsAre("PATCH /a 200 300 ms"));
  EXPECT_EQ(source.done, 1);
}

TEST_F(WatchedTransportTest, TellsWhatHasWaitedLongest) {
  SlowTransport slow(now, 1s, 2);
  source.add("/a");
  source.add("/b");

  watched(slow).run(source);

  ASSERT_EQ(listener.seen.size(), 2U);
  EXPECT_EQ(listener.seen[1].in_flight, 2U);
  EXPECT_EQ(listener.seen[1].oldest->path, "/a");
  EXPECT_EQ(listener.seen[1].oldest->since, 2s);
}

TEST_F(WatchedTransportTest, TellsItTenTimesASecondAtMost) {
  SlowTransport slow(now, 10ms, 35);
  source.add("/a");

  watched(slow).run(source);

  EXPECT_EQ(listener.seen.size(), 4U);
}

TEST_F(WatchedTransportTest, AStreamKeepsNobodyWaiting) {
  SlowTransport slow(now, 1s, 1);
  source.add("/watch", Exchange::Kind::stream);

  watched(slow).run(source);

  EXPECT_EQ(listener.seen.at(0).in_flight, 0U);
  EXPECT_FALSE(listener.seen.at(0).oldest);
}

TEST_F(WatchedTransportTest, TellsWhatIsToBeSentAgainAndWhen) {
  SlowTransport slow(now, 1s, 1);
  source.retry = Retry{.method = Method::get, .path = "/a", .why = "the server answers 429", .at = now + 10s};

  watched(slow).run(source);

  EXPECT_EQ(listener.seen.at(0).pause->path, "/a");
  EXPECT_EQ(listener.seen.at(0).pause->why, "the server answers 429");
  EXPECT_EQ(listener.seen.at(0).pause->left, 9s);
}

TEST_F(WatchedTransportTest, KeepsABodyOnlyWhereSomebodyWantsToSeeIt) {
  SlowTransport slow(now, 1s, 1);
  source.add("/a");
  watched(slow).run(source);
  source.add("/a");
  watched(slow, WatchedTransport::Keep::whole).run(source);

  EXPECT_THAT(listener.bodies, ElementsAre(IsEmpty(), "body"));
}

TEST_F(WatchedTransportTest, OfAWebSocketItTellsTheSilence) {
  SlowTransport slow(now, 1s, 0);
  std::string heard;

  (void)watched(slow).websocket(
      {.method = Method::get, .path = "/exec", .headers = {}, .body = {}, .timeout = {}}, "p",
      [&](std::string_view message) {
        heard += message;
        return Flow::go_on;
      });

  EXPECT_EQ(heard, "output");
  ASSERT_EQ(listener.seen.size(), 3U);
  EXPECT_EQ(listener.seen[0].oldest->since, 1s);
  EXPECT_EQ(listener.seen[1].oldest->since, 0s);
  EXPECT_EQ(listener.seen[2].oldest->since, 1s);
  EXPECT_THAT(listener.lines, ElementsAre("GET /exec 101 3000 ms"));
}

// The client's own retries, seen through all that stands between them and the transport.
TEST_F(WatchedTransportTest, SeesWhatTheClientSendsAgain) {
  ScriptedTransport server;
  server.get_once("/version", test::status_reply(429, "", "", {{"retry-after", "1"}}));
  server.get("/version", ok({{"kind", "x"}}));
  WatchedTransport over(server, listener);
  Client client(over);

  (void)client.send({.method = Method::get, .path = "/version", .headers = {}, .body = {}, .timeout = {}},
                    "ask");

  const auto paused =
      std::ranges::find_if(listener.seen, [](const Traffic& each) { return each.pause.has_value(); });
  ASSERT_NE(paused, listener.seen.end());
  EXPECT_EQ(paused->pause->path, "/version");
  EXPECT_EQ(paused->pause->why, "the server answers 429");
  EXPECT_LE(paused->pause->left, 1s);
  EXPECT_EQ(listener.lines.size(), 2U);
}

}  // namespace

}  // namespace kots_export::kube
