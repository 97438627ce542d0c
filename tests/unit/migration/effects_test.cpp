#include <kots_export/migration/effects.h>
#include <kots_export/migration/kots_cleanup.h>
#include <kots_export/migration/names.h>

#include "unit/ui/changes.h"

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using change::Change;
using change::Plan;
using nlohmann::json;
using test::creation;
using test::deletion;
using test::label_patch;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Data = Effects::Claim::Data;

constexpr std::chrono::seconds kTimeout{600};

Effects effects(std::vector<Change> changes) {
  return effects_of(Plan{.changes = std::move(changes)}, kTimeout);
}

std::vector<std::string> names(const Effects::Objects& objects) {
  std::vector<std::string> list;
  for (const kube::ObjectRef& object : objects) list.push_back(kube::describe(object));
  return list;
}

Change with_orphans(Change change) {
  change.propagation = kube::Propagation::orphan;
  return change;
}

Change patch(const std::string& kind, const std::string& name, json after) {
  Change change = label_patch(kind, name, nullptr, "x");
  change.after = std::move(after);
  return change;
}

TEST(Effects, TellThePodsThatGoFromThoseThatGoOnRunning) {
  const Effects of = effects({deletion("Deployment", "kotsadm", {}), deletion("CronJob", "c", {}),
                              deletion("Secret", "s", {}), deletion("Service", "v", {}),
                              with_orphans(deletion("StatefulSet", "postgresql", {}))});

  EXPECT_THAT(names(of.deleted), ElementsAre("Deployment kotsadm", "CronJob c"));
  EXPECT_THAT(names(of.orphaned), ElementsAre("StatefulSet postgresql"));
}

TEST(Effects, OfAPatchAreOnThePodsOnlyWhereTheTemplateChanges) {
  const json template_patch = {{"spec", {{"template", {{"metadata", {{"labels", {{"a", "b"}}}}}}}}}};
  const Effects of =
      effects({label_patch("Deployment", "a", "old", "new"), patch("Deployment", "b", template_patch),
               patch("CronJob", "c", template_patch), patch("Secret", "d", {{"data", {{"k", "v"}}}}),
               patch("Secret", "e", {{"metadata", {{"ownerReferences", json::array()}}}})});

  EXPECT_THAT(names(of.restarted), ElementsAre("Deployment b"));
  EXPECT_EQ(of.metadata_patches, 1U);
}

TEST(Effects, OfARollbackStartPods) {
  EXPECT_THAT(names(effects({creation("Deployment", "kotsadm", {}), creation("Secret", "s", {})}).started),
              ElementsAre("Deployment kotsadm"));
}

// As flyway plans it.
std::vector<Change> migration_of_the_database() {
  std::vector<Change> changes = {creation("Job", std::string(names::kMigrator), {}),
                                 deletion("Job", std::string(names::kMigrator), nullptr)};
  changes.back().needs = {{.created = changes.front().object, .at = ""}};
  return changes;
}

TEST(Effects, OfTheMigratorAreAPodThatRunsToItsEndAndADatabaseThatStaysChanged) {
  const Effects of = effects(migration_of_the_database());

  EXPECT_THAT(names(of.run), ElementsAre("Job circle-migrator"));
  EXPECT_THAT(names(of.deleted), IsEmpty());
  EXPECT_THAT(names(of.started), IsEmpty());
  EXPECT_TRUE(of.migrates_database);
  EXPECT_EQ(of.migration_wait, kTimeout);
}

TEST(Effects, OfAMigratorOfAnEarlierRunAreThatItGoes) {
  const Effects of = effects({migration_of_the_database().back()});

  EXPECT_THAT(names(of.deleted), ElementsAre("Job circle-migrator"));
  EXPECT_FALSE(of.migrates_database);
  EXPECT_FALSE(of.migration_wait);
}

Change deletion_of_running_migrator(const std::string& step) {
  Change change = deletion("Job", std::string(names::kMigrator), {{"status", {{"active", 1}}}});
  change.step = step;
  return change;
}

TEST(Effects, OfAMigratorThatRunsAreThatItIsFollowedToItsEnd) {
  const Change change = deletion_of_running_migrator("flyway");
  const Effects of = effects({change});

  EXPECT_THAT(names(of.followed), ElementsAre("Job circle-migrator"));
  EXPECT_THAT(names(of.deleted), IsEmpty());
  EXPECT_TRUE(of.migrates_database);
  EXPECT_FALSE(of.cuts_migration);
  EXPECT_EQ(of.migration_wait, kTimeout);
  EXPECT_TRUE(Irreversible(Plan{}).has(change));
}

TEST(Effects, OfAMigratorThatARollbackStopsAreThatTheDatabaseIsHalfMigrated) {
  const Change change = deletion_of_running_migrator("rollback");
  const Effects of = effects({change});

  EXPECT_THAT(names(of.deleted), ElementsAre("Job circle-migrator"));
  EXPECT_TRUE(of.cuts_migration);
  EXPECT_FALSE(of.migrates_database);
  EXPECT_TRUE(Irreversible(Plan{}).has(change));
}

TEST(Effects, OfAMigratorThatHasEndedAreThatItGoes) {
  for (const char* const step : {"flyway", "rollback"}) {
    Change change = deletion_of_running_migrator(step);
    change.before["status"] = {{"conditions", {{{"type", "Complete"}, {"status", "True"}}}}};
    const Effects of = effects({change});

    EXPECT_THAT(names(of.deleted), ElementsAre("Job circle-migrator"));
    EXPECT_FALSE(of.migrates_database || of.cuts_migration);
    EXPECT_FALSE(Irreversible(Plan{}).has(change));
  }
}

json bound_to(const std::string& volume) { return {{"spec", {{"volumeName", volume}}}}; }

TEST(Effects, SayWhatKeepsTheDataOfClaimsThatAreDeleted) {
  const auto policy = [](const std::string& volume, const char* value) {
    return patch("PersistentVolume", volume, {{"spec", {{"persistentVolumeReclaimPolicy", value}}}});
  };
  const Effects of =
      effects({policy("pv-a", "Retain"), deletion("PersistentVolumeClaim", "a", bound_to("pv-a")),
               policy("pv-b", "Delete"), deletion("PersistentVolumeClaim", "b", bound_to("pv-b")),
               deletion("PersistentVolumeClaim", "c", {{"spec", json::object()}})});

  ASSERT_EQ(of.claims.size(), 3U);
  EXPECT_EQ(of.claims[0].data, Data::kept);
  EXPECT_EQ(of.claims[0].volume, "pv-a");
  EXPECT_EQ(of.claims[1].data, Data::by_policy);
  EXPECT_EQ(of.claims[2].data, Data::never_bound);
}

TEST(Effects, OfAClaimWhoseVolumeIsNotChangedFollowFromItsPolicy) {
  for (const auto& [policy, data] :
       {std::pair{"Retain", Data::retained}, {"Delete", Data::deleted}, {"Recycle", Data::by_policy}}) {
    Change change = deletion("PersistentVolumeClaim", "a", bound_to("pv-a"));
    change.reclaim_policy = policy;

    EXPECT_EQ(effects({change}).claims.at(0).data, data) << policy;
    EXPECT_EQ(Irreversible(Plan{}).has(change), data != Data::retained) << policy;
  }
}

TEST(Effects, KnowTheClaimsThatGoWithAStatefulSet) {
  const json image = {{"spec", {{"persistentVolumeClaimRetentionPolicy", {{"whenDeleted", "Delete"}}}}}};
  const json kept = {{"spec", {{"persistentVolumeClaimRetentionPolicy", {{"whenDeleted", "Retain"}}}}}};

  EXPECT_THAT(names(effects({deletion("StatefulSet", "a", image), deletion("StatefulSet", "b", kept),
                             with_orphans(deletion("StatefulSet", "c", image))})
                        .deleted_with_claims),
              ElementsAre("StatefulSet a"));
}

TEST(Effects, OnTimeAreTheWaitsOfTheStepsAndTheUpgradeAfterAll) {
  Change postgres = with_orphans(deletion("StatefulSet", "postgresql", {}));
  postgres.step = "postgres";
  MigrationPlan plan;
  plan.flyway.start.changes = {migration_of_the_database().front()};
  plan.postgres.changes = {postgres};

  const Effects whole = effects_of(plan, kTimeout);
  plan.part = Part::postgres;
  plan.flyway = {};
  const Effects step = effects_of(plan, kTimeout);

  EXPECT_EQ(whole.migration_wait, kTimeout);
  EXPECT_EQ(whole.deletion_wait, std::chrono::seconds(60));
  EXPECT_TRUE(whole.upgrade_follows);
  EXPECT_FALSE(step.migration_wait);
  EXPECT_EQ(step.deletion_wait, std::chrono::seconds(60));
  EXPECT_FALSE(step.upgrade_follows);
}

}  // namespace

}  // namespace kots_export::migration
