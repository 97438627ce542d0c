#include <kots_export/util/nearest.h>

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace kots_export::util {

namespace {

constexpr std::array<std::string_view, 5> kNames = {"plan", "apply", "annotate", "rollback", "run"};

TEST(Nearest, IsTheNameThatMayHaveBeenMeant) {
  EXPECT_EQ(nearest("plann", kNames), "plan");
  EXPECT_EQ(nearest("aply", kNames), "apply");
  EXPECT_EQ(nearest("ROLLBACK", kNames), "rollback");
  EXPECT_EQ(nearest("anotat", kNames), "annotate");
}

TEST(Nearest, TwoLettersThatChangedPlacesAreOneMistake) {
  EXPECT_EQ(nearest("paln", kNames), "plan");
  EXPECT_EQ(nearest("plna", kNames), "plan");
  EXPECT_EQ(nearest("lpan", kNames), "plan");
  EXPECT_EQ(nearest("rnu", kNames), "run");
  EXPECT_EQ(nearest("plin", kNames), "plan");
  EXPECT_EQ(nearest("apnl", kNames), "");
}

TEST(Nearest, ASingleLetterIsNearToNothing) {
  constexpr std::array<std::string_view, 2> kZeroOne = {"0", "1"};
  EXPECT_EQ(nearest("2", kZeroOne), "");
}

TEST(DidYouMean, EndsASentence) {
  EXPECT_EQ(did_you_mean("plann", kNames), ", did you mean plan?");
  EXPECT_EQ(did_you_mean("xyz", kNames), "");
}

TEST(Nearest, IsNoneWhereNothingIsNear) {
  EXPECT_EQ(nearest("frobnicate", kNames), "");
  EXPECT_EQ(nearest("xyz", kNames), "");
  EXPECT_EQ(nearest("", kNames), "");
  EXPECT_EQ(nearest(std::string(100, 'a'), kNames), "");
  EXPECT_EQ(nearest("plan", {}), "");
}

}  // namespace

}  // namespace kots_export::util
