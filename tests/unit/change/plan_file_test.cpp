#include <kots_export/change/change_json.h>
#include <kots_export/change/plan_file.h>

#include <gmock/gmock.h>

namespace kots_export::change {

namespace {

using nlohmann::json;
using ::testing::HasSubstr;

Change example(Verb verb) {
  return {.verb = verb,
          .step = "annotate",
          .object = {.gvr = {"apps", "v1", "deployments"},
                     .kind = "Deployment",
                     .ns = "ns",
                     .name = "frontend",
                     .uid = verb == Verb::create ? "" : "u-1",
                     .resource_version = verb == Verb::create ? "" : "42"},
          .before = verb == Verb::create ? json(nullptr) : json{{"data", {{"p", "cA=="}}}},
          .after = verb == Verb::remove ? json(nullptr) : json{{"metadata", {{"labels", {{"a", nullptr}}}}}},
          .propagation = verb == Verb::remove ? kube::Propagation::orphan : kube::Propagation::background,
          .why = "because"};
}

Plan through_a_file(const Plan& plan) { return plan_from_json(json::parse(to_json(plan).dump()), "plan"); }

// What plan_from_json says about the example after a patch of its JSON.
std::string complaint(const json& patch) {
  json value = to_json(Plan{.changes = {example(Verb::remove)}});
  value["changes"][0].merge_patch(patch);
  try {
    (void)plan_from_json(value, "plans.metadata");
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

TEST(PlanFile, KeepsEveryPartOfAChange) {
  for (const Verb verb : {Verb::create, Verb::patch, Verb::remove}) {
    SCOPED_TRACE(to_string(verb));
    const Plan plan = through_a_file({.changes = {example(verb)}, .already_right = 48});

    ASSERT_EQ(plan.changes.size(), 1U);
    EXPECT_EQ(to_json(plan.changes[0]), to_json(example(verb)));
    EXPECT_EQ(plan.already_right, 48U);
  }
}

TEST(PlanFile, KeepsHowAChangeIsUndone) {
  Change change = example(Verb::patch);
  EXPECT_FALSE(to_json(change).contains("undo"));
  change.undo = Undo::while_unchanged;
  EXPECT_EQ(through_a_file({.changes = {change}}).changes[0].undo, Undo::while_unchanged);
}

TEST(PlanFile, MakesEveryChangeInsistOnWhatItWasPlannedOn) {
  Change known = example(Verb::patch);
  Change unknown = example(Verb::patch);
  unknown.object.resource_version.clear();

  const Plan plan = through_a_file({.changes = {known, unknown}});

  EXPECT_EQ(plan.changes[0].guard, Guard::resource_version);
  EXPECT_EQ(plan.changes[1].guard, Guard::uid);
}

TEST(PlanFile, NamesThePlaceOfWhatIsWrong) {
  const std::vector<std::pair<json, std::string>> cases = {
      {{{"verb", "upsert"}}, "plans.metadata.changes[0].verb is unknown: upsert"},
      {{{"verb", nullptr}}, "plans.metadata.changes[0].verb is missing"},
      {{{"verb", 1}}, "plans.metadata.changes[0].verb is of a wrong type"},
      {{{"object", {{"uid", ""}}}}, "plans.metadata.changes[0].object.uid is empty"},
      {{{"object", {{"name", ""}}}}, "plans.metadata.changes[0].object.name is empty"},
      {{{"object", "Deployment"}}, "plans.metadata.changes[0].object is of a wrong type"},
      {{{"propagation", "Sideways"}}, "plans.metadata.changes[0].propagation is unknown: Sideways"},
      {{{"undo", "never"}}, "plans.metadata.changes[0].undo is unknown: never"},
  };
  for (const auto& [patch, words] : cases) {
    SCOPED_TRACE(patch.dump());
    EXPECT_EQ(complaint(patch), words);
  }
}

TEST(PlanFile, RefusesAPatchWithoutAPatch) {
  json value = to_json(Plan{.changes = {example(Verb::patch)}});
  value["changes"][0]["after"] = nullptr;

  EXPECT_THROW((void)plan_from_json(value, "plan"), Error);
}

}  // namespace

}  // namespace kots_export::change
