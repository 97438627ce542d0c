#include <kots_export/migration/names.h>
#include <kots_export/migration/transform.h>
#include <kots_export/values/yaml.h>

#include "unit/support/recording_observer.h"
#include "unit/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace kots_export::migration {

namespace {

using test::TemporaryFolder;
using test::write_bytes;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

// The rules themselves are tested in unit/values; here is what the step adds.
class TransformStep : public ::testing::Test {
 protected:
  values::Value transform(
      const std::string& yaml = "domainName: ci.example.com\nmongodb: {internal: true}\n") {
    return transform_values(values::parse_yaml(yaml, "test"),
                            {.license = Secret<std::string>("4x'license"),
                             .registry = registry_,
                             .earlier_output = folder_ / "helm-values.yaml"},
                            observer_);
  }
  std::string password() { return values::string_at(transform(), {"mongodb", "auth", "password"}); }
  void write_earlier(const std::string& yaml) { write_bytes(folder_ / "helm-values.yaml", yaml); }

  TemporaryFolder folder_;
  migration::Registry registry_;
  test::RecordingObserver observer_;
};

TEST_F(TransformStep, MakesANewMongodbPasswordEachTime) {
  const std::string first = password();

  EXPECT_THAT(first, MatchesRegex("[A-Za-z0-9_]{16}"));
  EXPECT_NE(password(), first);
}

TEST_F(TransformStep, KeepsTheMongodbPasswordOfAnEarlierRun) {
  write_earlier("mongodb: {auth: {password: made-before}}\n");

  EXPECT_EQ(password(), "made-before");
}

TEST_F(TransformStep, MakesANewOneWhereTheEarlierOutputHasNone) {
  for (const char* yaml :
       {"", "{}", "mongodb: {}", "mongodb: {auth: {password: ''}}", "mongodb: {auth: {password: 1}}"}) {
    SCOPED_TRACE(yaml);
    write_earlier(yaml);
    EXPECT_THAT(password(), MatchesRegex("[A-Za-z0-9_]{16}"));
  }
}

// To open it for reading would wait for a writer, which we are going to be.
TEST_F(TransformStep, ReadsNoEarlierOutputFromAPipe) {
  ASSERT_EQ(::mkfifo((folder_ / "helm-values.yaml").c_str(), 0600), 0);

  EXPECT_THAT(password(), MatchesRegex("[A-Za-z0-9_]{16}"));
}

TEST_F(TransformStep, SaysThatTheEarlierOutputCannotBeRead) {
  write_earlier("mongodb: [\n");

  EXPECT_THAT(password(), MatchesRegex("[A-Za-z0-9_]{16}"));
  EXPECT_THAT(observer_.argument("transform.earlier-output-unreadable", "file"),
              HasSubstr("helm-values.yaml"));
}

TEST_F(TransformStep, PassesLicenseAndRegistryOn) {
  registry_ = {.name = "devcharts"};
  const values::Value v4 = transform();

  EXPECT_EQ(values::string_at(v4, {"global", "license"}), "4xlicense");
  EXPECT_EQ(values::string_at(v4, {"global", "container", "registry"}), "devcharts.azurecr.io");
}

TEST_F(TransformStep, TellsWhatARuleCouldNotDo) {
  (void)transform(
      "domainName: ci.example.com\ntelegraf: {config: "
      "{custom_config_file: not base64!}}\n");

  EXPECT_THAT(observer_.argument("transform.warning", "text"), HasSubstr("custom_config_file"));
}

TEST_F(TransformStep, NamesTheCommandThatShowsTheWarnings) {
  validate_values("unknown: 1\n", "out file.yaml", "4.1.0", observer_);

  EXPECT_THAT(observer_.argument("values.warnings", "warnings"), MatchesRegex("[0-9]+ more warnings?"));
  EXPECT_EQ(observer_.argument("values.warnings", "file"), "out file.yaml");
  EXPECT_EQ(observer_.argument("values.warnings", "command"),
            "kots-export validate --target-version 4.1.0 'out file.yaml'");
}

TEST_F(TransformStep, OfStandardOutputNamesACommandThatReadsIt) {
  validate_values("unknown: 1\n", "-", std::string(names::kTargetVersion), observer_);

  EXPECT_EQ(observer_.argument("values.warnings", "file"), "standard output");
  EXPECT_EQ(observer_.argument("values.warnings", "command"), "kots-export validate -");
}

}  // namespace

}  // namespace kots_export::migration
