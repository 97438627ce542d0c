#include <kots_export/ui/plan_view.h>

#include "unit/ui/changes.h"

#include <sstream>

#include <gmock/gmock.h>

namespace kots_export::ui {

namespace {

using change::Plan;
using nlohmann::json;
using test::creation;
using test::deletion;
using test::label_patch;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string shown(const Plan& plan, Detail detail = Detail::normal, Colour colour = Colour::no) {
  std::ostringstream out;
  write_text(out, {.title = {}, .blocks = {list_of(plan, detail)}}, colour);
  return out.str();
}

std::string in_short(const Plan& plan) {
  std::ostringstream out;
  write_text(out, {.title = {}, .blocks = {short_list_of(plan)}}, Colour::no);
  return out.str();
}

TEST(PlanSummary, NamesWhatGoesAndComesAndCountsPatches) {
  const Plan plan{.changes = {label_patch("ConfigMap", "c1", "a", "b"), label_patch("Service", "s", "a", "b"),
                              creation("Job", "circle-migrator", {}), deletion("Secret", "postgresql", {}),
                              label_patch("ConfigMap", "c2", "a", "b"), creation("Secret", "database", {})},
                  .already_right = 7};

  EXPECT_EQ(in_short(plan),
            "  - delete Secret postgresql\n"
            "! + create Job circle-migrator\n"
            "  + create Secret database\n"
            "  ~ patch 2 ConfigMaps, 1 Service\n");
}

TEST(PlanSummary, NamesAsManyAsFitAScreen) {
  Plan plan;
  for (int i = 0; i < 40; ++i) plan.changes.push_back(deletion("Secret", "s" + std::to_string(i), {}));

  EXPECT_THAT(in_short(plan), AllOf(HasSubstr("delete Secret s29\n"), Not(HasSubstr("Secret s30")),
                                    HasSubstr("  - ... 40 to delete in all\n")));
}

TEST(PlanView, OfAnEmptyPlanIsEmpty) { EXPECT_EQ(shown({}), ""); }

TEST(PlanView, ShowsBeforeAndAfterOfAPatch) {
  EXPECT_EQ(shown({.changes = {label_patch("ConfigMap", "c", "old", "new")}}),
            "  ~ patch ConfigMap c  (annotate: because)\n"
            "      label a: old -> new\n");
}

constexpr const char* kOldJob =
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {key: hunter2}\n"
    "---\napiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: cleaner}\n";
constexpr const char* kNewJob =
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {key: hunter2}\n"
    "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: cleaner}\n";

TEST(PlanView, ShowsTheManifestInAReleasesRecord) {
  EXPECT_EQ(shown({.changes = {test::manifest_patch(kOldJob, kNewJob)}}),
            "  ~ patch Secret sh.helm.release.v1.circleci-server.v1  (fix-manifest: because)\n"
            "      CronJob cleaner: batch/v1beta1 -> batch/v1\n"
            "      - apiVersion: batch/v1beta1\n"
            "      + apiVersion: batch/v1\n");
}

TEST(PlanView, ShowsWhatElseAPatchDoesToAReleasesRecord) {
  change::Change both = test::manifest_patch(kNewJob, kOldJob);
  change::join(both, label_patch("Secret", both.object.name, "old", "new"));
  EXPECT_THAT(shown({.changes = {both}}),
              AllOf(HasSubstr("+ apiVersion: batch/v1beta1\n"), HasSubstr("label a: old -> new\n")));
}

TEST(PlanView, MasksARecordThatCannotBeRead) {
  change::Change broken = test::manifest_patch(kOldJob, kNewJob);
  broken.after["data"]["release"] = "bm90IGEgcmVsZWFzZQ==";
  EXPECT_THAT(shown({.changes = {broken}}), HasSubstr("data.release: *** -> ***\n"));
}

TEST(PlanView, TellsAbsentFromRemoved) {
  EXPECT_THAT(shown({.changes = {label_patch("ConfigMap", "c", nullptr, "new")}}),
              HasSubstr("label a: (none) -> new"));
  EXPECT_THAT(shown({.changes = {label_patch("ConfigMap", "c", "old", nullptr)}}),
              HasSubstr("label a: old -> (removed)"));
}

TEST(PlanView, ShowsTheSameEditOfManyObjectsOnce) {
  const Plan plan{
      .changes = {label_patch("ConfigMap", "c1", nullptr, "x"), label_patch("Secret", "s", "other", "x"),
                  label_patch("ConfigMap", "c2", nullptr, "x"), label_patch("Service", "v", nullptr, "x")}};

  EXPECT_EQ(shown(plan),
            "  2 ConfigMaps, each:  (annotate: because)\n"
            "      label a: (none) -> x\n"
            "  ~ patch ConfigMap c1\n"
            "  ~ patch ConfigMap c2\n"
            "  ~ patch Secret s  (annotate: because)\n"
            "      label a: other -> x\n"
            "  ~ patch Service v  (annotate: because)\n"
            "      label a: (none) -> x\n");
}

TEST(PlanView, HasDeletesAndCreatesFirstAndMarksWhatCannotBeUndone) {
  const Plan plan{.changes = {label_patch("ConfigMap", "k", "a", "b"),
                              creation("Job", "circle-migrator", {{"spec", 2}}),
                              deletion("Service", "a", {{"spec", 1}}), deletion("Job", "l", {{"spec", 1}})}};

  EXPECT_EQ(shown(plan),
            "  - delete Job l  (kots_cleanup: part of KOTS)\n"
            "  - delete Service a  (kots_cleanup: part of KOTS)\n"
            "! + create Job circle-migrator  (flyway: migrates the database)\n"
            "      spec: 2\n"
            "  ~ patch ConfigMap k  (annotate: because)\n"
            "      label a: a -> b\n");
}

// What flyway makes: a Job that is created first and deleted at the end.
Plan with_a_job_for_the_run() {
  Plan plan{.changes = {creation("Job", "circle-migrator", {{"spec", 2}}), deletion("Job", "other", {}),
                        deletion("Job", "circle-migrator", nullptr)}};
  plan.changes.back().needs = {{.created = plan.changes.front().object, .at = ""}};
  return plan;
}

TEST(PlanView, HasOneLineForWhatItCreatesAndDeletesAgain) {
  EXPECT_EQ(shown(with_a_job_for_the_run()),
            "  - delete Job other  (kots_cleanup: part of KOTS)\n"
            "! +- create and delete Job circle-migrator  (flyway: migrates the database)\n"
            "      spec: 2\n");
  EXPECT_EQ(in_short(with_a_job_for_the_run()),
            "  - delete Job other\n"
            "! +- create and delete Job circle-migrator\n");
}

TEST(PlanView, HasALineForTheDeleteOfWhatAnEarlierApplyCreated) {
  Plan plan = with_a_job_for_the_run();
  plan.changes.erase(plan.changes.begin());

  EXPECT_THAT(in_short(plan), HasSubstr("  - delete Job circle-migrator\n"));
}

TEST(PlanView, KeepsTheDeleteOfAnOlderObjectOfThatName) {
  Plan plan = with_a_job_for_the_run();
  plan.changes.insert(plan.changes.begin(), deletion("Job", "circle-migrator", {}));

  EXPECT_THAT(in_short(plan), AllOf(HasSubstr("  - delete Job circle-migrator\n"),
                                    HasSubstr("! +- create and delete Job circle-migrator\n")));
}

TEST(PlanView, CountsNumbersInNamesAsNumbers) {
  EXPECT_EQ(shown({.changes = {deletion("Job", "a-10", {}), deletion("Job", "a-2", {})}}),
            "  - delete Job a-2  (kots_cleanup: part of KOTS)\n"
            "  - delete Job a-10  (kots_cleanup: part of KOTS)\n");
}

Plan equal_patches(int count) {
  Plan plan;
  for (int i = 0; i < count; ++i) {
    change::Change patch = label_patch("Ingress", "i-" + std::to_string(i), nullptr, "x");
    patch.before["metadata"]["annotations"]["old"] = "gone";
    patch.after["metadata"]["annotations"]["old"] = nullptr;
    plan.changes.push_back(patch);
  }
  return plan;
}

TEST(PlanView, HasOneLineForMoreThanTenEqualPatchesOfAKind) {
  EXPECT_THAT(shown(equal_patches(10)), HasSubstr("~ patch Ingress i-9\n"));
  EXPECT_EQ(shown(equal_patches(11)),
            "  ~ patch 11 Ingresses: set label a=x; remove annotation old  (annotate: because)\n");
}

TEST(PlanView, NamesEveryObjectInFull) {
  EXPECT_THAT(
      shown(equal_patches(11), Detail::full),
      AllOf(HasSubstr("  11 Ingresses, each:"), HasSubstr("~ patch Ingress i-9\n  ~ patch Ingress i-10\n")));
  EXPECT_THAT(shown(equal_patches(11), Detail::verbose), HasSubstr("~ patch Ingress i-10\n"));
}

TEST(PlanView, KeepsPatchesForAnotherReasonApart) {
  Plan plan = equal_patches(11);
  plan.changes[3].why = "something else";

  EXPECT_THAT(shown(plan), AllOf(HasSubstr("10 Ingresses, each:  (annotate: because)"),
                                 HasSubstr("~ patch Ingress i-3  (annotate: something else)")));
}

TEST(PlanView, ShowsTheManifestOfACreateAndMasksIt) {
  const Plan plan{.changes = {creation("Secret", "s", {{"type", "Opaque"}, {"data", {{"p", "cA=="}}}})}};

  EXPECT_EQ(shown(plan),
            "  + create Secret s  (flyway: migrates the database)\n"
            "      data.p: ***\n"
            "      type: Opaque\n");
}

TEST(PlanView, ShowsWhatIsDeletedOnlyInDetail) {
  const Plan plan{.changes = {deletion("Service", "s", {{"spec", {{"ports", {{{"port", 80}}}}}}})}};

  EXPECT_THAT(shown(plan), Not(HasSubstr("port")));
  EXPECT_THAT(shown(plan, Detail::verbose), HasSubstr("      spec.ports[0].port: 80\n"));
}

TEST(PlanView, OfTheMigrationNamesTheFilesOfTheValues) {
  migration::MigrationPlan plan;
  plan.values = {.v3 = Secret<std::string>("a: 1\n"),
                 .v4 = Secret<std::string>("a: 1\n"),
                 .corrections = {{.path = "c.yaml", .yaml = Secret<std::string>("abc")}},
                 .corrections_from = migration::ValuesPlan::From::earlier_run,
                 .place = {.action = migration::ValuesPlace::Action::beside, .file = "out/new.yaml"}};
  std::ostringstream out;

  write_text(out, document_of(plan, {}, Detail::normal), Colour::no);

  EXPECT_THAT(out.str(), HasSubstr("corrected by c.yaml (as kept from an earlier run), sha256 "
                                   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"));
  EXPECT_THAT(out.str(), HasSubstr("written to out/new.yaml: a new file beside the edited one, "));
  EXPECT_EQ(
      json_of(*plan.values),
      json::parse(
          R"({"file": "out/new.yaml", "action": "beside", "corrections": [{"path": "c.yaml", "kept": true,
              "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}]})"));
}

TEST(PlanView, KeepsALineALineAndATerminalATerminal) {
  const std::string text = shown({.changes = {label_patch("ConfigMap", "c\x1b[31m", nullptr, "a\nb\x07")}});

  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\x07")));
  EXPECT_THAT(text, HasSubstr("-> \"a\\nb\\u0007\"\n"));
}

TEST(PlanView, CutsLongValuesBetweenCharacters) {
  std::string longest;
  for (int i = 0; i < 100; ++i) longest += "\xC3\xA9";  // e with acute, two bytes each

  const std::string text = shown({.changes = {label_patch("ConfigMap", "c", nullptr, longest)}});

  EXPECT_THAT(text, HasSubstr("\xC3\xA9...\n"));
  EXPECT_THAT(text, Not(HasSubstr(longest)));
}

TEST(PlanView, HasColourWhereItIsWanted) {
  EXPECT_THAT(shown({.changes = {deletion("Job", "j", {})}}, Detail::normal, Colour::yes),
              HasSubstr("\x1b[31m- delete Job j\x1b[0m"));
}

}  // namespace

}  // namespace kots_export::ui
