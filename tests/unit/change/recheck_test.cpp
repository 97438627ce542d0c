#include <kots_export/change/recheck.h>

#include "unit/support/scripted_transport.h"

#include <gmock/gmock.h>

namespace kots_export::change {

namespace {

using kube::ObjectMetadata;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

kube::ObjectRef object(std::string uid = "u-1", std::string version = "1") {
  return {.gvr = {"apps", "v1", "deployments"},
          .kind = "Deployment",
          .ns = "ns",
          .name = "frontend",
          .uid = std::move(uid),
          .resource_version = std::move(version)};
}

ObjectMetadata seen() { return {.ref = object(), .labels = {{"team", "red"}}, .annotations = {}}; }

ObjectMetadata with_version(ObjectMetadata metadata, const std::string& version) {
  metadata.ref.resource_version = version;
  return metadata;
}

Change patch() {
  return {.verb = Verb::patch,
          .step = "annotate",
          .object = object(),
          .before = {{"metadata", {{"labels", {{"a", nullptr}}}}}},
          .after = {{"metadata", {{"labels", {{"a", "b"}}}}}},
          .why = "because"};
}

Change deletion() {
  Change change = patch();
  change.verb = Verb::remove;
  change.after = nullptr;
  return change;
}

Change creation() {
  Change change = patch();
  change.verb = Verb::create;
  change.object = object("", "");
  change.before = nullptr;
  change.after = {{"type", "Opaque"}};
  return change;
}

class RecheckTest : public ::testing::Test {
 protected:
  Recheck check(const Change& change, const std::vector<ObjectMetadata>& now) {
    kube::Client client(transport_);
    return recheck(client, {.changes = {change}, .already_right = 2}, now, then_);
  }

  json whole_{{"kind", "Deployment"},
              {"metadata", {{"name", "frontend"}}}};  // what a read of the whole object gives
  ObjectStates then_;
  test::ScriptedTransport transport_{[this](const kube::Request&) { return test::reply(200, whole_); }};
};

TEST_F(RecheckTest, LeavesWhatIsAsItWasSeen) {
  for (const Change& change : {patch(), deletion()}) {
    const Recheck result = check(change, {seen()});
    EXPECT_EQ(result.left.changes.size(), 1U);
    EXPECT_EQ(result.left.already_right, 2U);
    EXPECT_THAT(result.changed, IsEmpty());
  }
}

TEST_F(RecheckTest, LeavesOutWhatIsDoneAlready) {
  ObjectMetadata patched = with_version(seen(), "9");
  patched.labels = {{"a", "b"}, {"team", "red"}};
  whole_["type"] = "Opaque";
  whole_["metadata"]["uid"] = "x";

  EXPECT_EQ(check(patch(), {patched}).done, 1U);
  EXPECT_EQ(check(deletion(), {}).done, 1U);
  EXPECT_EQ(check(creation(), {seen()}).done, 1U);
}

TEST_F(RecheckTest, FindsWhatChanged) {
  ObjectMetadata labelled = with_version(seen(), "2");
  labelled.labels = {{"team", "blue"}};
  ObjectMetadata replaced = seen();
  replaced.ref.uid = "u-2";

  EXPECT_THAT(check(patch(), {labelled}).changed, ElementsAre("Deployment frontend was changed"));
  EXPECT_THAT(check(deletion(), {labelled}).changed, ElementsAre("Deployment frontend was changed"));
  EXPECT_THAT(check(deletion(), {replaced}).changed,
              ElementsAre("Deployment frontend was replaced by another object of the same name"));
  EXPECT_THAT(check(patch(), {}).changed, ElementsAre("Deployment frontend does not exist any more"));
  EXPECT_THAT(check(creation(), {seen()}).changed, ElementsAre("Deployment frontend exists already"));
}

TEST_F(RecheckTest, LeavesWhatOnlyReportedItsStatusAndInsistsOnWhatItIsNow) {
  whole_["metadata"].update({{"uid", "u-1"}, {"resourceVersion", "1"}, {"generation", 5}});
  then_[kube::key_of(object())] = state_of(object(), whole_);
  whole_["metadata"]["resourceVersion"] = "2";

  const Recheck result = check(patch(), {with_version(seen(), "2")});

  EXPECT_THAT(result.changed, IsEmpty());
  ASSERT_EQ(result.left.changes.size(), 1U);
  EXPECT_EQ(result.left.changes[0].object.resource_version, "2");
}

TEST_F(RecheckTest, SaysWhatChangedAndWhoWroteIt) {
  whole_["metadata"].update({{"uid", "u-1"}, {"resourceVersion", "1"}, {"generation", 5}});
  then_[kube::key_of(object())] = state_of(object(), whole_);
  whole_["metadata"].update({{"resourceVersion", "2"}, {"generation", 6}});
  whole_["metadata"]["managedFields"] = {{{"manager", "kubectl-scale"}, {"time", "2026-11-24T10:00:00Z"}}};

  EXPECT_THAT(check(deletion(), {with_version(seen(), "2")}).changed,
              ElementsAre("Deployment frontend was changed: spec (generation 5, now 6) "
                          "(by kubectl-scale at 2026-11-24T10:00:00Z)"));
}

TEST_F(RecheckTest, ComparesTheUidAloneWhereThePlanKnowsNoVersion) {
  Change change = deletion();
  change.object.resource_version.clear();

  EXPECT_EQ(check(change, {with_version(seen(), "77")}).left.changes.size(), 1U);
}

TEST_F(RecheckTest, CreatesWhatIsStillMissing) { EXPECT_EQ(check(creation(), {}).left.changes.size(), 1U); }

}  // namespace

}  // namespace kots_export::change
