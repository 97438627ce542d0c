#include <kots_export/helm/manifest_diff.h>

#include <gmock/gmock.h>

namespace kots_export::helm {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kSecret =
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {key: hunter2}\n";

std::string ingress(const std::string& version, const std::string& backend) {
  return "---\n# Source: a.yaml\napiVersion: " + version +
         "\nkind: Ingress\nmetadata: {name: web}\nspec:\n  backend:\n" + backend + "  tls: []\n";
}

TEST(ManifestDiff, ShowsTheLinesThatDifferBelowTheirObject) {
  EXPECT_THAT(
      manifest_diff(kSecret + ingress("extensions/v1beta1", "    serviceName: a\n    servicePort: 80\n"),
                    kSecret + ingress("networking.k8s.io/v1", "    service: {}\n")),
      ElementsAre("Ingress web: extensions/v1beta1 -> networking.k8s.io/v1",
                  "- apiVersion: extensions/v1beta1", "+ apiVersion: networking.k8s.io/v1",
                  "-     serviceName: a", "-     servicePort: 80", "+     service: {}"));
}

TEST(ManifestDiff, ShowsADocumentThatWentOrCame) {
  const std::string policy =
      "---\napiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata:\n  name: p\n";
  const std::string other = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n";

  EXPECT_THAT(
      manifest_diff(policy + other, other),
      ElementsAre("PodSecurityPolicy p (policy/v1beta1): taken out", "- ", "- apiVersion: policy/v1beta1",
                  "- kind: PodSecurityPolicy", "- metadata:", "-   name: p"));
  EXPECT_EQ(manifest_diff(other, other + policy).front(), "PodSecurityPolicy p (policy/v1beta1): put in");
}

TEST(ManifestDiff, ShowsNoLineOfWhatMayHoldASecret) {
  const std::string in_list =
      "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: "
      "b}}\n"
      "- apiVersion: ";
  const std::string job = "\n  kind: CronJob\n  metadata: {name: c}\n";
  EXPECT_THAT(manifest_diff(in_list + "batch/v1beta1" + job, in_list + "batch/v1" + job),
              ElementsAre("CronJob c: batch/v1beta1 -> batch/v1"));

  const auto on_one_line = [](const std::string& version) {
    return R"({"apiVersion": ")" + version +
           R"(", "kind": "CronJob", "metadata": {"name": "c"}, "spec": {"env": [{"value": "hunter2"}]}})";
  };
  EXPECT_THAT(manifest_diff(on_one_line("batch/v1beta1"), on_one_line("batch/v1")),
              ElementsAre("CronJob c: batch/v1beta1 -> batch/v1"));

  EXPECT_THAT(manifest_diff(kSecret, ""), ElementsAre("Secret keys (v1): taken out"));
}

TEST(ManifestDiff, IsEmptyWhereNothingDiffers) {
  EXPECT_THAT(manifest_diff(kSecret, kSecret), IsEmpty());
  EXPECT_THAT(manifest_diff("", ""), IsEmpty());
}

}  // namespace

}  // namespace kots_export::helm
