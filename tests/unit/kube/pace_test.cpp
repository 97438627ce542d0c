#include "kube/pace.h"

#include "unit/support/scripted_transport.h"

#include <gtest/gtest.h>

namespace kots_export::kube {
namespace {

using std::chrono::milliseconds;

// A server in virtual time: every answer takes what the test says.
class PaceTest : public testing::Test {
 protected:
  // One full window of writes that take `latency` each and end with `status`.
  void round(milliseconds latency, int status = 200) {
    std::size_t started = 0;
    while (pace.may_start()) {
      pace.started();
      ++started;
    }
    for (std::size_t i = 0; i < started; ++i)
      pace.finished(Method::patch, test::text_reply(status, "{}"), latency);
  }

  Pace pace{64};
};

TEST_F(PaceTest, GrowsToTheMostWhileLatencyStays) {
  EXPECT_EQ(pace.window(), 16U);
  for (int i = 0; i < 20; ++i) round(milliseconds(10));
  EXPECT_EQ(pace.window(), 64U);
}

TEST_F(PaceTest, NeverStartsMoreThanTheMost) {
  EXPECT_EQ(Pace(3).window(), 3U);
  EXPECT_EQ(Pace(0).window(), 1U);
}

TEST_F(PaceTest, A429HalvesTheWindowOnceForAllThatWasInFlight) {
  round(milliseconds(10), 429);
  EXPECT_EQ(pace.window(), 8U);
}

TEST_F(PaceTest, GrowsAgainAfterABackOff) {
  round(milliseconds(10), 429);
  for (int i = 0; i < 20; ++i) round(milliseconds(10));
  EXPECT_EQ(pace.window(), 64U);
}

TEST_F(PaceTest, EvenAServerThatRefusesEverythingGetsOneRequest) {
  for (int i = 0; i < 20; ++i) round(milliseconds(10), 503);
  EXPECT_EQ(pace.window(), 1U);
  EXPECT_TRUE(pace.may_start());
}

TEST_F(PaceTest, RisingLatencyShrinksTheWindow) {
  for (int i = 0; i < 20; ++i) round(milliseconds(10));
  round(milliseconds(30));
  EXPECT_LT(pace.window(), 64U);
  EXPECT_GE(pace.window(), 16U);
}

TEST_F(PaceTest, LatencyAloneLeavesTheWindowWhereItBegan) {
  for (int i = 1; i < 20; ++i) round(milliseconds(10 << i));
  EXPECT_EQ(pace.window(), 16U);
}

// Each answer waits for those before it, so that more in flight is only a longer queue.
TEST_F(PaceTest, AServerAtItsLimitGetsLittleMoreThanTheFirstWindow) {
  for (int i = 0; i < 200; ++i) {
    round(milliseconds(pace.window()));
    EXPECT_LE(pace.window(), 30U) << "round " << i;
  }
}

TEST_F(PaceTest, SlowListsAreNoSignOfOverload) {
  for (int i = 0; i < 20; ++i) round(milliseconds(10));
  for (int i = 0; i < 200; ++i) {
    pace.started();
    pace.finished(Method::get, test::text_reply(200, "{}"), milliseconds(900));
  }
  EXPECT_EQ(pace.window(), 64U);
}

TEST_F(PaceTest, ACutConnectionIsASignOfOverload) {
  pace.started();
  pace.finished(Method::get, test::reset(), milliseconds(1));
  EXPECT_EQ(pace.window(), 8U);
}

// A source without end, of plain requests or of streams.
class Endless : public RequestSource {
 public:
  explicit Endless(std::function<Flow(std::string_view)> on_data = {}) : on_data_(std::move(on_data)) {}
  std::optional<Exchange> next() override {
    return Exchange{.request = {.method = Method::patch}, .done = [](const Outcome&) {}, .on_data = on_data_};
  }

 private:
  std::function<Flow(std::string_view)> on_data_;
};

TEST(PacedSource, GivesNoMoreThanTheWindowUntilAnAnswerIsThere) {
  Pace pace(2);
  Endless inner;
  PacedSource source(inner, pace);
  const auto first = source.next();
  ASSERT_TRUE(first && source.next());
  EXPECT_FALSE(source.next());
  first->done(test::text_reply(200, "{}"));
  EXPECT_TRUE(source.next());
}

TEST(PacedSource, MeasuresLatencyOnItsClock) {
  std::chrono::steady_clock::time_point now{};
  Pace pace(64);
  Endless inner;
  PacedSource source(inner, pace, [&now] { return now; });
  const auto round_of = [&](std::chrono::seconds latency) {
    for (std::size_t left = pace.window(); left > 0; --left) {
      auto exchange = source.next();
      ASSERT_TRUE(exchange);
      now += latency;
      exchange->done(test::text_reply(200, "{}"));
    }
  };
  round_of(std::chrono::seconds(1));
  EXPECT_EQ(pace.window(), 20U);
  round_of(std::chrono::seconds(10));
  EXPECT_EQ(pace.window(), 16U) << "without a clock it would have grown";
}

TEST(PacedSource, StreamsAreNotCounted) {
  Pace pace(1);
  Endless inner([](std::string_view) { return Flow::go_on; });
  PacedSource source(inner, pace);
  EXPECT_TRUE(source.next() && source.next() && source.next());
}

}  // namespace
}  // namespace kots_export::kube
