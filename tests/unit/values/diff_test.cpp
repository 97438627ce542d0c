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

TEST(Diff, OfDifferentKindsIsOneDifference) {
  EXPECT_EQ(differences("[1]", "{a: 1}"), ": [1] -> {\"a\":1}\n");
}

}  // namespace

}  // namespace kots_export::values
