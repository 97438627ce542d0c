#include <kots_export/util/error.h>
#include <kots_export/values/json.h>

#include <gmock/gmock.h>

namespace kots_export::values {

namespace {

TEST(Json, KeepsOrderAndDigits) {
  const std::string text =
      R"({"b":18446744073709551615,"a":-9223372036854775808,"c":1.10,"d":1E5,"e":[true,null,"x\n"]})";
  EXPECT_EQ(to_json(parse_json(text, "test")), text);
}

TEST(Json, OfAKeyTwiceTheLastCounts) {
  EXPECT_EQ(to_json(parse_json(R"({"a":1,"b":2,"a":3})", "test")), R"({"a":3,"b":2})");
}

TEST(Json, SaysWhereItBreaks) {
  EXPECT_THROW((void)parse_json("", "test"), Error);
  EXPECT_THROW((void)parse_json("{\"a\":", "test"), Error);
  EXPECT_THROW((void)parse_json("{} x", "test"), Error);
  EXPECT_THROW((void)parse_json("\"\xFF\"", "test"), Error);
}

TEST(Json, RefusesDeepNesting) {
  EXPECT_THROW((void)parse_json(std::string(200'000, '[') + std::string(200'000, ']'), "test"), Error);
}

}  // namespace

}  // namespace kots_export::values
