#include <kots_export/util/text.h>

#include <array>
#include <utility>

#include <gtest/gtest.h>

namespace kots_export::util {

namespace {

using Case = std::pair<std::string_view, std::string_view>;

TEST(ShellQuote, LeavesSafeWordsAlone) {
  for (const char* word :
       {"circleci-server", "/srv/out/helm-values.yaml", "4.1.0", "a_b", "user@host", "50%", "k=v,w:x+y"}) {
    EXPECT_EQ(shell_quote(word), word);
  }
}

TEST(ShellQuote, QuotesWhatAShellWouldRead) {
  constexpr std::array<Case, 8> kCases = {{{"", "''"},
                                           {"my folder", "'my folder'"},
                                           {"it's", "'it'\\''s'"},
                                           {"$HOME", "'$HOME'"},
                                           {"~", "'~'"},
                                           {"a\nb", "'a\nb'"},
                                           {"*", "'*'"},
                                           {"\xC3\xA4", "'\xC3\xA4'"}}};
  for (const auto& [word, quoted] : kCases) {
    SCOPED_TRACE(word);
    EXPECT_EQ(shell_quote(word), quoted);
  }
}

TEST(PercentEncode, EncodesAllButTheUnreserved) {
  EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encode("p@ss w0rd'\"&%+#"), "p%40ss%20w0rd%27%22%26%25%2B%23");
  EXPECT_EQ(percent_encode("/?:=\n"), "%2F%3F%3A%3D%0A");
  EXPECT_EQ(percent_encode("\xC3\xBC\xFF"), "%C3%BC%FF");
  EXPECT_EQ(percent_encode(""), "");
}

TEST(Utf8, AcceptsEveryWellFormedSequence) {
  for (const char* text :
       {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "\xF0\x9F\x9A\x80 up"}) {
    SCOPED_TRACE(text);
    EXPECT_TRUE(is_utf8(text));
  }
}

TEST(Utf8, FindsTheFirstByteThatBreaksIt) {
  constexpr std::array<std::pair<std::string_view, std::size_t>, 11> kCases = {{
      {"\x80", 0},                  // a tail alone
      {"ab\xFF", 2},                // never a byte of UTF-8
      {"a\xC3", 1},                 // cut short
      {"\xC0\xAF", 0},              // overlong /
      {"\xE0\x9F\xBF", 0},          // overlong
      {"\xED\xA0\x80", 0},          // a surrogate
      {"\xF0\x8F\xBF\xBF", 0},      // overlong
      {"\xF4\x90\x80\x80", 0},      // beyond U+10FFFF
      {"\xF5\x80\x80\x80", 0},      //
      {"\xE2\x82", 0},              // cut short
      {"\xC3\xA4\xE2\x28\xA1", 2},  // a wrong tail
  }};
  for (const auto& [bytes, offset] : kCases) {
    SCOPED_TRACE(percent_encode(bytes));
    EXPECT_EQ(first_invalid_utf8(bytes), offset);
    EXPECT_FALSE(is_utf8(bytes));
  }
}

TEST(Printable, KeepsTextAndTakesControlCharacters) {
  constexpr std::array<Case, 13> kCases = {
      {{"plain text\n\tindented", "plain text\n\tindented"},
       {"\x1b[31mred", "\\x1b[31mred"},
       {"over\rwritten", "over\\x0dwritten"},
       {"\x07\x7f", "\\x07\\x7f"},
       {"Gr\xC3\xBC\xC3\x9F\x65 \xF0\x9F\x9A\x80", "Gr\xC3\xBC\xC3\x9F\x65 \xF0\x9F\x9A\x80"},
       {"\xC2\x9B\x33\x31m", "\\x9b31m"},  // CSI as one C1 character
       {"\xFF\xFE", "\\xff\\xfe"},
       {"a\xE2\x80\xAEtxt", "a\\u202etxt"},  // writes from right to left
       {"\xE2\x81\xA6\xE2\x81\xA9\xD8\x9C\xE2\x80\x8F", "\\u2066\\u2069\\u061c\\u200f"},
       {"\xE2\x80\xA8|\xE2\x80\xA9", "\\u2028|\\u2029"},
       {"\xE2\x82\xAC\xE2\x80\x8D\xE2\x80\xA6", "\xE2\x82\xAC\xE2\x80\x8D\xE2\x80\xA6"},
       {"cut \xE2\x82", "cut \\xe2\\x82"},
       {"", ""}}};
  for (const auto& [text, shown] : kCases) {
    SCOPED_TRACE(percent_encode(text));
    EXPECT_EQ(printable(text), shown);
  }
}

TEST(Printable, TakesANulByte) { EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b"); }

TEST(Trim, TakesBlanksAtBothEndsOnly) {
  EXPECT_EQ(trim(" \t\r\n a b \n"), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Lower, TakesLettersOfAsciiOnly) { EXPECT_EQ(lower("aZ-9 \xC3\x84"), "az-9 \xC3\x84"); }

TEST(NaturalLess, CountsNumbersAsNumbers) {
  EXPECT_TRUE(natural_less("a-2", "a-10"));
  EXPECT_FALSE(natural_less("a-10", "a-2"));
  EXPECT_TRUE(natural_less("a-2-b", "a-2-c"));
  EXPECT_TRUE(natural_less("a-99999999999999999999998", "a-99999999999999999999999"));
}

TEST(NaturalLess, IsAStrictOrder) {
  EXPECT_FALSE(natural_less("a-1", "a-1"));
  EXPECT_NE(natural_less("a-01", "a-1"), natural_less("a-1", "a-01"));
  EXPECT_TRUE(natural_less("a", "a-1"));
  EXPECT_FALSE(natural_less("a-1", "a"));
}

TEST(Filled, PutsEachArgumentWhereItsNameStands) {
  const std::string file = "a.yaml";
  EXPECT_EQ(filled("cannot read {file}: {why} ({file})", {{"why", "no"}, {"file", file}}),
            "cannot read a.yaml: no (a.yaml)");
  EXPECT_EQ(filled("{count} of {all}", {{"count", 2U}, {"all", std::filesystem::path("/x")}}), "2 of /x");
}

TEST(Filled, LeavesBracesOfArgumentsAndUnknownNamesAlone) {
  EXPECT_EQ(filled("{a}{b}", {{"a", "{b}"}, {"b", "2"}}), "{b}2");
  EXPECT_EQ(filled("is {unknown}, {open", {}), "is {unknown}, {open");
}

}  // namespace

}  // namespace kots_export::util
