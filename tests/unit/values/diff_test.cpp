#include <kots_export/values/diff.h>
#include <kots_export/values/json.h>
#include <kots_export/values/yaml.h>

#include <gtest/gtest.h>

namespace kots_export::values {

namespace {

// One line a difference: "path: before -> after".
std::string differences(const std::string& before, const std::string& after,
                        ShowSecrets show = ShowSecrets::no) {
  std::string text;
  for (const Difference& d : diff(parse_yaml(before, "before"), parse_yaml(after, "after"), show)) {
    text += d.path + ": " + (d.before ? to_json(*d.before) : "-") + " -> " +
            (d.after ? to_json(*d.after) : "-") + "\n";
  }
  return text;
}

TEST(Diff, OfTheSameMeaningIsEmpty) {
  EXPECT_EQ(differences("a: 1\nb: {c: 'x', d: 1e1}\n", "# c\nb: {d: 10.0, c: x}\na: 0x1\n"), "");
}

TEST(Diff, NamesWhatWasAddedRemovedAndChanged) {
  EXPECT_EQ(differences("{a: 1, b: {c: x}, d: 1}", "{a: '1', b: {}, e: {f: g}}"),
            "a: 1 -> \"1\"\nb.c: \"x\" -> -\nd: 1 -> -\ne: - -> {\"f\":\"g\"}\n");
}

TEST(Diff, ComparesListsItemByItem) {
  EXPECT_EQ(differences("a: [1, 2, 3]", "a: [1, 2, 9, 3]"), "a[2]: - -> 9\n");
  EXPECT_EQ(differences("a: [{b: 1}, {b: 2}]", "a: [{b: 1}, {b: 3}]"), "a[1].b: 2 -> 3\n");
  EXPECT_EQ(differences("a: [1, 2]", "a: []"), "a[0]: 1 -> -\na[1]: 2 -> -\n");
}

TEST(Diff, MasksSecretsButTellsThatTheyDiffer) {
  EXPECT_EQ(differences("smtp: {password: a}", "smtp: {password: b}"), "smtp.password: \"***\" -> \"***\"\n");
  EXPECT_EQ(differences("smtp: {password: a}", "{}"), "smtp: {\"password\":\"***\"} -> -\n");
  EXPECT_EQ(differences("smtp: {password: a}", "smtp: {password: b}", ShowSecrets::yes),
            "smtp.password: \"a\" -> \"b\"\n");
}

TEST(Diff, MasksBothSidesWhereOneIsSecret) {
  EXPECT_EQ(differences("a: 'password=x'", "a: x"), "a: \"***\" -> \"***\"\n");
  EXPECT_EQ(differences("env: [{name: A_TOKEN, value: x}]", "env: [{name: B, value: z}]"),
            "env[0].name: \"A_TOKEN\" -> \"B\"\nenv[0].value: \"***\" -> \"***\"\n");
  EXPECT_EQ(differences("args: [--token, x]", "args: [--token, w, --password, z]"),
            "args[1]: \"***\" -> \"***\"\nargs[2]: - -> \"--password\"\nargs[3]: - -> \"***\"\n");
}

TEST(Diff, ForHelmNothingIsAnEmptyMap) {
  EXPECT_EQ(differences("", "{}"), "");
  EXPECT_EQ(differences("", "a: 1"), "a: - -> 1\n");
}

// "-3 text" and "+4 text": the lines of the one difference, $ where only one text has a line break at its
// end.
std::string lines(const Value& before, const Value& after, ShowSecrets show = ShowSecrets::no) {
  const auto found = diff(before, after, show);
  if (found.size() != 1 || !found[0].text) return "no text";
  std::string text;
  for (const LineChange& line : found[0].text->lines)
    text += (line.side == LineChange::Side::before ? "-" : "+") + std::to_string(line.line) + " " +
            line.text + (line.is_cut ? "$\n" : "\n");
  return text + std::to_string(found[0].text->bytes_before) + " to " +
         std::to_string(found[0].text->bytes_after);
}

TEST(Diff, OfTextsOfSeveralLinesNamesTheLines) {
  EXPECT_EQ(lines("a\nb\nc\nd\n", "a\nx\nb\nd\n"), "+2 x\n-3 c\n8 to 8");
  EXPECT_EQ(lines("a\nb\n", "a\nb"), "-2 b\n+2 b$\n4 to 3");
  EXPECT_EQ(lines("a", "a\nb\n"), "-1 a$\n+1 a\n+2 b\n1 to 4");
  EXPECT_EQ(lines("a\nb", "a\nc"), "-2 b\n+2 c\n3 to 3");  // the end is no difference
  EXPECT_EQ(lines("", "b\n"), "+1 b\n0 to 2");
  EXPECT_EQ(lines("a", "b"), "no text");
}

std::string numbers(int from, int to, const std::string& prefix = "") {
  std::string text;
  for (int i = from; i < to; ++i) text += prefix + std::to_string(i) + "\n";
  return text;
}

TEST(Diff, OfLongTextsShowsTheLinesThatDifferAlone) {
  const std::string middle = numbers(0, 100'000);
  EXPECT_EQ(lines("a\n" + middle + "y\n", "b\n" + middle + "z\n"),
            "-1 a\n+1 b\n-100002 y\n+100002 z\n588894 to 588894");
  EXPECT_EQ(lines(middle + "moved\n", "moved\n" + middle), "+1 moved\n-100001 moved\n588896 to 588896");
  // Lines of one text alone cost nothing.
  const auto found = diff("first\n" + numbers(0, 30'000) + "last\n",
                          "first\n" + numbers(0, 30'000, "x") + "last\n", ShowSecrets::no);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].text->lines.size(), 60'000U);
  EXPECT_EQ(found[0].text->lines.front().line, 2U);
  EXPECT_FALSE(found[0].text->is_rough);
}

TEST(Diff, OfTextsIsTheFewestLines) {
  EXPECT_EQ(lines("a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n"), "-1 a\n-2 b\n+2 b\n-6 b\n+6 c\n14 to 12");
}

TEST(Diff, OfTextsThatAreTooDifferentShowsAllBetweenWhatIsCommon) {
  const auto found = diff("first\n" + numbers(0, 1'000) + numbers(1'000, 2'000) + "last\n",
                          "first\n" + numbers(1'000, 2'000) + numbers(0, 1'000) + "last\n", ShowSecrets::no);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].text->lines.size(), 4'000U);
  EXPECT_EQ(found[0].text->lines.front().line, 2U);
  EXPECT_TRUE(found[0].text->is_rough);
}

TEST(Diff, OfSecretTextsTellsNoLine) {
  Map before;
  before.set("password", "a\nhunter2\n");
  Map after;
  after.set("password", "a\nhunter3\nb\n");
  EXPECT_EQ(lines(before, after), "-2 \n+2 \n+3 \n10 to 12");
  EXPECT_EQ(lines(before, after, ShowSecrets::yes), "-2 hunter2\n+2 hunter3\n+3 b\n10 to 12");
  EXPECT_EQ(lines("postgres://u:p@h\nx\n", "postgres://u:p@h\ny\n"), "-2 \n+2 \n19 to 19");
}

TEST(Diff, OfDifferentKindsIsOneDifference) {
  EXPECT_EQ(differences("[1]", "{a: 1}"), ": [1] -> {\"a\":1}\n");
}

}  // namespace

}  // namespace kots_export::values
