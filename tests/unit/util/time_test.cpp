#include <kots_export/util/time.h>

#include <gtest/gtest.h>

namespace kots_export::util {

namespace {

using namespace std::chrono_literals;

TEST(ElapsedText, IsAsExactAsAPersonWantsIt) {
  EXPECT_EQ(elapsed_text(0s), "0 s");
  EXPECT_EQ(elapsed_text(0ms), "0.0 s");
  EXPECT_EQ(elapsed_text(450ms), "0.4 s");
  EXPECT_EQ(elapsed_text(9'999ms), "9.9 s");
  EXPECT_EQ(elapsed_text(10'000ms), "10 s");
  EXPECT_EQ(elapsed_text(59'999ms), "59 s");
  EXPECT_EQ(elapsed_text(192s), "3 min 12 s");
  EXPECT_EQ(elapsed_text(600s), "10 min");
  EXPECT_EQ(elapsed_text(2h + 5min + 59s), "2 h 5 min");
  EXPECT_EQ(elapsed_text(1h + 59s), "1 h");
}

}  // namespace

}  // namespace kots_export::util
