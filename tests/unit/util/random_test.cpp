#include <kots_export/util/error.h>
#include <kots_export/util/random.h>

#include <array>
#include <set>

#include <gtest/gtest.h>

namespace kots_export::util {

namespace {

TEST(RandomString, HasTheLengthAndTheAlphabet) {
  const std::string text = random_string(1000, "abc");

  EXPECT_EQ(text.size(), 1000U);
  EXPECT_EQ(text.find_first_not_of("abc"), std::string::npos);
  EXPECT_EQ(random_string(0, "abc"), "");
  EXPECT_EQ(random_string(3, "x"), "xxx");
}

TEST(RandomString, IsNotTheSameTwice) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random_string(16, "abcdefghijklmnopqrstuvwxyz"));
  EXPECT_EQ(seen.size(), 100U);
}

TEST(RandomString, DrawsEveryCharacterAboutAsOften) {
  // 63 characters do not divide 256: taking the byte modulo 63 would draw the first four 25 % more often.
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  constexpr double kExpected = 2000;
  const std::string text = random_string(static_cast<std::size_t>(kExpected) * kAlphabet.size(), kAlphabet);
  std::array<double, 256> count{};
  for (const char c : text) ++count.at(static_cast<unsigned char>(c));
  double chi_squared = 0;
  for (const char c : kAlphabet) {
    const double off = count.at(static_cast<unsigned char>(c)) - kExpected;
    chi_squared += off * off / kExpected;
  }
  // 62 degrees of freedom: an even source stays below 140 but once in ten million runs; modulo gives above
  // 400.
  EXPECT_LT(chi_squared, 140);
}

TEST(RandomString, RefusesAnAlphabetThatItCannotDrawFrom) {
  EXPECT_THROW((void)random_string(1, ""), Error);
  EXPECT_THROW((void)random_string(1, std::string(257, 'a')), Error);
  EXPECT_EQ(random_string(5, std::string(256, 'a')), "aaaaa");
}

}  // namespace

}  // namespace kots_export::util
