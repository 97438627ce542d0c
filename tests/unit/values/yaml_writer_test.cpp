#include <kots_export/util/error.h>
#include <kots_export/values/json.h>
#include <kots_export/values/yaml.h>

#include <gtest/gtest.h>

namespace kots_export::values {

namespace {

std::string rewritten(const std::string& yaml) { return to_yaml(parse_yaml(yaml, "test")); }

std::string of_text(std::string text) {
  Map map;
  map.set("k", std::move(text));
  return to_yaml(map);
}

TEST(YamlWriter, TakesTheShortestQuotingThatIsExact) {
  EXPECT_EQ(of_text("plain text, with (signs) + $"), "k: plain text, with (signs) + $\n");
  EXPECT_EQ(of_text("yes"), "k: 'yes'\n");
  EXPECT_EQ(of_text("it's"), "k: it's\n");
  EXPECT_EQ(of_text("'"), "k: ''''\n");
  EXPECT_EQ(of_text("a: b"), "k: 'a: b'\n");
  EXPECT_EQ(of_text("tab\tinside"), "k: \"tab\\tinside\"\n");
  EXPECT_EQ(of_text(""), "k: ''\n");
}

TEST(YamlWriter, WritesSeveralLinesAsBlockScalars) {
  EXPECT_EQ(of_text("-----BEGIN KEY-----\nabc: null\n-----END KEY-----\n"),
            "k: |\n  -----BEGIN KEY-----\n  abc: null\n  -----END KEY-----\n");
  EXPECT_EQ(of_text("a\n\nb"), "k: |-\n  a\n\n  b\n");
  EXPECT_EQ(of_text("a\n\n"), "k: |+\n  a\n\n");
  EXPECT_EQ(of_text("  a\nb\n"), "k: |2\n    a\n  b\n");
}

TEST(YamlWriter, QuotesLinesThatABlockScalarWouldLose) {
  EXPECT_EQ(of_text("a\n \nb"), "k: \"a\\n \\nb\"\n");
  EXPECT_EQ(of_text("a\r\nb"), "k: \"a\\r\\nb\"\n");
}

TEST(YamlWriter, KeepsDigitsAsWritten) {
  const std::string numbers =
      "a: 18446744073709551615\nb: -9223372036854775808\nc: 1.10\nd: 1e10\ne: 0.1\nf: "
      "12345678901234567890123\n";
  EXPECT_EQ(rewritten(numbers), numbers);
}

TEST(YamlWriter, KeepsOrderAndEmptyCollections) {
  const std::string text =
      "b: {}\na: []\nc: null\nd: true\ne:\n  - 1\n  - x: w\n    z:\n      - - 2\n        - 3\n  - []\n";
  EXPECT_EQ(rewritten(text), text);
}

TEST(YamlWriter, WritesLongKeysSoThatTheyAreRead) {
  for (const std::string& key : {std::string(1000, 'k'), std::string(1001, 'k'), std::string(3000, ':')}) {
    Map map;
    map.set(key, Map());
    map.set("other", List{key});
    EXPECT_EQ(parse_yaml(to_yaml(map), "test"), Value(map));
  }
}

TEST(YamlWriter, WritesScalarsAtTheRoot) {
  for (const char* json : {"null", "true", "12", "\"a\\nb\"", "\"\"", "[]", "{}", "\"- a\""}) {
    SCOPED_TRACE(json);
    const Value value = parse_json(json, "test");
    EXPECT_EQ(parse_yaml(to_yaml(value), "test"), value);
  }
}

TEST(YamlWriter, RefusesWhatIsNotUtf8) {
  EXPECT_THROW((void)of_text("\xFF"), Error);
  Map map;
  map.set("\xFF", 1 == 1);
  EXPECT_THROW((void)to_yaml(map), Error);
}

}  // namespace

}  // namespace kots_export::values
