#include <kots_export/util/width.h>

#include <gtest/gtest.h>

namespace kots_export::util {

namespace {

TEST(Width, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width(""), 0U);
  EXPECT_EQ(display_width("frontend"), 8U);
  EXPECT_EQ(display_width("\u00fcbung"), 5U);
}

TEST(Width, OfAChineseOrJapaneseCharacterIsTwo) {
  EXPECT_EQ(display_width("\u79fb\u884c"), 4U);
  EXPECT_EQ(display_width("a\uff21b"), 4U);  // FULLWIDTH LATIN CAPITAL LETTER A
  EXPECT_EQ(display_width("\U0001F680"), 2U);
}

TEST(Width, OfACombiningCharacterIsNone) {
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("\u304b\u3099"), 2U);  // KA with a combining voiced sound mark
  EXPECT_EQ(display_width("a\u200bb"), 2U);      // ZERO WIDTH SPACE
}

TEST(Width, OfAByteThatIsNoUtf8IsOne) { EXPECT_EQ(display_width("a\xff\xfe"), 3U); }

TEST(Width, ClippedTextNeverTakesMoreThanItsColumns) {
  EXPECT_EQ(clipped("frontend", 8, "..."), "frontend");
  EXPECT_EQ(clipped("frontend", 7, "..."), "fron...");
  EXPECT_EQ(clipped("\u79fb\u884c\u5148", 5, "."), "\u79fb\u884c.");
  // The second character has one column left, and does not fit.
  EXPECT_EQ(clipped("\u79fb\u884c\u5148", 4, "."), "\u79fb.");
}

TEST(Width, ACharacterKeepsItsAccentWhereItIsClipped) {
  EXPECT_EQ(clipped("e\u0301xyz", 2, "."), "e\u0301.");
}

TEST(Width, WithoutRoomForTheEllipsisItIsLeftOut) {
  EXPECT_EQ(clipped("frontend", 2, "..."), "fr");
  EXPECT_EQ(clipped("\u79fb", 1, "..."), "");
}

TEST(Width, PaddedTextEndsInOneColumn) {
  EXPECT_EQ(padded("\u79fb", 4) + "|", "\u79fb  |");
  EXPECT_EQ(padded("e\u0301", 4) + "|", "e\u0301   |");
  EXPECT_EQ(padded("frontend", 4), "frontend");
}

}  // namespace

}  // namespace kots_export::util
