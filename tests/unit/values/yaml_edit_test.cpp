#include <kots_export/util/error.h>
#include <kots_export/values/yaml_edit.h>

#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace kots_export::values {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const Path kPath{"a", "b", "c"};

std::string edited(const std::string& text, const Value& value = "new") {
  return edit_yaml(text, "values.yaml", kPath, value);
}

std::string problem(const std::string& text) {
  try {
    return "edited: " + edited(text);
  } catch (const Error& error) {
    return error.what();
  }
}

struct Case {
  std::string before;
  std::string after;
};

TEST(YamlEdit, ReplacesATextAndNothingElse) {
  const std::vector<Case> cases = {
      {"a:\n  b:\n    c: old\n", "a:\n  b:\n    c: new\n"},
      {"# top\na:\n   b:   # b\n      c:   'old'   # why\n      d: 1\n\ne: x",
       "# top\na:\n   b:   # b\n      c:   new   # why\n      d: 1\n\ne: x"},
      {"a:\r\n  b:\r\n    c: \"old\\\r\n      er\"\r\nd: 1\r\n", "a:\r\n  b:\r\n    c: new\r\nd: 1\r\n"},
      {"a:\n  b:\n    c: |\n      old\n      er\n\n    d: 1\n", "a:\n  b:\n    c: new\n\n    d: 1\n"},
      {"a:\n  b:\n    c: >-\n      old\n# end\n", "a:\n  b:\n    c: new\n# end\n"},
      {"a:\n  b:\n    c: old\n      er\n", "a:\n  b:\n    c: new\n"},
      {"a:\n  b:\n    c: # why\n      old\n", "a:\n  b:\n    c: # why\n      new\n"},
      {"a:\n  b:\n    c:   # why\n    d: 1\n", "a:\n  b:\n    c: new   # why\n    d: 1\n"},
      {"a:\n  b:\n    c: ~\n", "a:\n  b:\n    c: new\n"},
      {"\xEF\xBB\xBF"
       "a:\n  b:\n    c: \xC3\xA4\n",
       "\xEF\xBB\xBF"
       "a:\n  b:\n    c: new\n"},
      {"---\n'a':\n  \"b\":\n    c: old\n...\n", "---\n'a':\n  \"b\":\n    c: new\n...\n"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.before);
    EXPECT_EQ(edited(one.before), one.after);
  }
}

TEST(YamlEdit, AddsWhatIsMissing) {
  const std::vector<Case> cases = {
      {"x: 1\n", "x: 1\na:\n  b:\n    c: new\n"},
      {"x: 1", "x: 1\na:\n  b:\n    c: new"},
      {"x: 1\r\n# end\r\n", "x: 1\r\na:\r\n  b:\r\n    c: new\r\n# end\r\n"},
      {"a:\n    x: 1 # one\n\n# of y\ny: 2\n", "a:\n    x: 1 # one\n    b:\n      c: new\n\n# of y\ny: 2\n"},
      {"a:\n  b:\n    x: [1,\n        2]\ny: 2\n", "a:\n  b:\n    x: [1,\n        2]\n    c: new\ny: 2\n"},
      {"a:\n  b:\n    x:\n    - 1\n    - z: 2\ny: 2\n",
       "a:\n  b:\n    x:\n    - 1\n    - z: 2\n    c: new\ny: 2\n"},
      {"a:\n  b:\n    x: |\n      text\n\ny: 2\n", "a:\n  b:\n    x: |\n      text\n\n    c: new\ny: 2\n"},
      {"a:\n  b:\n    x: |+\n      text\n\ny: 2\n", "a:\n  b:\n    x: |+\n      text\n\n    c: new\ny: 2\n"},
      {"a:\n  b:\n    x:\ny: 2\n", "a:\n  b:\n    x:\n    c: new\ny: 2\n"},
      {"x: &x {y: 1}\nz: *x\n", "x: &x {y: 1}\nz: *x\na:\n  b:\n    c: new\n"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.before);
    EXPECT_EQ(edited(one.before), one.after);
  }
}

TEST(YamlEdit, MakesAMapOfNullAndOfAnEmptyMap) {
  const std::vector<Case> cases = {
      {"a:\ny: 2\n", "a:\n  b:\n    c: new\ny: 2\n"},
      {"a: null  # none\ny: 2\n", "a:  # none\n  b:\n    c: new\ny: 2\n"},
      {"a:\n  b: {}\n  y: 2\n", "a:\n  b:\n    c: new\n  y: 2\n"},
      {"a:\n  b: { }  # none", "a:\n  b:  # none\n    c: new"},
      {"a: ~", "a:\n  b:\n    c: new"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.before);
    EXPECT_EQ(edited(one.before), one.after);
  }
}

TEST(YamlEdit, LeavesATextThatIsSoAlready) {
  EXPECT_EQ(edited("a: {b: {c: 'new'}}\n"), "a: {b: {c: 'new'}}\n");
  EXPECT_EQ(edited("a: {b: {c: yes}}\n", true), "a: {b: {c: yes}}\n");
}

TEST(YamlEdit, WritesWhatReadsAsTheSame) {
  EXPECT_EQ(edited("a:\n  b:\n    c: old\n", true), "a:\n  b:\n    c: true\n");
  EXPECT_EQ(edited("a:\n  b:\n    c: old\n", "true"), "a:\n  b:\n    c: 'true'\n");
  EXPECT_EQ(edited("a:\n  b:\n    c: old\n", "x: #y"), "a:\n  b:\n    c: 'x: #y'\n");
}

TEST(YamlEdit, RefusesWhatItCannotEditAlone) {
  EXPECT_THAT(problem("{a: 1}"),
              AllOf(HasSubstr("a.b.c in values.yaml"), HasSubstr("the file is written in brackets")));
  EXPECT_THAT(problem("a: {x: 1}\n"), HasSubstr("a is written in brackets"));
  EXPECT_THAT(problem("a:\n  b: {c: old}\n"), HasSubstr("a.b is written in brackets"));
  EXPECT_THAT(problem("a:\n  b: {# why\n  }\n"), HasSubstr("a.b is written in brackets"));
  EXPECT_THAT(problem("a: &x\n  b:\n    c: old\nd: *x\n"), HasSubstr("a is an alias or has an anchor"));
  EXPECT_THAT(problem("d: &x\n  c: old\na:\n  b: *x\n"), HasSubstr("a.b is an alias or has an anchor"));
  EXPECT_THAT(problem("a:\n  b:\n    c: &x old\nd: *x\n"), HasSubstr("a.b.c is an alias or has an anchor"));
  EXPECT_THAT(problem("d: &x\n  c: old\na:\n  b:\n    <<: *x\n"),
              HasSubstr("a.b has entries from a merge key"));
  EXPECT_THAT(problem("a:\n- b\n"), HasSubstr("a is not a map"));
  EXPECT_THAT(problem("a:\n  b: text\n"), HasSubstr("a.b is not a map"));
  EXPECT_THAT(problem("a:\n  b:\n    c:\n      d: 1\n"), HasSubstr("a.b.c is a map or a list"));
  EXPECT_THAT(problem("- a\n"), HasSubstr("values"));
  EXPECT_THAT(problem("a: [\n"), HasSubstr("values.yaml"));
}

// Behind a line break the text of x would have one.
TEST(YamlEdit, RefusesRatherThanChangeAMeaning) {
  EXPECT_THAT(problem("a:\n  b:\n    x: |\n      text"), HasSubstr("not understood"));
}

}  // namespace

}  // namespace kots_export::values
