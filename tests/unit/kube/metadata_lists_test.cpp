#include <kots_export/kube/metadata_lists.h>

#include "unit/support/scripted_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace kots_export::kube {
namespace {

using nlohmann::json;
using test::Answer;
using test::ok;
using test::ScriptedTransport;
using testing::ElementsAre;
using testing::HasSubstr;

ApiResource kind(const std::string& resource, const std::string& name) {
  return {.gvr = {"", "v1", resource}, .kind = name, .scope = ApiResource::Scope::namespaced, .verbs = {}};
}
const std::vector<ApiResource> kTwoKinds = {kind("configmaps", "ConfigMap"), kind("secrets", "Secret")};

json page(const std::vector<std::string>& names, const std::string& token = {}) {
  json list{{"kind", "PartialObjectMetadataList"},
            {"metadata", {{"resourceVersion", "1"}, {"continue", token}}},
            {"items", json::array()}};
  for (const auto& name : names)
    list["items"].push_back({{"metadata", {{"namespace", "ns"}, {"name", name}}}});
  return list;
}

bool has(const Request& request, std::string_view text) {
  return request.path.find(text) != std::string::npos;
}

// Two pages of ConfigMaps, one of Secrets.
Answer two_kinds(const Request& request) {
  if (has(request, "/secrets")) return ok(page({"s"}));
  return has(request, "continue=") ? ok(page({"c3"})) : ok(page({"c1", "c2"}, "token"));
}

class MetadataListsTest : public testing::Test {
 protected:
  MetadataLists lists(std::vector<ListPosition> from,
                      MetadataLists::Pages pages = MetadataLists::Pages::all) {
    return {std::move(from), "ns", [this](const ObjectMetadata& object) { names.push_back(object.ref.name); },
            pages};
  }
  std::vector<std::string> names;
};

TEST_F(MetadataListsTest, SaysHowManyObjectsAreStillToComeAsFarAsTheServerDoes) {
  std::vector<std::size_t> remaining;
  ScriptedTransport transport;
  transport.otherwise([](const Request& request) {
    json first = page({"c1", "c2"}, "token");
    first["metadata"]["remainingItemCount"] = 1;
    return has(request, "continue=") ? ok(page({"c3"})) : ok(first);
  });
  Client client(transport);
  MetadataLists all(from_the_beginning(std::span(kTwoKinds).first(1)), "ns", [](const ObjectMetadata&) {});
  transport.after_each([&](const Request&) { remaining.push_back(all.remaining()); });

  client.read(all);

  EXPECT_THAT(remaining, ElementsAre(1, 0));
}

TEST_F(MetadataListsTest, KnowsWhatIsToComeWhereItGoesOnWithAnothersPositions) {
  std::vector<ListPosition> rest = from_the_beginning(kTwoKinds);
  rest.front().remaining = 4500;

  EXPECT_EQ(lists(rest).remaining(), 4500U);
}

TEST_F(MetadataListsTest, AllPagesOfAllKinds) {
  ScriptedTransport transport;
  transport.otherwise(two_kinds);
  Client client(transport);
  auto all = lists(from_the_beginning(kTwoKinds));
  client.read(all);
  EXPECT_THAT(names, ElementsAre("c1", "c2", "s", "c3"));
  EXPECT_TRUE(all.rest().empty());
}

TEST_F(MetadataListsTest, FirstPagesLeaveTheRestToBeReadLater) {
  ScriptedTransport transport;
  transport.otherwise(two_kinds);
  Client client(transport);
  auto first = lists(from_the_beginning(kTwoKinds), MetadataLists::Pages::first);
  client.read(first);
  EXPECT_THAT(names, ElementsAre("c1", "c2", "s"));
  ASSERT_EQ(first.rest().size(), 1U);
  auto rest = lists(first.rest());
  client.read(rest);
  EXPECT_THAT(names, ElementsAre("c1", "c2", "s", "c3"));
}

TEST_F(MetadataListsTest, AnExpiredListGoesOnWhereTheServerSays) {
  ScriptedTransport transport;
  transport.otherwise([](const Request& request) -> Answer {
    if (has(request, "continue=fresh")) return ok(page({"c3"}));
    if (has(request, "continue="))
      return test::text_reply(410, json{{"kind", "Status"}, {"metadata", {{"continue", "fresh"}}}}.dump());
    return ok(page({"c1", "c2"}, "token"));
  });
  Client client(transport);
  auto one = lists(from_the_beginning(std::span(kTwoKinds).first(1)));
  client.read(one);
  EXPECT_THAT(names, ElementsAre("c1", "c2", "c3"));
  EXPECT_EQ(transport.requests().size(), 3U);
}

TEST_F(MetadataListsTest, AnExpiredListThatBeginsAgainShowsNoObjectTwice) {
  bool expired = false;
  ScriptedTransport transport;
  transport.otherwise([&](const Request& request) -> Answer {
    if (!has(request, "continue=")) return ok(page({"c1", "c2"}, "token"));
    if (std::exchange(expired, true)) return ok(page({"c3"}));
    return test::status_reply(410, "Expired");
  });
  Client client(transport);
  auto one = lists(from_the_beginning(std::span(kTwoKinds).first(1)));
  client.read(one);
  EXPECT_THAT(names, ElementsAre("c1", "c2", "c3"));
}

TEST_F(MetadataListsTest, AKindThatTheServerDoesNotServeHasNoObjects) {
  ScriptedTransport transport;
  transport.otherwise([](const Request& request) -> Answer {
    return has(request, "/secrets") ? test::status_reply(404, "NotFound") : ok(page({"c1"}));
  });
  Client client(transport);
  auto all = lists(from_the_beginning(kTwoKinds));
  client.read(all);
  EXPECT_THAT(names, ElementsAre("c1"));
}

TEST_F(MetadataListsTest, ADeniedKindIsNamedAndNoFurtherPageIsAskedFor) {
  ScriptedTransport transport(1);
  transport.otherwise([](const Request& request) -> Answer {
    return has(request, "/secrets") ? test::status_reply(403, "Forbidden", "no") : two_kinds(request);
  });
  Client client(transport);
  auto all = lists(from_the_beginning(kTwoKinds));
  try {
    client.read(all);
    FAIL() << "it was not refused";
  } catch (const ApiError& error) {
    EXPECT_EQ(error.code(), 403);
    EXPECT_THAT(error.what(), HasSubstr("list Secret in namespace ns"));
  }
  EXPECT_EQ(transport.requests().size(), 2U);
}

TEST_F(MetadataListsTest, AnAnswerThatIsNoJsonIsAnError) {
  ScriptedTransport transport;
  transport.otherwise(
      [](const Request&) -> Answer { return Reply{.status = 200, .headers = {}, .body = "<html>"}; });
  Client client(transport);
  auto all = lists(from_the_beginning(kTwoKinds));
  EXPECT_THROW(client.read(all), Error);
}

}  // namespace
}  // namespace kots_export::kube
