#include <kots_export/migration/fix_manifest.h>
#include <kots_export/util/base64.h>

#include "unit/migration/migration_fixture.h"

#include <random>

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kOldCronJob = "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: cleaner}\n";
constexpr const char* kNewCronJob = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: cleaner}\n";

json revision(int number, const std::string& status, const std::string& manifest) {
  return {{"apiVersion", "testing/v1"}, {"kind", "HelmRelease"},   {"name", "circleci-server"},
          {"namespace", kNs},           {"revision", number},      {"status", status},
          {"chartName", "x"},           {"chartVersion", "3.4.4"}, {"manifest", manifest}};
}

apiserver::ApiServerOptions of_kubernetes_1_25() {
  apiserver::ApiServerOptions options = with_namespace();
  options.minor = 25;
  return options;
}

class FixManifest : public MigrationTest {
 protected:
  FixManifest() : MigrationTest(of_kubernetes_1_25()) {}

  void put_revision(int number, const std::string& status, const std::string& manifest) {
    server.seed(revision(number, status, manifest).dump());
  }
  json secret_of(int number) const {
    return server.get("Secret", kNs, helm::secret_name("circleci-server", number)).value();
  }
  std::string manifest_of(int number) const {
    return helm::decode_release(secret_of(number)["data"]["release"].get<std::string>()).manifest;
  }
};

TEST_F(FixManifest, ChangesTheManifestAndNothingElseOfTheSecret) {
  put_revision(1, "deployed", kOldCronJob);
  const json before = secret_of(1);

  run_fix_manifest(context, plan_fix_manifest(context));

  json after = secret_of(1);
  EXPECT_EQ(manifest_of(1), kNewCronJob);
  EXPECT_NE(after["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"]);
  for (const char* changed : {"/data/release", "/metadata/resourceVersion", "/metadata/managedFields"}) {
    const json::json_pointer field(changed);
    if (before.contains(field)) after[field] = before[field];
    if (!before.contains(field) && after.contains(field)) after["metadata"].erase(field.back());
  }
  EXPECT_EQ(after, before);
}

TEST_F(FixManifest, IsOfTheNewestRevisionThatIsDeployed) {
  put_revision(1, "superseded", kOldCronJob);
  put_revision(2, "deployed", kOldCronJob);
  put_revision(3, "failed", kOldCronJob);

  EXPECT_THAT(changes_of(plan_fix_manifest(context)),
              ElementsAre("patch Secret sh.helm.release.v1.circleci-server.v2"));
}

TEST_F(FixManifest, PlansNothingWhereEveryVersionIsServed) {
  put_revision(1, "deployed", kNewCronJob);

  const change::Plan plan = plan_fix_manifest(context);

  EXPECT_THAT(plan.changes, IsEmpty());
  EXPECT_EQ(plan.already_right, 1U);
}

TEST_F(FixManifest, ASecondTimePlansNothing) {
  put_revision(1, "deployed", kOldCronJob);
  run_fix_manifest(context, plan_fix_manifest(context));

  // Of the same context: what it knew of the manifest is out of date.
  EXPECT_THAT(plan_fix_manifest(context).changes, IsEmpty());
}

TEST_F(FixManifest, MapsWhatItCanAndTellsWhatItCannot) {
  put_revision(
      1, "deployed",
      std::string(kOldCronJob) + "---\napiVersion: example.com/v1\nkind: Bucket\nmetadata: {name: b}\n");

  const helm::ServedManifest& served = served_manifest(context);

  EXPECT_THAT(served.mapped, SizeIs(1));
  ASSERT_THAT(served.unmapped, SizeIs(1));
  EXPECT_EQ(served.unmapped.front().object.name, "b");
}

TEST_F(FixManifest, DoesNotOverwriteWhatSomebodyWroteSinceThePlan) {
  put_revision(1, "deployed", kOldCronJob);
  const change::Plan plan = plan_fix_manifest(context);
  put_revision(1, "deployed", std::string(kOldCronJob) + "# of somebody else\n");
  const json theirs = secret_of(1);

  EXPECT_NE(problem([&] { run_fix_manifest(context, plan); }), "");

  EXPECT_EQ(secret_of(1), theirs);
}

TEST_F(FixManifest, RefusesWhatWasChangedWhileItWasLookedAt) {
  put_revision(1, "deployed", kOldCronJob);
  (void)served_manifest(context);
  put_revision(1, "deployed", std::string(kOldCronJob) + "# of somebody else\n");

  EXPECT_THAT(problem([&] { (void)plan_fix_manifest(context); }), HasSubstr("was changed while"));
}

// Letters of which gzip makes three quarters, and Helm's base64 as many again.
std::string incompressible(std::size_t size) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::minstd_rand random(1);
  std::string text(size, ' ');
  for (char& letter : text) letter = kLetters[random() % kLetters.size()];
  return text;
}

TEST_F(FixManifest, KeepsTheSecretBelowAMebibyte) {
  constexpr std::size_t kMebibyte = std::size_t{1} << 20;
  const std::string ingress =
      "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: web}\nspec:\n"
      "  backend: {serviceName: a, servicePort: 80}\n# ";
  put_revision(1, "deployed", ingress);
  json secret = secret_of(1);
  const std::string small = secret["data"]["release"];
  // As it is, the largest that Kubernetes takes, but for a few bytes.
  std::size_t size = 0;
  for (std::size_t length = 0; size + 16 < kMebibyte || size > kMebibyte;) {
    length += kMebibyte - 8 - size;  // modulo 2^64: downwards, too
    secret["data"]["release"] = helm::with_manifest(small, ingress + incompressible(length));
    size = util::base64_decode(secret["data"]["release"].get<std::string>())->size();
  }
  server.put(secret);

  EXPECT_THAT(problem([&] { (void)plan_fix_manifest(context); }),
              AllOf(HasSubstr("sh.helm.release.v1.circleci-server.v1 has no room"), HasSubstr("1048576")));
}

}  // namespace

}  // namespace kots_export::migration
