#include <kots_export/values/value.h>

#include <gtest/gtest.h>

namespace kots_export::values {

namespace {

Map numbered(int count) {
  Map map;
  for (int i = 0; i < count; ++i) map.set("k" + std::to_string(i), Number{std::to_string(i), true});
  return map;
}

TEST(Map, KeepsPlacesOfKeysThatAreSetAgain) {
  Map map = numbered(3);
  map.set("k1", "new");
  EXPECT_EQ(map.index_of("k1"), 1U);
  EXPECT_EQ(map.find("k1")->as_string(), "new");
}

TEST(Map, FindsEveryKeyAtAnySize) {
  for (const int size : {1, 16, 17, 33, 1000}) {
    SCOPED_TRACE(size);
    const Map map = numbered(size);
    for (int i = 0; i < size; ++i)
      ASSERT_EQ(map.index_of("k" + std::to_string(i)), static_cast<std::size_t>(i));
    EXPECT_EQ(map.find("other"), nullptr);
  }
}

TEST(Map, FindsTheRestAfterErasing) {
  Map map = numbered(100);
  EXPECT_TRUE(map.erase("k50"));
  EXPECT_FALSE(map.erase("k50"));
  EXPECT_EQ(map.erase_if([](const Map::Entry& entry) { return entry.first < "k3"; }), 23U);
  EXPECT_EQ(map.find("k50"), nullptr);
  EXPECT_EQ(map.find("k99")->as_number().text, "99");
  EXPECT_EQ(map.index_of("k3"), 0U);
}

TEST(Value, IsEqualByMeaning) {
  EXPECT_EQ(Value(Number{"1e1", false}), Value(Number{"10", true}));
  EXPECT_FALSE(Value(Number{"9007199254740993", true}) == Value(Number{"9007199254740992", true}));
  EXPECT_FALSE(Value("1") == Value(Number{"1", true}));
  Map a = numbered(2);
  Map b;
  b.set("k1", Number{"1", true});
  b.set("k0", Number{"0", true});
  EXPECT_EQ(Value(a), Value(b));
}

TEST(Path, QuotesKeysWithDots) {
  EXPECT_EQ(to_string({"nginx", "annotations", "a.b/c"}), "nginx.annotations.\"a.b/c\"");
}

TEST(Path, SetMakesWhatIsMissing) {
  Value root{Map()};
  set(root, {"a", "b"}, "c");
  EXPECT_EQ(string_at(root, {"a", "b"}), "c");
  EXPECT_TRUE(erase(root, {"a", "b"}));
  EXPECT_FALSE(erase(root, {"a", "b"}));
  EXPECT_FALSE(erase(root, {"x", "y"}));
}

}  // namespace

}  // namespace kots_export::values
