#include <kots_export/change/holds.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace kots_export::change {
namespace {

using nlohmann::json;

struct Case {
  const char* name;
  const char* live;
  const char* wanted;
  bool expected;
};

class Holds : public testing::TestWithParam<Case> {};

TEST_P(Holds, ComparesWhatIsWanted) {
  EXPECT_EQ(holds(json::parse(GetParam().live), json::parse(GetParam().wanted)), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Objects, Holds,
                         testing::Values(Case{"MoreThanIsWanted", R"({"a":1,"b":2})", R"({"a":1})", true},
                                         Case{"AnotherValue", R"({"a":2})", R"({"a":1})", false},
                                         Case{"Missing", R"({})", R"({"a":1})", false},
                                         Case{"NullWantsItAbsent", R"({})", R"({"a":null})", true},
                                         Case{"NullAndPresent", R"({"a":1})", R"({"a":null})", false},
                                         Case{"NullBelowWhatIsAbsent", R"({})", R"({"m":{"a":null}})", false},
                                         Case{"AnEmptyMapIsAsGoodAsNone", R"({})", R"({"m":{}})", true},
                                         Case{"AnEmptyListIsAsGoodAsNone", R"({})", R"({"l":[]})", true},
                                         Case{"ListsInOrder", R"({"l":[1,2]})", R"({"l":[2,1]})", false},
                                         Case{"AShorterList", R"({"l":[1,2]})", R"({"l":[1]})", false},
                                         Case{"DefaultsInAListsElement", R"({"l":[{"a":1,"d":0}]})",
                                              R"({"l":[{"a":1}]})", true},
                                         Case{"AMapForAText", R"({"a":"x"})", R"({"a":{}})", false}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace kots_export::change
