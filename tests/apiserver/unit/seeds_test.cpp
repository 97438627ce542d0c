#include <kots_export/util/base64.h>
#include <kots_export/util/gzip.h>

#include "apiserver/unit/client.h"
#include "apiserver/yaml.h"

#include <gtest/gtest.h>

namespace kots_export::apiserver {
namespace {

const std::filesystem::path kData = KOTS_EXPORT_TEST_DATA;
constexpr const char* kNamespace = "circleci-server";

Json decode_release(const Json& secret) {
  const std::string outer = *util::base64_decode(secret["data"]["release"].get<std::string>());
  return Json::parse(util::gunzip(*util::base64_decode(outer)));
}

class InstallationOnEveryMinor : public testing::TestWithParam<int> {};

TEST_P(InstallationOnEveryMinor, LoadsAndHasEveryKindOfTheMigration) {
  ApiServerOptions options;
  options.minor = GetParam();
  options.seed_files = {kData / "installation-3.x.yaml"};
  const ApiServer server(options);
  for (const char* kind : {"ServiceAccount", "ConfigMap", "Job", "DaemonSet", "Secret", "Role", "RoleBinding",
                           "Service", "CronJob", "Deployment", "StatefulSet", "NetworkPolicy",
                           "PersistentVolumeClaim", "PodDisruptionBudget", "Ingress"}) {
    EXPECT_FALSE(server.list(kind, kNamespace).empty()) << kind;
  }
}

INSTANTIATE_TEST_SUITE_P(Minors, InstallationOnEveryMinor, testing::Values(16, 20, 23, 33));

TEST(Seeds, InstallationHasARunningFrontendAndAReleaseOfVersion3) {
  ApiServerOptions options;
  options.seed_files = {kData / "installation-3.x.yaml"};
  const ApiServer server(options);
  const auto secret = server.get("Secret", kNamespace, "sh.helm.release.v1.circleci-server.v1");
  ASSERT_TRUE(secret);
  EXPECT_EQ((*secret)["type"], "helm.sh/release.v1");
  EXPECT_EQ((*secret)["metadata"]["labels"],
            Json({{"name", "circleci-server"}, {"owner", "helm"}, {"status", "deployed"}, {"version", "1"}}));
  const Json release = decode_release(*secret);
  EXPECT_EQ(release["chart"]["metadata"]["version"], "3.4.4");
  EXPECT_EQ(release["config"]["postgresql"]["postgresqlPassword"], "p@ss w0rd'\"&%+#");
  EXPECT_NE(release["config"]["keyset"]["signing"].get<std::string>().find("\"kid\": null\n"),
            std::string::npos);
  EXPECT_EQ(release["config"]["custom"]["big"], 9223372036854775807);
  EXPECT_TRUE(release["config"]["mongodb"]["auth"]["password"].is_null());
  EXPECT_NE(release["manifest"].get<std::string>().find("circleci-server-kong"), std::string::npos);
  for (const Json& pod : server.list("Pod", kNamespace))
    EXPECT_EQ(pod["status"]["phase"], "Running") << pod["metadata"];
}

TEST(Seeds, NothingOfTheInstallationIsCollectedOrRerunAtTheStart) {
  ApiServerOptions options;
  options.seed_files = {kData / "installation-3.x.yaml"};
  const ApiServer server(options);
  ASSERT_TRUE(server.wait_until([&] {
    const auto claim = server.get("PersistentVolumeClaim", kNamespace, "data-postgresql-0");
    return claim && (*claim)["status"]["phase"] == "Bound";
  }));
  EXPECT_EQ(server.list("Pod", kNamespace).size(), 3U);
  EXPECT_EQ(server.list("ReplicaSet", kNamespace).size(), 1U);
}

TEST(Seeds, ObjectsKeepUidAndStatusAndListsAreUnpacked) {
  ApiServerOptions options;
  options.seed = R"(
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata: {name: p, namespace: made, uid: 00000000-0000-4000-8000-00000000000a}
    spec: {containers: [{name: c, image: i}]}
    status: {phase: Failed}
)";
  const ApiServer server(options);
  const auto pod = server.get("Pod", "made", "p");
  ASSERT_TRUE(pod);
  EXPECT_EQ((*pod)["metadata"]["uid"], "00000000-0000-4000-8000-00000000000a");
  EXPECT_EQ((*pod)["status"], Json({{"phase", "Failed"}}));
  EXPECT_TRUE(server.get("Namespace", "", "made"));
}

TEST(Seeds, MistakesAreSaidWithTheObject) {
  ApiServerOptions options;
  options.seed = "apiVersion: v1\nkind: Secret\nmetadata: {name: Bad_Name}\n";
  EXPECT_THROW(
      {
        try {
          const ApiServer server(options);
        } catch (const std::runtime_error& error) {
          EXPECT_NE(std::string(error.what()).find("Bad_Name"), std::string::npos);
          throw;
        }
      },
      std::runtime_error);
}

TEST(Seeds, TwentyThousandObjectsAreServed) {
  ApiServerOptions options;
  options.seed = R"({"apiVersion":"testing/v1","kind":"Repeat","count":20000,
    "object":{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c%d","namespace":"many"},"data":{"k":"v%d"}}})";
  const ApiServer server(options);
  const Json page = Client(server).get("/api/v1/namespaces/many/configmaps?limit=500").json();
  EXPECT_EQ(page["items"].size(), 500U);
  EXPECT_GE(page["metadata"]["remainingItemCount"], 19500);
}

struct Scalar {
  const char* text;
  Json value;
};

TEST(Yaml, PlainScalarsHaveTheTypesOfYaml11) {
  const Scalar cases[] = {{"yes", true},
                          {"Off", false},
                          {"~", nullptr},
                          {"", nullptr},
                          {"'yes'", "yes"},
                          {"0x1F", 31},
                          {"010", 8},
                          {"1_000", 1000},
                          {"-5", -5},
                          {"1.5", 1.5},
                          {"1e3", 1000.0},
                          {"12:30", "12:30"},
                          {"00123x", "00123x"},
                          {"2022-01-01", "2022-01-01"},
                          {"=", "="},
                          {"18446744073709551615", 18446744073709551615ULL},
                          {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()}};
  for (const Scalar& scalar : cases) {
    SCOPED_TRACE(scalar.text);
    EXPECT_EQ(parse_yaml("v: " + std::string(scalar.text))["v"], scalar.value);
  }
}

}  // namespace
}  // namespace kots_export::apiserver
