#include <kots_export/migration/export.h>
#include <kots_export/util/base64.h>

#include "unit/migration/migration_fixture.h"

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Export : public MigrationTest {
 protected:
  void add_revision(int revision, const std::string& chart_version, const json& config = {{"a", "x"}}) {
    server.seed(json{
        {"apiVersion", "testing/v1"},
        {"kind", "HelmRelease"},
        {"name", "circleci-server"},
        {"namespace", kNs},
        {"revision", revision},
        {"status", "deployed"},
        {"chartName", "circleci-server"},
        {"chartVersion", chart_version},
        {"config", config},
        {"manifest",
         ""}}.dump());
  }
  void damage(int revision) {
    server.put(
        {{"apiVersion", "v1"},
         {"kind", "Secret"},
         {"type", "helm.sh/release.v1"},
         {"metadata",
          {{"name", "sh.helm.release.v1.circleci-server.v" + std::to_string(revision)}, {"namespace", kNs}}},
         {"data", {{"release", util::base64_encode("damaged")}}}});
  }
  helm::Release read(std::optional<int> revision = std::nullopt) {
    return read_release(context, {.revision = revision});
  }
};

TEST_F(Export, ReadsRevisionOneEvenWhereThereAreNewer) {
  add_revision(1, "3.4.4");
  add_revision(2, "4.0.0");

  EXPECT_EQ(read().revision, 1);
  EXPECT_EQ(observer.find("export.other-revision"), nullptr);
}

TEST_F(Export, ReadsTheRevisionThatWasAskedFor) {
  add_revision(1, "3.4.4");
  add_revision(2, "3.4.5");

  EXPECT_EQ(read(2).revision, 2);
}

TEST_F(Export, WithoutRevisionOneTakesTheNewestOfA3xChartAndSaysSo) {
  add_revision(2, "3.3.0");
  add_revision(9, "3.4.4");
  add_revision(10, "4.0.0");

  EXPECT_EQ(read().revision, 9);
  EXPECT_EQ(observer.argument("export.other-revision", "revision"), "9");
}

TEST_F(Export, PassesOverARevisionThatIsDamagedAndSaysSo) {
  add_revision(2, "3.4.4");
  damage(3);

  EXPECT_EQ(read().revision, 2);
  EXPECT_EQ(observer.argument("export.revision-unreadable", "secret"),
            "sh.helm.release.v1.circleci-server.v3");
}

TEST_F(Export, DoesNotPassOverADamagedRevisionOne) {
  damage(1);
  add_revision(2, "3.4.4");

  EXPECT_THAT(problem([&] { (void)read(); }),
              AllOf(HasSubstr("sh.helm.release.v1.circleci-server.v1"), HasSubstr("damaged")));
}

TEST_F(Export, ListsWhatIsThereWhereNothingFits) {
  add_revision(2, "4.0.0");
  add_revision(3, "4.0.1");

  EXPECT_THAT(problem([&] { (void)read(); }),
              AllOf(HasSubstr("no revision of a 3.x chart"), HasSubstr("2 (deployed), 3 (deployed)")));
  EXPECT_THAT(problem([&] { (void)read(7); }),
              AllOf(HasSubstr("no revision 7"), HasSubstr("2 (deployed), 3 (deployed)")));
}

TEST_F(Export, SaysThatThereIsNothing) {
  EXPECT_THAT(problem([&] { (void)read(); }), HasSubstr("none"));
}

TEST_F(Export, DoesNotTakeChart30ForA3xChartByItsFirstDigit) {
  add_revision(2, "30.1.0");

  EXPECT_NE(problem([&] { (void)read(); }), "");
}

TEST_F(Export, WritesTheUserValuesAsYaml) {
  add_revision(1, "3.4.4", {{"domainName", "ci.example.com"}, {"key", "yes"}, {"lines", "a\nb: null\n"}});

  EXPECT_EQ(values_yaml(read()), "domainName: ci.example.com\nkey: 'yes'\nlines: |\n  a\n  b: null\n");
}

TEST_F(Export, WritesAnEmptyMapWhereTheUserSetNothing) {
  add_revision(1, "3.4.4", json::object());

  EXPECT_EQ(values_yaml(read()), "{}\n");
}

}  // namespace

}  // namespace kots_export::migration
