// The values that trap readers of YAML 1.1: what Helm makes of each, and that we write a text of that look so
// that it stays one. Every expectation was seen with Helm 3.17.
#include <kots_export/values/json.h>
#include <kots_export/values/yaml.h>

#include <gtest/gtest.h>

namespace kots_export::values {

namespace {

std::string read_plain(const std::string& text) { return to_json(parse_yaml("k: " + text + "\n", "test")); }

void expect_text_survives(const std::string& text) {
  SCOPED_TRACE(text);
  Map map;
  map.set("k", text);
  map.set(text.empty() ? "empty" : text, List{text});
  const Value value(std::move(map));
  const std::string yaml = to_yaml(value);
  EXPECT_EQ(to_json(parse_yaml(yaml, "test")), to_json(value)) << yaml;
}

struct Trap {
  const char* name;
  std::string text;
  const char* meaning;  // as JSON
};

class Traps : public ::testing::TestWithParam<Trap> {};

TEST_P(Traps, IsReadAsHelmReadsIt) {
  EXPECT_EQ(read_plain(GetParam().text), std::string("{\"k\":") + GetParam().meaning + "}");
}

TEST_P(Traps, AsATextStaysAText) { expect_text_survives(GetParam().text); }

INSTANTIATE_TEST_SUITE_P(
    , Traps,
    ::testing::Values(Trap{"Yes", "yes", "true"}, Trap{"On", "on", "true"}, Trap{"CapitalN", "N", "false"},
                      Trap{"MixedCaseIsText", "oFF", R"("oFF")"}, Trap{"Tilde", "~", "null"},
                      Trap{"Null", "null", "null"}, Trap{"MixedCaseNullIsText", "nUll", R"("nUll")"},
                      Trap{"Empty", "", "null"}, Trap{"LeadingZeroIsOctal", "00123", "83"},
                      Trap{"NoOctalDigits", "08", "8"}, Trap{"Octal", "0o17", "15"},
                      Trap{"Binary", "0b11", "3"}, Trap{"SignedBinary", "0b-101", "-5"},
                      Trap{"Exponent", "1e10", "1e10"}, Trap{"HugeExponentIsText", "1e400", R"("1e400")"},
                      Trap{"Hexadecimal", "0x1F", "31"}, Trap{"Underscore", "1_000", "1000"},
                      Trap{"UnderscoreInFraction", ".5_0", "0.5"}, Trap{"Sexagesimal", "12:30", R"("12:30")"},
                      Trap{"NoLeadingDigit", ".5", "0.5"}, Trap{"NoTrailingDigit", "1.", "1"},
                      Trap{"Plus", "+1", "1"}, Trap{"MinusZero", "-0", "0"}, Trap{"Equals", "=", R"("=")"},
                      Trap{"MergeKeyAsValue", "<<", R"("<<")"}, Trap{"Date", "2022-01-01", R"("2022-01-01")"},
                      Trap{"Timestamp", "2001-12-14t21:59:43.10-05:00", R"("2001-12-14t21:59:43.10-05:00")"},
                      Trap{"Largest64Bits", "18446744073709551615", "18446744073709551615"},
                      Trap{"Smallest64Bits", "-9223372036854775808", "-9223372036854775808"},
                      Trap{"LongDigits", "12345678901234567890123", "12345678901234567890123"},
                      Trap{"FloatAsWritten", "1.10", "1.10"}, Trap{"Version", "1.2.3", R"("1.2.3")"},
                      Trap{"DashWord", "-a", R"("-a")"},
                      Trap{"Emoji", "\xF0\x9F\x98\x80", "\"\xF0\x9F\x98\x80\""},
                      Trap{"HashInside", "a#b", R"("a#b")"}, Trap{"ColonInside", "a:b", R"("a:b")"}),
    [](const auto& trap) { return std::string(trap.param.name); });

TEST(TrapTexts, LeadingAndTrailingBlanks) {
  for (const char* text : {" a", "a ", "  ", " "}) expect_text_survives(text);
}

TEST(TrapTexts, Tabs) {
  for (const char* text : {"\ta", "a\t", "\t", "a\tb", " \ta"}) expect_text_survives(text);
}

TEST(TrapTexts, CarriageReturn) {
  for (const char* text : {"a\r", "\r", "a\rb", "a\r\nb\r\n", "\r\n"}) expect_text_survives(text);
}

TEST(TrapTexts, HashSigns) {
  for (const char* text : {"#", "a #b", "a#b", "# a", " #", "a # "}) expect_text_survives(text);
}

TEST(TrapTexts, ColonsAndBlanks) {
  for (const char* text : {"a: b", "a:", ":", ": a", "key: |", "a :b", ": "}) expect_text_survives(text);
}

TEST(TrapTexts, ListsKeysAndDocuments) {
  for (const char* text : {"- a", "? a", "---", "...", "--- a", "-", "?"}) expect_text_survives(text);
}

TEST(TrapTexts, Emoji) {
  for (const char* text : {"\xF0\x9F\x98\x80", "a \xF0\x9F\x98\x80\nb\n"}) expect_text_survives(text);
}

TEST(TrapTexts, ControlCharacters) {
  expect_text_survives(std::string("a\0b", 3));
  for (const char* text : {"\x01", "a\x7F", "\x1B[31m", "\xC2\x80", "\xC2\x85", "\xE2\x80\xA8",
                           "\xE2\x80\xA9", "\xEF\xBB\xBF", "\xEF\xBB\xBFx", "\xEF\xBF\xBE", "\xC2\xA0",
                           "a\x0B"
                           "b"})
    expect_text_survives(text);
}

TEST(TrapTexts, SeveralLinesWithoutAFinalLineBreak) {
  for (const char* text : {"a\nb", "a\n\nb", "\na"}) expect_text_survives(text);
}

TEST(TrapTexts, SeveralLinesWithFinalLineBreaks) {
  for (const char* text : {"a\n", "a\nb\n", "a\n\n", "\n", "\n\n"}) expect_text_survives(text);
}

TEST(TrapTexts, LinesThatLookLikeSomethingElse) {
  for (const char* text : {"  a\nb", "a\n  b\n", "a\n \nb", "a \nb \n", "a\n\tb\n", "\ta\nb\n",
                           "a: null\nb: null\n", "# a\n# b", "a\n---\nb\n", "- a\n- b\n", "a\xC2\x85\nb"})
    expect_text_survives(text);
}

TEST(TrapTexts, Indicators) {
  for (const char* text :
       {"@a",   "`a",  "%a",    "!a",  "&a",   "*a", "[a",    "]", "{a}", "}",
        ",",    "'a'", "\"a\"", "a'b", "a\"b", "\\", "a\\nb", "|", ">",   "it's \"quoted\"",
        "a, b", "[]",  "{}"})
    expect_text_survives(text);
}

TEST(TrapTexts, WordsOfEveryCase) {
  for (const char* text :
       {"y", "Y", "n", "True", "TRUE", "OFF", "No", "NULL", ".inf", "-.INF", "+.inf", ".NaN", "infinity"})
    expect_text_survives(text);
}

TEST(Scalars, InfinityIsRefusedWithItsPlace) {
  EXPECT_THROW((void)parse_yaml("a: 1\nb: .inf\n", "test"), std::exception);
}

TEST(Keys, AreTheTextsThatHelmMakesOfThem) {
  EXPECT_EQ(to_json(parse_yaml("{1: a, 0x10: b, true: c, 1.5: d, 1e6: e, 123456.5: f, 0.00001: g}", "test")),
            R"({"1":"a","16":"b","true":"c","1.5":"d","1e+06":"e","123456.5":"f","1e-05":"g"})");
}

TEST(Keys, ThatAreTooLargeForAGoFloatAreInfinite) {
  EXPECT_EQ(to_json(parse_yaml("{1e39: a, -1e39: b, 1e-60: c}", "test")),
            R"({".inf":"a","-.inf":"b","0":"c"})");
}

}  // namespace

}  // namespace kots_export::values
