#include <kots_export/ui/effects_view.h>

#include "unit/ui/changes.h"

#include <sstream>

#include <gmock/gmock.h>

namespace kots_export::ui {

namespace {

using migration::Effects;
using nlohmann::json;
using test::object_of;
using ::testing::HasSubstr;
using Data = Effects::Claim::Data;

std::string shown(const Effects& effects) {
  std::ostringstream out;
  write_text(out, {.title = {}, .blocks = {list_of(effects)}}, Colour::no);
  return out.str();
}

Effects everything() {
  Effects effects;
  effects.deleted = {object_of("Deployment", "kotsadm"), object_of("Job", "inject-a")};
  effects.orphaned = {object_of("StatefulSet", "postgresql")};
  effects.restarted = {object_of("Deployment", "frontend")};
  effects.started = {object_of("Job", "again")};
  effects.run = {object_of("Job", "circle-migrator")};
  effects.followed = {object_of("Job", "running")};
  effects.metadata_patches = 2;
  effects.claims = {
      {.claim = object_of("PersistentVolumeClaim", "a"), .volume = "", .data = Data::never_bound},
      {.claim = object_of("PersistentVolumeClaim", "b"), .volume = "pv-b", .data = Data::kept},
      {.claim = object_of("PersistentVolumeClaim", "c"), .volume = "pv-c", .data = Data::by_policy},
      {.claim = object_of("PersistentVolumeClaim", "d"), .volume = "pv-d", .data = Data::retained},
      {.claim = object_of("PersistentVolumeClaim", "e"), .volume = "pv-e", .data = Data::deleted}};
  effects.deleted_with_claims = {object_of("StatefulSet", "kotsadm-rqlite")};
  effects.migrates_database = true;
  effects.cuts_migration = true;
  effects.migration_wait = std::chrono::seconds(600);
  effects.deletion_wait = std::chrono::seconds(60);
  effects.upgrade_follows = true;
  return effects;
}

TEST(EffectsView, HasALineForEach) {
  EXPECT_EQ(
      shown(everything()),
      "  Pods: deleted with Deployment kotsadm, Job inject-a\n"
      "  Pods: those of StatefulSet postgresql go on running without it; one that is deleted or evicted is "
      "not recreated "
      "before helm upgrade\n"
      "  Pods: restarted by a new template: Deployment frontend\n"
      "  Pods: started, or taken over where they still run: Job again\n"
      "  Pods: one of Job circle-migrator runs, and is deleted with it when it is done\n"
      "  Pods: one of Job running runs already: it is followed to its end, then deleted\n"
      "  Pods: all others go on running; new labels and annotations restart none\n"
      "  data: PersistentVolumeClaim a is deleted; it was never bound and holds no data\n"
      "  data: PersistentVolumeClaim b is deleted; its data stays: volume pv-b is set to Retain first\n"
      "! data: PersistentVolumeClaim c is deleted; its data stays where the reclaim policy of volume pv-c is "
      "Retain, and is deleted where it is Delete\n"
      "  data: PersistentVolumeClaim d is deleted; its data stays: the reclaim policy of volume pv-d is "
      "Retain\n"
      "! data: PersistentVolumeClaim e is deleted, and its data with it: the reclaim policy of volume pv-e "
      "is "
      "Delete\n"
      "  data: PersistentVolumeClaims are deleted with StatefulSet kotsadm-rqlite\n"
      "! data: the database migration changes PostgreSQL's schema and cannot be undone: only a backup brings "
      "the old one back\n"
      "! data: the database migration is stopped while it runs: the database then has to be restored from "
      "its "
      "backup\n"
      "  time: the run waits for the database migration, 10 min at most (--timeout)\n"
      "  time: the run waits until what it deletes of PostgreSQL is gone, 1 min at most\n"
      "  time: CircleCI's own Pods run on until helm upgrade; the migration guide has CI stand still from "
      "this "
      "run until the upgraded ones are up\n");
}

TEST(EffectsView, SaysThatNothingHappens) {
  EXPECT_EQ(shown({}),
            "  Pods: all go on running\n"
            "  data: no PersistentVolumeClaim is deleted, and no volume with it\n");
}

TEST(EffectsView, NamesTheFirstTen) {
  Effects effects;
  for (int i = 0; i < 12; ++i) effects.deleted.push_back(object_of("Job", std::to_string(i)));

  EXPECT_THAT(shown(effects), HasSubstr("Job 8, Job 9 and 2 more\n"));
  EXPECT_EQ(json_of(effects)["pods"]["deletedWith"].size(), 12U);
}

TEST(EffectsView, IsADocumentForPrograms) {
  const json effects = json_of(everything());

  EXPECT_EQ(effects["pods"]["orphanedBy"], json::array({{{"kind", "StatefulSet"}, {"name", "postgresql"}}}));
  EXPECT_EQ(effects["pods"]["runToEnd"].size(), 1U);
  EXPECT_EQ(effects["data"]["deletedClaims"][1], json({{"name", "b"}, {"volume", "pv-b"}, {"data", "kept"}}));
  EXPECT_EQ(effects["data"]["databaseMigration"], true);
  EXPECT_EQ(effects["time"], json({{"migrationSeconds", 600}, {"deletionSeconds", 60}}));
  EXPECT_EQ(json_of(Effects())["time"], json({{"migrationSeconds", nullptr}, {"deletionSeconds", nullptr}}));
}

}  // namespace

}  // namespace kots_export::ui
