#include <kots_export/helm/release.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/util/gzip.h>
#include <kots_export/values/json.h>

#include <gmock/gmock.h>

namespace kots_export::helm {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using util::base64_encode;
using util::gzip;

constexpr const char* kJson = R"({
  "name": "circleci-server", "namespace": "circleci", "version": 1, "info": {"status": "deployed"},
  "chart": {"metadata": {"name": "circleci-server", "version": "3.4.4"}, "templates": [{"name": "x"}]},
  "config": {"z": 1, "a": 12345678901234567890, "s": "yes", "f": 1e10},
  "manifest": "---\nkind: Service\n"})";

// A release Secret's data.release around `json`.
std::string packed(std::string_view json) { return base64_encode(base64_encode(gzip(json))); }

// Why a release is refused; "" where it is not.
std::string refusal(const std::string& data) {
  try {
    (void)decode_release(data);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Release, IsReadThroughBothLayersAndGzip) {
  const Release release = decode_release(packed(kJson));

  EXPECT_EQ(release.name, "circleci-server");
  EXPECT_EQ(release.ns, "circleci");
  EXPECT_EQ(release.revision, 1);
  EXPECT_EQ(release.status, "deployed");
  EXPECT_EQ(release.chart_name, "circleci-server");
  EXPECT_EQ(release.chart_version, "3.4.4");
  EXPECT_EQ(release.manifest, "---\nkind: Service\n");
}

TEST(Release, ValuesKeepTheirOrderAndTheirDigits) {
  EXPECT_EQ(values::to_json(decode_release(packed(kJson)).config),
            R"({"z":1,"a":12345678901234567890,"s":"yes","f":1e10})");
}

TEST(Release, WithoutGzipIsPlainJson) {
  EXPECT_EQ(decode_release(base64_encode(base64_encode(kJson))).chart_version, "3.4.4");
}

TEST(Release, WithoutUserValuesHasAnEmptyMap) {
  EXPECT_EQ(values::to_json(decode_release(packed(R"({"name": "r"})")).config), "{}");
  EXPECT_EQ(values::to_json(decode_release(packed(R"({"config": null})")).config), "{}");
}

TEST(Release, SaysWhichLayerIsDamaged) {
  const std::string gzipped = gzip(kJson);
  EXPECT_THAT(refusal("not base64!"), HasSubstr("Kubernetes' base64"));
  EXPECT_THAT(refusal(packed(kJson).substr(0, 101)), HasSubstr("Kubernetes' base64"));
  EXPECT_THAT(refusal(base64_encode("not base64!")), HasSubstr("Helm's base64"));
  EXPECT_THAT(refusal(base64_encode(base64_encode(gzipped).substr(0, 101))), HasSubstr("Helm's base64"));
  EXPECT_THAT(refusal(base64_encode(base64_encode(gzipped.substr(0, 50)))),
              HasSubstr("gzip data is cut short"));
  std::string damaged = gzipped;
  damaged[gzipped.size() / 2] = static_cast<char>(~damaged[gzipped.size() / 2]);
  EXPECT_THAT(refusal(base64_encode(base64_encode(damaged))), HasSubstr("gzip data"));
  EXPECT_THAT(refusal(packed(R"({"name": )")), HasSubstr("JSON"));
  EXPECT_THAT(refusal(packed("[1]")), HasSubstr("no JSON object"));
  EXPECT_THAT(refusal(""), HasSubstr("damaged"));
}

TEST(Release, WhoseValuesAreNoMapIsRefused) {
  for (const char* config : {"[1]", "\"text\"", "1", "true"}) {
    SCOPED_TRACE(config);
    EXPECT_THAT(refusal(packed(std::string(R"({"config": )") + config + "}")),
                AllOf(HasSubstr("values"), HasSubstr("not a map")));
  }
}

TEST(Release, NeverShowsAValueInAnError) {
  EXPECT_EQ(refusal(packed(R"({"config": {"password": "hunter2", }})")).find("hunter2"), std::string::npos);
}

TEST(Release, EncodesWhatItDecodes) {
  const Release release = decode_release(packed(kJson));

  const Release again = decode_release(encode_release(release));

  EXPECT_EQ(again.name, release.name);
  EXPECT_EQ(again.ns, release.ns);
  EXPECT_EQ(again.revision, release.revision);
  EXPECT_EQ(again.status, release.status);
  EXPECT_EQ(again.chart_name, release.chart_name);
  EXPECT_EQ(again.chart_version, release.chart_version);
  EXPECT_EQ(values::to_json(again.config), values::to_json(release.config));
  EXPECT_EQ(again.manifest, release.manifest);
}

TEST(Release, WithAnotherManifestKeepsAllElse) {
  const std::string json =
      R"({"z":1,"manifest":"old","chart":{"templates":[{"name":"x","data":"e30="}]},"f":1e10,"n":12345678901234567890})";

  const std::string changed = with_manifest(packed(json), "---\nnew: \"ü\"\n");

  const auto inner = util::base64_decode(util::base64_decode(changed).value()).value();
  EXPECT_EQ(
      util::gunzip(inner),
      R"({"z":1,"manifest":"---\nnew: \"ü\"\n","chart":{"templates":[{"name":"x","data":"e30="}]},"f":1e10,)"
      R"("n":12345678901234567890})");
}

}  // namespace

}  // namespace kots_export::helm
