#include <kots_export/change/object_state.h>

#include <gmock/gmock.h>

namespace kots_export::change {

namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

const kube::ObjectRef kObject{.gvr = {"", "v1", "services"},
                              .kind = "Service",
                              .ns = "ns",
                              .name = "frontend",
                              .uid = {},
                              .resource_version = {}};

// An object with a generation: a Deployment.
json deployment() {
  return {{"metadata",
           {{"uid", "u"}, {"resourceVersion", "1"}, {"generation", 3}, {"labels", {{"team", "red"}}}}},
          {"spec", {{"replicas", 1}}},
          {"status", {{"readyReplicas", 1}}}};
}

json service() {
  json object = deployment();
  object["metadata"].erase("generation");
  object["spec"] = {{"type", "ClusterIP"}};
  return object;
}

json config_map() {
  return {{"metadata", {{"uid", "u"}, {"resourceVersion", "1"}}}, {"data", {{"key", "value"}}}};
}

std::vector<std::string> differences_after(const json& then, const json& patch) {
  json now = then;
  now.merge_patch(patch);
  now["metadata"]["resourceVersion"] = "2";
  return differences(state_of(kObject, then), state_of(kObject, now));
}

TEST(ObjectState, OfAKindWithAGenerationIsItsMetadataAndThat) {
  EXPECT_THAT(differences_after(deployment(), {{"status", {{"readyReplicas", 0}}}}), IsEmpty());
  EXPECT_THAT(differences_after(deployment(), {{"metadata", {{"managedFields", json::array()}}}}), IsEmpty());
  EXPECT_THAT(differences_after(deployment(), {{"metadata", {{"generation", 4}}}}),
              ElementsAre("spec (generation 3, now 4)"));
  EXPECT_THAT(
      differences_after(deployment(), json::parse(R"({"metadata": {"labels": {"team": "blue", "new": "x"},
      "annotations": {"a/b": "c"}, "finalizers": ["keep"], "ownerReferences": [{"uid": "o"}]}})")),
      ElementsAre("label new", "label team", "annotation a/b", "finalizers", "owners"));
}

TEST(ObjectState, OfAKindWithoutAGenerationIsAllButItsStatus) {
  EXPECT_THAT(differences_after(service(), {{"status", {{"loadBalancer", json::object()}}}}), IsEmpty());
  EXPECT_THAT(differences_after(service(), {{"spec", {{"type", "LoadBalancer"}, {"ports", json::array()}}}}),
              ElementsAre("spec.ports", "spec.type"));
}

TEST(ObjectState, OfAKindWithoutAStatusIsItsResourceVersion) {
  EXPECT_THAT(differences_after(config_map(), {{"data", {{"key", "other"}}}}), ElementsAre("its content"));
  EXPECT_THAT(differences_after(config_map(), {{"metadata", {{"labels", {{"a", "b"}}}}}}),
              ElementsAre("label a"));
}

TEST(ObjectState, OfTheSameResourceVersionIsTheSame) {
  const ObjectState state = state_of(kObject, config_map());
  EXPECT_THAT(differences(state, state), IsEmpty());
}

TEST(ObjectState, IsReadFromJsonAsItWasWritten) {
  for (const json& live : {deployment(), service(), config_map()}) {
    const json written = to_json(state_of(kObject, live));
    EXPECT_EQ(to_json(state_from_json(written, "here")), written);
  }
  EXPECT_THAT(
      [] {
        (void)state_from_json({{"object", 1}}, "here");
      },
      ThrowsMessage<Error>("here.object is of a wrong type"));
}

TEST(LastWriter, IsTheNewestThatDidNotReportAStatus) {
  const json live = json::parse(R"({"metadata": {"managedFields": [
    {"manager": "helm", "operation": "Update", "time": "2026-11-20T10:00:00Z"},
    {"manager": "kubectl-edit", "operation": "Update", "time": "2026-11-24T10:00:00Z"},
    {"manager": "kube-controller-manager", "operation": "Update", "time": "2026-11-25T10:00:00Z", "subresource": "status"}]}})");
  EXPECT_EQ(last_writer(live), "by kubectl-edit at 2026-11-24T10:00:00Z");
  EXPECT_EQ(last_writer(config_map()), "");
}

}  // namespace

}  // namespace kots_export::change
