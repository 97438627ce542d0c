#include <kots_export/migration/metadata_stream.h>

#include "unit/support/recording_observer.h"
#include "unit/support/scripted_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kots_export::migration {
namespace {

using kube::Method;
using kube::Request;
using nlohmann::json;
using test::Answer;
using test::ok;
using test::ScriptedTransport;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const kube::ApiResource kConfigMaps{.gvr = {"", "v1", "configmaps"},
                                    .kind = "ConfigMap",
                                    .scope = kube::ApiResource::Scope::namespaced,
                                    .verbs = {}};

json object(const std::string& name, const json& labels = {{"kots.io/app-slug", "x"}}) {
  return {{"kind", "ConfigMap"},
          {"metadata", {{"namespace", "ns"}, {"name", name}, {"uid", "u-" + name}, {"labels", labels}}}};
}

// What a server answers to a write that it carried out: the object that was written.
Answer written(const Request& request) {
  const std::string path = request.path.substr(0, request.path.find('?'));
  return ok(object(path.substr(path.rfind('/') + 1)));
}

json page(std::vector<json> items, const std::string& token = {}, std::size_t remaining = 0) {
  json metadata{{"resourceVersion", "1"}, {"continue", token}};
  if (remaining > 0) metadata["remainingItemCount"] = remaining;
  return {
      {"kind", "PartialObjectMetadataList"}, {"metadata", std::move(metadata)}, {"items", std::move(items)}};
}

// A namespace whose list goes on after a first page: two more, the last with an object of KOTS's own.
class MetadataStreamTest : public testing::Test {
 protected:
  MetadataStreamTest() {
    transport.get("continue=second", ok(page({object("c"), object("cc", json::object())}, "third", 2)));
    transport.get("continue=third",
                  ok(page({object("d"), object("kotsadm", {{"kots.io/kotsadm", "true"}})})));
    transport.get("/configmaps/kotsadm", ok(object("kotsadm")));
    transport.otherwise(written);
  }

  // What kots_cleanup plans of the first page.
  change::Plan first() {
    Inventory inventory;
    for (const char* name : {"a", "b"}) {
      kube::ObjectMetadata metadata{.ref = {.gvr = kConfigMaps.gvr,
                                            .kind = "ConfigMap",
                                            .ns = "ns",
                                            .name = name,
                                            .uid = {},
                                            .resource_version = {}},
                                    .labels = {{"kots.io/app-slug", "x"}},
                                    .annotations = {}};
      inventory.of_kinds.push_back(std::move(metadata));
    }
    return plan_kots_cleanup(context, inventory, DeleteVolumes::no);
  }

  void carry_out() {
    carry_out_stream(
        context, first(),
        {{.kind = kConfigMaps, .field_selector = {}, .token = "second", .after = "ns/b", .remaining = 4}},
        {.planners = {cleanup_planner()}, .deletes = MetadataSteps::Deletes::yes});
  }

  std::vector<std::string> sent() const {
    std::vector<std::string> all;
    for (const Request& request : transport.requests())
      all.push_back(std::string(to_string(request.method)) + " " + request.path);
    return all;
  }

  ScriptedTransport transport;
  kube::Client client{transport};
  test::RecordingObserver observer;
  change::Executor executor{client, observer, {}};
  Context context{.client = client, .executor = executor, .observer = observer, .ns = {"ns"}, .release = "r"};
};

// The first plan's two and the four objects of the pages to come; once all is read, it is known that one
// needs nothing. That another is KOTS's own shows when its turn comes.
TEST_F(MetadataStreamTest, TellsHowManyChangesItWillComeToAsFarAsTheServerSays) {
  carry_out();

  EXPECT_THAT(observer.counts, testing::ElementsAre(6, 6, 5));
}

TEST_F(MetadataStreamTest, PatchesEveryObjectThatNeedsItOnce) {
  carry_out();
  EXPECT_EQ(transport.count(Method::patch), 4U);
  EXPECT_EQ(executor.totals().patch, 4U);
  EXPECT_EQ(executor.totals().already_right, 1U);
  EXPECT_THAT(sent(), Not(Contains(HasSubstr("PATCH /api/v1/namespaces/ns/configmaps/kotsadm"))));
}

TEST_F(MetadataStreamTest, TheFirstPageIsPatchedBeforeTheLastIsThere) {
  carry_out();
  const auto all = sent();
  const auto patch = std::ranges::find_if(all, [](const auto& line) { return line.starts_with("PATCH"); });
  const auto last =
      std::ranges::find_if(all, [](const auto& line) { return line.find("third") != std::string::npos; });
  EXPECT_LT(patch - all.begin(), last - all.begin());
}

TEST_F(MetadataStreamTest, KotsOwnObjectsGoLastWithTheirImageReadBefore) {
  carry_out();
  const auto all = sent();
  ASSERT_GE(all.size(), 2U);
  EXPECT_THAT(all.back(), HasSubstr("DELETE /api/v1/namespaces/ns/configmaps/kotsadm"));
  EXPECT_THAT(all[all.size() - 2], HasSubstr("GET /api/v1/namespaces/ns/configmaps/kotsadm"));
}

TEST_F(MetadataStreamTest, APageThatDoesNotComeEndsTheRunAndNothingIsDeleted) {
  ScriptedTransport broken;
  broken.get("continue=second", test::status_reply(403, "Forbidden", "no more"));
  broken.otherwise(written);
  kube::Client other(broken);
  change::Executor carrier(other, observer, {});
  Context there{.client = other, .executor = carrier, .observer = observer, .ns = {"ns"}, .release = "r"};
  EXPECT_THROW(carry_out_stream(there, first(),
                                {{.kind = kConfigMaps, .field_selector = {}, .token = "second", .after = {}}},
                                {.planners = {cleanup_planner()}, .deletes = MetadataSteps::Deletes::yes}),
               kube::ApiError);
  EXPECT_EQ(broken.count(Method::patch), 2U);
  EXPECT_EQ(broken.count(Method::del), 0U);
}

}  // namespace
}  // namespace kots_export::migration
