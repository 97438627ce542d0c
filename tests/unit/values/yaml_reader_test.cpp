#include <kots_export/util/error.h>
#include <kots_export/values/json.h>
#include <kots_export/values/yaml.h>

#include <gmock/gmock.h>

namespace kots_export::values {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string json(const std::string& yaml) { return to_json(parse_yaml(yaml, "values.yaml")); }

std::string error(const std::string& yaml) {
  try {
    return "no error, but " + json(yaml);
  } catch (const Error& e) {
    return e.what();
  }
}

TEST(YamlReader, KeepsTheOrderOfKeys) { EXPECT_EQ(json("b: 1\na: 2\nc: 3\n"), R"({"b":1,"a":2,"c":3})"); }

TEST(YamlReader, AnEmptyDocumentIsNull) {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n", "--- # c\n...\n"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(json(text), "null");
  }
}

TEST(YamlReader, ReadsBlockCollections) {
  EXPECT_EQ(json("a:\n- 1\n- b: 2\n  c: 3\n-\n- - x\n  - z\nd:\n  - e\n"),
            R"({"a":[1,{"b":2,"c":3},null,["x","z"]],"d":["e"]})");
}

TEST(YamlReader, ReadsFlowCollections) {
  EXPECT_EQ(json("a: {b: [1, {c: d}, e f], \"g\":h, i, ? j : k, }\nl: [m: p, o]\n"),
            R"({"a":{"b":[1,{"c":"d"},"e f"],"g":"h","i":null,"j":"k"},"l":[{"m":"p"},"o"]})");
}

TEST(YamlReader, ReadsFlowCollectionsOverLines) {
  EXPECT_EQ(json("a: [x,  # c\n\tw,\n\n z\n]\nb: {c:\n d}\n"), R"({"a":["x","w","z"],"b":{"c":"d"}})");
}

TEST(YamlReader, FoldsLinesOfPlainAndQuotedTexts) {
  EXPECT_EQ(json("a: one\n  two\n\n  three\nb: 'x  \n\n\n  y '\nc: \"p\\\n   q\\  \n  r\"\n"),
            R"({"a":"one two\nthree","b":"x\n\ny ","c":"pq  r"})");
}

TEST(YamlReader, ReadsEveryEscape) {
  EXPECT_EQ(json(R"(a: "\x41\u00e9\U0001F600\t\"\\\e\_\N\L")"),
            "{\"a\":\"A\xC3\xA9\xF0\x9F\x98\x80\\t\\\"\\\\\\u001b\xC2\xA0\xC2\x85\xE2\x80\xA8\"}");
  EXPECT_THAT(error(R"(a: "\/")"), HasSubstr("unknown escape"));
  EXPECT_THAT(error(R"(a: "\ud83d\ude00")"), HasSubstr("no Unicode character"));
}

TEST(YamlReader, ReadsBlockScalars) {
  EXPECT_EQ(json("a: |\n  x\n   y\n\n  z\n\nb: |-\n  x\nc: |+\n  x\n\nd: >\n  p\n  q\n\n  r\n   s\n  t\n"),
            R"({"a":"x\n y\n\nz\n","b":"x","c":"x\n\n","d":"p q\nr\n s\nt\n"})");
  EXPECT_EQ(json("a: |2\n    x\n"), R"({"a":"  x\n"})");
  EXPECT_EQ(json("- |\n  x\n- |1-\n  y"), R"(["x\n"," y"])");
}

TEST(YamlReader, ABlockScalarWithoutAFinalLineBreakHasNone) { EXPECT_EQ(json("a: |\n  x"), R"({"a":"x"})"); }

TEST(YamlReader, TakesEveryLineBreakOfYaml) {
  EXPECT_EQ(json("a: 1\r\nb: |\r\n  x\r\n  y\r\nc: 2\rd: 3"), R"({"a":1,"b":"x\ny\n","c":2,"d":3})");
  EXPECT_EQ(json("a: \"x\xC2\x85y\"\n"), R"({"a":"x y"})");
}

TEST(YamlReader, PassesOverAByteOrderMark) {
  EXPECT_EQ(json("\xEF\xBB\xBF"
                 "a: 1\n"),
            R"({"a":1})");
}

TEST(YamlReader, RefusesAByteOrderMarkAtTheStartOfALaterLine) {
  EXPECT_THAT(error("x:\n  a: 1\n\xEF\xBB\xBF"
                    "b: 2\n"),
              AllOf(HasSubstr("line 3"), HasSubstr("a byte order mark")));
  EXPECT_THAT(error("\xEF\xBB\xBF\xEF\xBB\xBF"
                    "a: 1\n"),
              HasSubstr("a byte order mark"));
  EXPECT_EQ(json("a: x\xEF\xBB\xBFy\n"), "{\"a\":\"x\xEF\xBB\xBFy\"}");
}

TEST(YamlReader, ResolvesAnchorsAndAliases) {
  EXPECT_EQ(json("a: &x {p: 1}\nb: *x\nc: &y\n  - q\nd: [*y, *x]\n&k e: *k\n"),
            R"({"a":{"p":1},"b":{"p":1},"c":["q"],"d":[["q"],{"p":1}],"e":"e"})");
}

TEST(YamlReader, MergesInTheOrderOfWriting) {
  // As go-yaml v2: what stands later counts, also a merged key.
  EXPECT_EQ(json("a: &x {p: 1, q: 2}\nb: {<<: *x, p: 3}\nc: {p: 3, <<: *x}\nd: {<<: [*x, {p: 5, r: 6}]}\n"),
            R"({"a":{"p":1,"q":2},"b":{"p":3,"q":2},"c":{"p":1,"q":2},"d":{"p":1,"r":6,"q":2}})");
}

TEST(YamlReader, MergesNoListThatAnAliasStandsFor) {
  EXPECT_THAT(error("x: &x [{a: 1}]\ny: {<<: *x}\n"),
              HasSubstr("a merge key (<<) of something that is no map"));
  EXPECT_THAT(error("x: &x [{a: 1}]\ny: {<<: [*x]}\n"),
              HasSubstr("a merge key (<<) of something that is no map"));
}

TEST(YamlReader, AQuotedMergeKeyIsAKey) { EXPECT_EQ(json("'<<': {a: 1}\n"), R"({"<<":{"a":1}})"); }

TEST(YamlReader, FollowsTags) {
  EXPECT_EQ(json("a: !!str 12\nb: !!int \"12\"\nc: !!bool 'yes'\nd: !!float 3\ne: !custom 12\nf: ! 12\ng: "
                 "!!binary aGk=\n"
                 "h: !!map {i: !!null }\n"),
            R"({"a":"12","b":12,"c":true,"d":3,"e":"12","f":"12","g":"hi","h":{"i":null}})");
  EXPECT_THAT(error("a: !!int abc\n"), HasSubstr("!!int"));
  EXPECT_THAT(error("a: !!binary '%'\n"), HasSubstr("base64"));
  EXPECT_THAT(error("a: !!timestamp 2022-01-01\n"), HasSubstr("leave the tag away"));
}

TEST(YamlReader, ATagMayStandOnTheLinesAboveItsValue) {
  EXPECT_EQ(
      json("a: !!str\n  12\nb: !!int\n\n  # c\n  \"12\"\nc: &x\n  !!str\n  12\nd: *x\ne: !!str\n  .inf\nf: "
           "!!str\ng: 1\n"),
      R"({"a":"12","b":12,"c":"12","d":"12","e":".inf","f":"","g":1})");
  EXPECT_THAT(error("a: !!str\n  !!str b\n"), HasSubstr("a second tag"));
}

TEST(YamlReader, ATagAboveAMapIsTheMaps) {
  EXPECT_EQ(json("a: !!map\n  12: 1\nb: !!str\n  - 12\nc: !!map\n  &k 0x10: *k\n"),
            R"({"a":{"12":1},"b":[12],"c":{"16":16}})");
}

TEST(YamlReader, AnAliasHasNoAnchorOrTagAboveIt) {
  EXPECT_THAT(error("x: &x 1\na: !!str\n  *x\n"), HasSubstr("no anchor or tag"));
  EXPECT_THAT(error("x: &x 1\na: &y\n  *x\n"), HasSubstr("no anchor or tag"));
  EXPECT_EQ(json("x: &x k\na: !!map\n  *x : 1\n"), R"({"x":"k","a":{"k":1}})");
}

TEST(YamlReader, DecodesTheEscapesOfTags) {
  EXPECT_EQ(json("a: !!%69nt '12'\nb: !<tag:yaml.org,2002:in%74> '12'\nc: !%C3%A9 12\nd: !%21 12\n"),
            R"({"a":12,"b":12,"c":"12","d":"12"})");
}

TEST(YamlReader, RefusesATagWithABrokenEscape) {
  for (const char* text : {"a: !x%e\n", "a: !%\n", "a: !%4\n", "a: !%4g\n", "a: !<%zz> x\n", "a: !!%7 x\n"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(error(text), HasSubstr("% without two hexadecimal digits"));
  }
}

TEST(YamlReader, RefusesATagWhoseEscapesAreNotUtf8) {
  for (const char* text : {"a: !%80 x\n", "a: !%C3%29 x\n", "a: !%E2%82%C3 x\n", "a: !<%F8> x\n"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(error(text), HasSubstr("escapes that are not UTF-8"));
  }
  EXPECT_THAT(error("a: !%C3x y\n"),
              HasSubstr("% without two hexadecimal digits"));  // the second octet is missing
}

TEST(YamlReader, KnowsHandlesOfTagsFromExclamationMarks) {
  EXPECT_EQ(json("a: !a.b!c 12\nb: !<!!int> '12'\n"), R"({"a":"12","b":"12"})");
  for (const char* text : {"a: !e!str 12\n", "a: !!<x> y\n", "a: !! x\n", "a: !<> x\n"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(error(text), HasSubstr("a tag "));
  }
}

TEST(YamlReader, AMergeKeyMayBeTagged) {
  // As some tools write it.
  EXPECT_EQ(json("x: &x {p: 1}\na: {!!merge <<: *x}\nb: {! \"<<\": *x}\nc: {!!str <<: *x}\n"),
            R"({"x":{"p":1},"a":{"p":1},"b":{"p":1},"c":{"<<":{"p":1}}})");
}

// Each of them libyaml 0.2.5 takes, and Helm's older port of it does not or reads something else.
TEST(YamlReader, RefusesWhatHelmRefusesAndLibyamlTakes) {
  for (const char* directive : {"%YAML 1.2", "%YAML 001.0001"})
    EXPECT_THAT(error(std::string(directive) + "\n---\na: 1\n"), HasSubstr("Helm reads YAML 1.1"))
        << directive;
  EXPECT_THAT(error("%TAG ! !x\n---\na: 1\n"), HasSubstr("Helm reads YAML 1.1"));
  for (const char* text : {"a: [b?c]\n", "a: {b ?c: d}\n", "a: [[b\n c?]]\n"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(error(text), HasSubstr("\"?\" in it"));
  }
  for (const char* text : {"a: [!x, b]\n", "a: [!<x>, b]\n", "a: {b: &c !x, d: e}\n", "a: [!,b]\n"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(error(text), HasSubstr("a tag that does not end with a blank"));
  }
  EXPECT_EQ(json("a: b?c\nd: [ef, '?']\ng: [!<x,y> 1, !x 2, 'a,!b,c']\n"),
            R"({"a":"b?c","d":["ef","?"],"g":["1","2","a,!b,c"]})");
  EXPECT_THAT(error("a: \"x\\\\\\/\"\n"), HasSubstr("unknown escape"));
  EXPECT_EQ(json("a: \"x\\\\/\"\nb: '\\/'\n"), R"({"a":"x\\/","b":"\\/"})");
}

// Helm takes them: they are in the list of refusals (docs/values.md).
TEST(YamlReader, RefusesWhatLibyamlRefusesAndHelmTakes) {
  EXPECT_THAT(error("a: \"it\\'s\"\n"), HasSubstr("unknown escape"));
  EXPECT_THAT(error("a: {b:}\n"), HasSubstr("ends with \":\""));
  EXPECT_THAT(error("a: !x,y 1\n"), HasSubstr("a tag that does not end with a blank"));
}

TEST(YamlReader, KnowsALoneExclamationMarkOfThePlainTextBehindIt) {
  // libyaml drops it.
  EXPECT_EQ(json("a: ! 12\nb: &x ! 12\nc: &y # !\n  ! 12\nd: &z 12\ne: !\nf: &w !\n"),
            R"({"a":"12","b":"12","c":"12","d":12,"e":"","f":""})");
  EXPECT_EQ(json("a: &x\n! b: 1\n&y c: ! 2\n"), R"({"a":null,"b":1,"c":"2"})");
  EXPECT_EQ(json("x: \xC3\xA9\na: [\xC3\xA9, ! 1, 2]\r\nb: ! 3\n"),
            "{\"x\":\"\xC3\xA9\",\"a\":[\"\xC3\xA9\",\"1\",2],\"b\":\"3\"}");
  EXPECT_THAT(error("\n   &a: !a \n    \n   b: 1e\n"), HasSubstr("a key that is null"));
}

TEST(YamlReader, RefusesASecondDirective) {
  EXPECT_EQ(json("%YAML 1.1 # c\n---\na: 1\n"), R"({"a":1})");
  EXPECT_THAT(error("%YAML 1.1\n%YAML 1.1\n---\na: 1\n"), HasSubstr("line 2"));
}

TEST(YamlReader, ReadsExplicitKeys) {
  EXPECT_EQ(json("? a\n: b\n? c\n? |\n  d\n: - e\n"), R"({"a":"b","c":null,"d\n":["e"]})");
}

TEST(YamlReader, RefusesAKeyTwiceAndNamesBothLines) {
  EXPECT_THAT(error("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n"),
              AllOf(HasSubstr("line 5"), HasSubstr("\"c\""), HasSubstr("line 3")));
  EXPECT_THAT(error("{a: 1, \"a\": 2}"), HasSubstr("line 1"));
  EXPECT_THAT(error("yes: 1\ntrue: 2\n"), HasSubstr("line 2"));
}

TEST(YamlReader, RefusesSeveralDocuments) {
  for (const char* text : {"a: 1\n---\nb: 2\n", "---\n---\na: 1\n", "a: 1\n...\nb: 2\n", "a: 1\n---\n~\n",
                           "a: 1\n---\n---\n{}\n", "a: 1\n...\n%YAML 1.2\n---\nb: 2\n", "a: 1\n---\n&x\n"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(error(text), HasSubstr("more than one document"));
  }
}

TEST(YamlReader, PassesOverDocumentsWithoutContentAtTheEnd) {
  for (const char* text :
       {"a: 1\n---\n", "---\na: 1\n---\n# c\n", "a: 1\n---", "a: 1\n...\n---\n---\n...\n"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(json(text), R"({"a":1})");
  }
}

TEST(YamlReader, RefusesAnAliasThatContainsItself) {
  EXPECT_THAT(error("a: &x [*x]\n"), HasSubstr("contains it"));
  EXPECT_THAT(error("a: *x\n"), HasSubstr("without its anchor"));
}

TEST(YamlReader, RefusesABombOfAliases) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j == 0 ? "" : ", ") + before;
    bomb += "]\n";
  }
  EXPECT_THAT(error(bomb), HasSubstr("more than any values file holds"));
}

TEST(YamlReader, RefusesDeepNesting) {
  const std::size_t depth = 100'000;
  std::string dashes;
  for (std::size_t i = 0; i < depth; ++i) dashes += "- ";
  std::string indented;
  for (std::size_t i = 0; i < 1'000; ++i) indented += std::string(i, ' ') + "a:\n";
  for (const std::string& text : {std::string(depth, '['), std::string(depth, '{'), dashes, indented,
                                  "a: " + std::string(depth, '[') + std::string(depth, ']')}) {
    EXPECT_THAT(error(text), HasSubstr("line "));
  }
}

TEST(YamlReader, RefusesWhatIsNoText) {
  EXPECT_THAT(error("a: 1\nb: \xFF\n"), AllOf(HasSubstr("line 2"), HasSubstr("UTF-8")));
  EXPECT_THAT(error(std::string("a: 1\n\nb: \0", 10)),
              AllOf(HasSubstr("line 3"), HasSubstr("control character")));
  EXPECT_THAT(error("a: \x7F\n"), HasSubstr("control character"));
}

TEST(YamlReader, SaysWhereTabsIndent) {
  EXPECT_THAT(error("a:\n\tb: 1\n"), AllOf(HasSubstr("line 2"), HasSubstr("tab")));
  EXPECT_EQ(json("a:\tb\t# c\n"), R"({"a":"b"})");
}

TEST(YamlReader, ATabIndentsNoLineOfAPlainTextInBracketsEither) {
  EXPECT_THAT(error("a: {c: x\n\ty}\n"), AllOf(HasSubstr("line 2"), HasSubstr("tab")));
  EXPECT_THAT(error("a:\n  b: [x\n \ty]\n"), AllOf(HasSubstr("line 3"), HasSubstr("tab")));
  EXPECT_EQ(json("a:\n  b: [x\n   \ty,\n\tz, \"p\n\tq\"]\n"), R"({"a":{"b":["x y","z","p q"]}})");
  EXPECT_EQ(json("{a: x\n\ty}\n"), R"({"a":"x y"})");
}

TEST(YamlReader, RefusesIntegerKeysAbove63Bits) {
  EXPECT_EQ(json("9223372036854775807: a\n-9223372036854775808: b\n"),
            R"({"9223372036854775807":"a","-9223372036854775808":"b"})");
  EXPECT_THAT(error("9223372036854775808: a\n"), HasSubstr("key"));
  EXPECT_THAT(error("0xFFFFFFFFFFFFFFFF: a\n"), HasSubstr("key"));
  EXPECT_EQ(json("12345678901234567890123: a\n'9223372036854775808': b\n"),
            R"({"1.2345679e+22":"a","9223372036854775808":"b"})");
}

TEST(YamlReader, RefusesKeysThatHelmRefuses) {
  EXPECT_THAT(error("null: 1\n"), HasSubstr("null"));
  EXPECT_THAT(error("[a]: 1\n"), HasSubstr("list or map as a key"));
  EXPECT_THAT(error(": 1\n"), HasSubstr("key"));
}

TEST(YamlReader, RefusesBrokenStructure) {
  const std::vector<std::string> broken = {"a: b: c\n",
                                           "a: - b\n",
                                           "a: 1\n  b: 2\n",
                                           "a:\n  b: 1\n c: 2\n",
                                           "a: [1\n",
                                           "a: {1\n",
                                           "a: \"x\n",
                                           "a: 'x\n",
                                           "a: [1]]\n",
                                           "a: \"x\" y\n",
                                           "a\nb: 1\n",
                                           "- a\nb: 1\n",
                                           "a: [,]\n",
                                           "a: @x\n",
                                           "a: `x\n",
                                           "a: %x\n",
                                           "a: &x *x\n",
                                           "a: |x\n",
                                           "a: |0\n x\n",
                                           "a: \"x\n--- y\"\n",
                                           "a: &x &y z\n",
                                           "%FOO\n---\na: 1\n",
                                           "%YAML 1.2\n---\na: 1\n",
                                           "a: !!\n",
                                           "{a: 1}}",
                                           "{a\n: b}",
                                           std::string(1030, 'k') + ": v\n"};
  for (const std::string& text : broken) {
    SCOPED_TRACE(text);
    EXPECT_THAT(error(text), HasSubstr("line "));
  }
}

TEST(YamlReader, AnEntryBeginsOnALineOfItsOwn) {
  for (const char* text :
       {" a: [\n]? b\n", " a: [\n]b: c\n", " - [\n]- b\n", " ? [\n]: b\n", " a: \"x\n\"b: c\n"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(error(text), HasSubstr("line 2"));
  }
}

TEST(YamlReader, TakesLongKeys) {
  const std::string long_key(1024, 'k');
  EXPECT_EQ(json(long_key + ": v\n"), "{\"" + long_key + "\":\"v\"}");
  EXPECT_EQ(json("? " + long_key + "kkk\n: v\n"), "{\"" + long_key + "kkk\":\"v\"}");
}

TEST(YamlReader, ReadsALargeMapInLinearTime) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "key-" + std::to_string(i) + ": v\n";
  const Value value = parse_yaml(text, "values.yaml");
  EXPECT_EQ(value.as_map().size(), 100'000U);
  EXPECT_EQ(value, parse_yaml(text, "values.yaml"));
  EXPECT_THAT(error(text + "key-7: again\n"), HasSubstr("line 8"));
}

TEST(YamlPlaces, AreTheLinesOfKeysAndItems) {
  const YamlDocument document =
      parse_yaml_with_places("# c\na: 1\nb:\n  - x\n  - {y: z,\n     w: v}\n", "values.yaml");

  ASSERT_EQ(document.place.children.size(), 2U);
  EXPECT_EQ(document.place.children[0].line, 2U);
  const Place& b = document.place.children[1];
  EXPECT_EQ(b.line, 3U);
  ASSERT_EQ(b.children.size(), 2U);
  EXPECT_EQ(b.children[1].line, 5U);
  ASSERT_EQ(b.children[1].children.size(), 2U);
  EXPECT_EQ(b.children[1].children[1].line, 6U);
}

}  // namespace

}  // namespace kots_export::values
