#include "kube/yaml_json.h"

#include <kots_export/util/error.h>

#include <gmock/gmock.h>

namespace kots_export::kube {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

json converted(std::string_view text) { return yaml_to_json(text, "cannot read it"); }

std::string problem(std::string_view text) {
  try {
    (void)converted(text);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

struct Case {
  std::string name, yaml, expected;
};
class YamlToJson : public ::testing::TestWithParam<Case> {};

TEST_P(YamlToJson, TypesAsKubernetesDoes) {
  EXPECT_EQ(converted(GetParam().yaml), json::parse(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    All, YamlToJson,
    ::testing::Values(Case{"Nothing", "", "null"}, Case{"Comment", "# hi\n", "null"},
                      Case{"Scalars", "[a, 1, 1.5, yes, off, ~, '1', \"no\", 0x10, 2022-01-01]",
                           R"(["a",1,1.5,true,false,null,"1","no",16,"2022-01-01"])"},
                      Case{"StringTag", "!!str 5", "\"5\""},
                      Case{"BinaryTag", "[!!binary aGk=, !!binary \"aG\\nk=\"]", R"(["hi","hi"])"},
                      Case{"KeysBecomeStrings", "{n: 1, 0x10: 2, 'y': 3}", R"({"false":1,"16":2,"y":3})"},
                      Case{"LastOfTwoKeysCounts", "{a: 1, a: 2}", R"({"a":2})"},
                      Case{"Alias", "[&x {a: 1}, *x]", R"([{"a":1},{"a":1}])"},
                      Case{"MergeKey", "[&x {a: 1, b: 1}, {<<: *x, b: 2}]",
                           R"([{"a":1,"b":1},{"a":1,"b":2}])"},
                      Case{"FirstOfTwoMergedMapsCounts", "[&x {a: 1}, &y {a: 2, b: 2}, {<<: [*x, *y]}]",
                           R"([{"a":1},{"a":2,"b":2},{"a":1,"b":2}])"},
                      Case{"JsonWithTabs", "{\n\t\"a\":\t[1]}", R"({"a":[1]})"},
                      Case{"FirstOfTwoDocuments", "a: 1\n---\nb: 2\n", R"({"a":1})"}),
    [](const auto& case_) { return case_.param.name; });

TEST(YamlToJson, ErrorsNameTheLineAndNotTheText) {
  EXPECT_THAT(problem("token: hush\nb: ["),
              AllOf(HasSubstr("cannot read it"), HasSubstr("line"), Not(HasSubstr("hush"))));
}

TEST(YamlToJson, WhatIsNotUtf8IsRefused) {
  EXPECT_THAT(problem("a: \xff"), HasSubstr("byte 4 is not UTF-8"));
}

TEST(YamlToJson, NumbersThatJsonCannotHoldAreRefused) {
  EXPECT_THAT(problem("a: 1\nb: .inf"), HasSubstr("JSON has no such number (line 2)"));
}

TEST(YamlToJson, AliasBombIsRefused) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int n = 0; n < 10; ++n) bomb += last + ",";
    bomb += "]\n";
  }
  EXPECT_THAT(problem(bomb), HasSubstr("too large"));
}

TEST(YamlToJson, ListThatHoldsItselfIsRefused) { EXPECT_NE(problem("&a [*a]"), ""); }

}  // namespace
}  // namespace kots_export::kube
