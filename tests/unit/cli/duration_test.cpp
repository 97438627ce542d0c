#include "cli/duration.h"

#include <kots_export/util/error.h>

#include <array>

#include <gmock/gmock.h>

namespace kots_export::cli {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST(ParseDuration, TakesTheFormsOfKubectl) {
  constexpr std::array<std::pair<const char*, long>, 12> kCases = {{{"0", 0},
                                                                    {"30", 30'000},
                                                                    {"30s", 30'000},
                                                                    {"500ms", 500},
                                                                    {"1m30s", 90'000},
                                                                    {"1h", 3'600'000},
                                                                    {"1h2m3s4ms", 3'723'004},
                                                                    {"0s", 0},
                                                                    {"1.5s", 1'500},
                                                                    {"0.25h", 900'000},
                                                                    {".5s", 500},
                                                                    {"1s500ms", 1'500}}};
  for (const auto& [text, wanted] : kCases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(parse_duration(text, "--timeout"), milliseconds(wanted));
  }
}

TEST(ParseDuration, RefusesWhatIsNot) {
  for (const char* text : {"", "s", "-1", "-1s", "+1s", "1x", "1s2", "one", "1 s", " 1s", "1.5", ".", ".s",
                           "1..5s", "1e3s", "inf", "nan", "99999999999999999999s", "9999999h"}) {
    SCOPED_TRACE(text);
    EXPECT_THROW((void)parse_duration(text, "--timeout"), UsageError);
  }
}

TEST(ParseDuration, NamesTheFlag) {
  try {
    (void)parse_duration("soon", "--settle-time");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_EQ(error.headline(), "--settle-time soon is not a duration");
    EXPECT_THAT(error.hint(), HasSubstr("1m30s"));
  }
}

TEST(ParseSeconds, TakesWholeSecondsOfItsRange) {
  const SecondsRange range{seconds(1), seconds(3600), "1s to 1h"};
  EXPECT_EQ(parse_seconds("1s", "--lock-duration", range), seconds(1));
  EXPECT_EQ(parse_seconds("90", "--lock-duration", range), seconds(90));
  EXPECT_EQ(parse_seconds("1m30s", "--lock-duration", range), seconds(90));
  EXPECT_EQ(parse_seconds("60m", "--lock-duration", range), seconds(3600));
  for (const char* wrong : {"0", "500ms", "1500ms", "61m", "long", "-5"}) {
    SCOPED_TRACE(wrong);
    EXPECT_THROW((void)parse_seconds(wrong, "--lock-duration", range), UsageError);
  }
}

TEST(ParseSeconds, OffersNothingThatItRefuses) {
  try {
    (void)parse_seconds("10x", "--timeout", {seconds(1), seconds(3600), "1s to 1h"});
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.hint(), ::testing::Not(HasSubstr("ms")));
  }
}

}  // namespace

}  // namespace kots_export::cli
