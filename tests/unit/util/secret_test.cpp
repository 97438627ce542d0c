#include <kots_export/util/secret.h>

#include <sstream>

#include <gmock/gmock.h>

namespace kots_export {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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

// What the memory of `secret` itself holds: a short string stands in it.
std::string bytes_of(const Secret<std::string>& secret) {
  return {reinterpret_cast<const char*>(&secret), sizeof secret};
}

// A string that was moved from keeps its bytes but for the first, which ends it.
std::string tail_of(const std::string& text) { return text.substr(1); }

TEST(Secret, LeavesNothingBehindWhereItMovedFrom) {
  const std::string hunter = "hunter2";
  std::string plain = hunter;
  const std::string moved = std::move(plain);
  ASSERT_THAT(std::string(reinterpret_cast<const char*>(&plain), sizeof plain), HasSubstr(tail_of(hunter)))
      << "else this test could not fail";
  Secret<std::string> from(hunter);
  Secret<std::string> to(std::move(from));
  EXPECT_EQ(to.reveal(), hunter);
  EXPECT_THAT(bytes_of(from), Not(HasSubstr(tail_of(hunter))));  // NOLINT(bugprone-use-after-move)

  Secret<std::string> other;
  other = std::move(to);
  EXPECT_EQ(other.reveal(), hunter);
  EXPECT_THAT(bytes_of(to), Not(HasSubstr(tail_of(hunter))));  // NOLINT(bugprone-use-after-move)
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
