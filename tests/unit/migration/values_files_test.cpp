#include <kots_export/migration/values_files.h>

#include "unit/migration/migration_fixture.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace kots_export::migration {

namespace {

using test::read_bytes;
using test::write_bytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Action = ValuesPlace::Action;

class ValuesFiles : public MigrationTest {
 protected:
  ValuesFiles() { std::filesystem::create_directories(paths.output()); }

  static ValuesPlan plan_of(const std::string& v4, std::vector<Correction> corrections = {}) {
    return {.v3 = Secret<std::string>("v3: 1\n"),
            .v4 = Secret<std::string>(v4),
            .corrections = std::move(corrections)};
  }
  void write(const std::string& v4, OverwriteValues overwrite = OverwriteValues::no) {
    write_values(context, plan_of(v4), paths, overwrite);
  }
  void keep(std::vector<Correction> corrections) {
    write_values(context, plan_of("a: 1\n", std::move(corrections)), paths, OverwriteValues::no);
  }
  void edit(const std::string& content) { write_bytes(paths.values(), content); }
  Action action(const std::string& v4, OverwriteValues overwrite = OverwriteValues::no) const {
    return place_values(paths, Secret<std::string>(v4), overwrite).action;
  }
  std::vector<std::string> kept() {
    std::vector<std::string> texts;
    for (const Correction& correction : kept_corrections(context, paths))
      texts.push_back(correction.path + "=" + correction.yaml.reveal());
    return texts;
  }

  test::TemporaryFolder folder;
  Paths paths{.root = folder.path()};
};

TEST_F(ValuesFiles, OfARunAreReplacedByTheNextOne) {
  EXPECT_EQ(action("a: 1\n"), Action::create);
  write("a: 1\n");
  EXPECT_EQ(action("a: 1\n"), Action::leave);
  EXPECT_EQ(action("a: 2\n"), Action::replace);

  write("a: 2\n");

  EXPECT_EQ(read_bytes(paths.values()), "a: 2\n");
  EXPECT_EQ(read_bytes(paths.values().string() + ".1"), "a: 1\n");
  EXPECT_FALSE(std::filesystem::exists(paths.values_new()));
}

TEST_F(ValuesFiles, ThatWereEditedStayAndTheNewOnesGoBeside) {
  write("a: 1\n");
  edit("a: mine\n");

  EXPECT_EQ(action("a: 1\n"), Action::beside);
  write("a: 1\n");
  write("a: 2\n");

  EXPECT_EQ(read_bytes(paths.values()), "a: mine\n");
  EXPECT_EQ(read_bytes(paths.values_new()), "a: 2\n");
  EXPECT_EQ(action("a: 2\n"), Action::beside);
}

TEST_F(ValuesFiles, ThatWereEditedAreReplacedWhenToldAndKeptAsACopy) {
  write("a: 1\n");
  edit("a: mine\n");
  write("a: 2\n");

  EXPECT_EQ(action("a: 2\n", OverwriteValues::yes), Action::overwrite);
  write("a: 2\n", OverwriteValues::yes);

  EXPECT_EQ(read_bytes(paths.values()), "a: 2\n");
  EXPECT_EQ(read_bytes(paths.values().string() + ".1"), "a: mine\n");
  EXPECT_FALSE(std::filesystem::exists(paths.values_new())) << "it is the values file now";
}

TEST_F(ValuesFiles, TakenFromBesideAreARunsOwn) {
  write("a: 1\n");
  edit("a: mine\n");
  write("a: 2\n");
  std::filesystem::rename(paths.values_new(), paths.values());

  EXPECT_EQ(action("a: 3\n"), Action::replace);
}

TEST_F(ValuesFiles, WhoseEditWasTakenBackAreARunsOwn) {
  write("a: 1\n");
  edit("a: mine\n");
  write("a: 2\n");
  edit("a: 1\n");

  EXPECT_EQ(action("a: 2\n"), Action::replace);
}

TEST_F(ValuesFiles, WithoutARecordCountAsEditedUnlessTheyAreEqual) {
  write("a: 1\n");
  std::filesystem::remove(paths.values_record());
  EXPECT_EQ(action("a: 2\n"), Action::beside);
  EXPECT_EQ(action("a: 1\n"), Action::leave);

  write_bytes(paths.values_record(), R"({"kind":"ValuesRec)");
  EXPECT_EQ(action("a: 2\n"), Action::beside);

  write("a: 1\n");
  EXPECT_EQ(action("a: 2\n"), Action::replace) << "equal, so recorded again";
}

TEST_F(ValuesFiles, OfACopiedFolderAreKnownThere) {
  write("a: 1\n");
  const test::TemporaryFolder other;
  std::filesystem::copy(paths.output(), other / "output", std::filesystem::copy_options::recursive);

  const Paths there{.root = other.path()};
  EXPECT_EQ(place_values(there, Secret<std::string>("a: 2\n"), OverwriteValues::no).action, Action::replace);
}

// The record is there before the file: a run that is cut off in between leaves no file that counts as edited.
TEST_F(ValuesFiles, OfARunThatWasCutOffAreItsOwn) {
  write("a: 1\n");
  write("a: 2\n");
  edit("a: 1\n");

  EXPECT_EQ(action("a: 3\n"), Action::replace);
  write("a: 3\n");
  edit("a: 2\n");
  EXPECT_EQ(action("a: 3\n"), Action::beside) << "what stood there two runs ago was put there by somebody";
}

TEST_F(ValuesFiles, InUseAreTheOnesThatStand) {
  write("a: 1\n");
  edit("a: mine\n");
  ValuesPlan plan = plan_of("a: 2\n");

  plan.place = place_values(paths, plan.v4, OverwriteValues::no);
  EXPECT_EQ(plan.in_use().reveal(), "a: mine\n");
  EXPECT_EQ(plan.place.file, paths.values_new());
  tell_place(observer, plan, paths);
  EXPECT_EQ(observer.argument("values.edited", "file"), paths.values());
  EXPECT_EQ(observer.find("values.edited-not-corrected"), nullptr);

  plan.place = place_values(paths, plan.v4, OverwriteValues::yes);
  EXPECT_EQ(plan.in_use().reveal(), "a: 2\n");
}

TEST_F(ValuesFiles, ThatWereEditedAreNotCorrectedAndThatIsSaid) {
  edit("a: mine\n");
  ValuesPlan plan = plan_of("a: 2\n", {{.path = "c.yaml", .yaml = Secret<std::string>("a: 2\n")}});
  plan.place = place_values(paths, plan.v4, OverwriteValues::no);

  tell_place(observer, plan, paths);

  EXPECT_EQ(observer.argument("values.edited-not-corrected", "files"), "c.yaml");
}

TEST_F(ValuesFiles, OnAPipeAreNotRead) {
  ASSERT_EQ(::mkfifo(paths.values().c_str(), 0600), 0);

  EXPECT_EQ(action("a: 1\n"), Action::create);
}

TEST_F(ValuesFiles, KeepCorrectionsPrivatelyForTheSameInstallation) {
  EXPECT_THAT(kept(), IsEmpty());
  keep({{.path = "one.yaml", .yaml = Secret<std::string>("b: 1\n")},
        {.path = "two.yaml", .yaml = Secret<std::string>("b: 2\n")}});

  EXPECT_THAT(kept(), ElementsAre("one.yaml=b: 1\n", "two.yaml=b: 2\n"));
  EXPECT_EQ(std::filesystem::status(paths.values_record()).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);

  keep({});
  EXPECT_THAT(kept(), IsEmpty());
}

TEST_F(ValuesFiles, KeepNoCorrectionsForAnotherInstallation) {
  context.namespace_uid = "uid-1";
  keep({{.path = "one.yaml", .yaml = Secret<std::string>("b: 1\n")}});

  context.namespace_uid = "uid-2";
  EXPECT_THAT(kept(), IsEmpty());
  EXPECT_EQ(observer.argument("values.corrections-of-another", "files"), "one.yaml");
  context.namespace_uid = "";  // not to be read: the names have to do
  EXPECT_THAT(kept(), ElementsAre("one.yaml=b: 1\n"));
  context.release = "other";
  EXPECT_THAT(kept(), IsEmpty());
}

TEST_F(ValuesFiles, SayWhatIsWrongWithTheRecordOfCorrections) {
  for (
      const char* broken :
      {"", "{", "[]", "{}", R"({"kind":"ValuesRecord","apiVersion":"kots-export/v9"})",
       R"({"kind":"ValuesRecord","apiVersion":"kots-export/v1","namespace":"n","namespaceUid":"","release":"r",
            "written":[1],"corrections":[]})",
       R"({"kind":"ValuesRecord","apiVersion":"kots-export/v1","namespace":"n","namespaceUid":"","release":"r",
            "written":[],"corrections":[{"path":"p"}]})"}) {
    SCOPED_TRACE(broken);
    write_bytes(paths.values_record(), broken);
    EXPECT_THAT(problem([&] { (void)kept(); }), HasSubstr("helm-values.record.json"));
  }
}

TEST_F(ValuesFiles, OfCorrectionsHoldAMap) {
  write_bytes(folder / "c.yaml", "- a\n");

  EXPECT_THAT(problem([&] { (void)read_correction((folder / "c.yaml").string()); }), HasSubstr("not a map"));
  EXPECT_THAT(problem([&] { (void)read_correction((folder / "no.yaml").string()); }),
              HasSubstr("no such file"));
}

}  // namespace

}  // namespace kots_export::migration
