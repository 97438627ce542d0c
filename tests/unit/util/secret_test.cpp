#include <kots_export/util/secret.h>

#include <sstream>

#include <gtest/gtest.h>

namespace kots_export {

namespace {

TEST(Secret, PrintsAsStars) {
  std::ostringstream out;
  out << Secret<std::string>("hunter2") << Secret<std::string>();
  EXPECT_EQ(out.str(), "******");
}

TEST(Secret, GivesItsValueOnlyWhenAsked) {
  EXPECT_EQ(Secret<std::string>("hunter2").reveal(), "hunter2");
  EXPECT_TRUE(Secret<std::string>().empty());
  EXPECT_FALSE(Secret<std::string>("x").empty());
}

TEST(Secret, ComparesByValue) {
  EXPECT_EQ(Secret<std::string>("a"), Secret<std::string>("a"));
  EXPECT_FALSE(Secret<std::string>("a") == Secret<std::string>("b"));
}

TEST(Secret, LeavesNothingBehindWhereItMovedFrom) {
  Secret<std::string> from(std::string(100, 's'));  // too long for the small-string buffer
  Secret<std::string> to(std::move(from));
  EXPECT_EQ(to.reveal(), std::string(100, 's'));
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): that it is empty is the promise

  Secret<std::string> small(std::string("s"));
  to = std::move(small);
  EXPECT_EQ(to.reveal(), "s");
  EXPECT_TRUE(small.empty());  // NOLINT(bugprone-use-after-move)
}

TEST(Secret, IsAPlainValueWhenCopied) {
  Secret<std::string> one("first");
  const Secret<std::string> two = one;
  one = Secret<std::string>("second");
  EXPECT_EQ(two.reveal(), "first");
  const Secret<std::string>& same = one;
  one = same;
  EXPECT_EQ(one.reveal(), "second");
}

}  // namespace

}  // namespace kots_export
