#include <kots_export/ui/masking.h>

#include <gmock/gmock.h>

namespace kots_export::ui {

namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Masking, HidesEveryValueOfASecretAndKeepsItsKeys) {
  const json secret{{"data", {{"password", "cA=="}, {"empty", ""}}}, {"stringData", {{"plain", "p"}}}};

  EXPECT_EQ(masked(secret, "Secret"),
            (json{{"data", {{"password", "***"}, {"empty", "***"}}}, {"stringData", {{"plain", "***"}}}}));
}

TEST(Masking, HidesTheValuesOfAConfigMapForAFileMayHoldAPassword) {
  const json map{{"data", {{"telegraf.conf", "password = \"x\""}}}, {"binaryData", {{"b", "AA=="}}}};

  EXPECT_EQ(masked(map, "ConfigMap"),
            (json{{"data", {{"telegraf.conf", "***"}}}, {"binaryData", {{"b", "***"}}}}));
}

TEST(Masking, LeavesDataOfOtherKindsAndRemovedKeysVisible) {
  EXPECT_EQ(masked({{"data", {{"a", "b"}}}}, "ControllerRevision"), (json{{"data", {{"a", "b"}}}}));
  EXPECT_EQ(masked({{"data", {{"gone", nullptr}}}}, "Secret"), (json{{"data", {{"gone", nullptr}}}}));
}

TEST(Masking, WorksOnAPatchOfASecretAsOnTheWhole) {
  const json patch{{"data", {{".dockerconfigjson", "eyJhdXRocyI6e319"}}}};

  EXPECT_EQ(masked(patch, "Secret"), (json{{"data", {{".dockerconfigjson", "***"}}}}));
}

TEST(Masking, HidesDataThatIsNoMap) {
  EXPECT_EQ(masked({{"data", "raw"}}, "Secret"), (json{{"data", "***"}}));
}

TEST(Masking, HidesWhatKubectlApplyRemembersOfAnyKind) {
  const json object{{"metadata",
                     {{"annotations",
                       {{"kubectl.kubernetes.io/last-applied-configuration", R"({"data":{"p":"cA=="}})"},
                        {"meta.helm.sh/release-name", "circleci-server"}}}}}};

  const json shown = masked(object, "Deployment");

  EXPECT_EQ(shown["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"], "***");
  EXPECT_EQ(shown["metadata"]["annotations"]["meta.helm.sh/release-name"], "circleci-server");
}

TEST(Masking, HidesEnvironmentVariablesThatSoundLikeSecretsWhereverContainersStand) {
  const json container{{"name", "c"},
                       {"env",
                        {{{"name", "POSTGRES_PASSWORD"}, {"value", "hunter2"}},
                         {{"name", "DATABASE_URL"}, {"value", "jdbc:x"}},
                         {{"name", "LICENSE"}, {"value", "l"}},
                         {{"name", "POSTGRES_HOST"}, {"value", "postgresql"}}}}};
  const json pod{{"template", {{"spec", {{"initContainers", {container}}, {"containers", {container}}}}}}};
  const json cron_job{{"spec", {{"jobTemplate", {{"spec", pod}}}}}};

  const std::string shown = masked(cron_job, "CronJob").dump();

  EXPECT_THAT(shown, Not(HasSubstr("hunter2")));
  EXPECT_THAT(shown, Not(HasSubstr("jdbc:x")));
  EXPECT_THAT(shown, Not(HasSubstr("\"l\"")));
  EXPECT_THAT(shown, HasSubstr("postgresql"));
}

TEST(Masking, HidesHeadersOfProbes) {
  const json probe{{"httpHeaders", {{{"name", "Authorization"}, {"value", "Basic dTpw"}}}}};

  EXPECT_EQ(masked({{"httpGet", probe}}, "Deployment")["httpGet"]["httpHeaders"][0]["value"], "***");
}

TEST(Masking, HidesWordsOfCommandsThatSoundLikeSecrets) {
  const json container{{"command", {"sh", "-c"}}, {"args", {"--password=hunter2", "--port=5432"}}};

  const json shown = masked({{"containers", {container}}}, "Job");

  EXPECT_EQ(shown["containers"][0]["args"], (json{"***", "--port=5432"}));
  EXPECT_EQ(shown["containers"][0]["command"], (json{"sh", "-c"}));
}

TEST(Masking, HidesPasswordsInUrlsAndPrivateKeysAnywhere) {
  const json object{{"a", "postgres://user:hunter2@host/db"},
                    {"b", "-----BEGIN RSA PRIVATE KEY-----\nMII"},
                    {"c", "https://circleci.example.com:443/path@x"}};

  EXPECT_EQ(masked(object, "Ingress"),
            (json{{"a", "***"}, {"b", "***"}, {"c", "https://circleci.example.com:443/path@x"}}));
}

TEST(Masking, LeavesManagedFieldsOut) {
  EXPECT_EQ(masked({{"metadata", {{"name", "x"}, {"managedFields", json::array({1})}}}}, "Job"),
            (json{{"metadata", {{"name", "x"}}}}));
}

TEST(Masking, OfNothingIsNothing) { EXPECT_EQ(masked(nullptr, "Secret"), json(nullptr)); }

TEST(Masking, DoesNotChangeTheOriginal) {
  const json secret{{"data", {{"p", "cA=="}}}};

  (void)masked(secret, "Secret");

  EXPECT_EQ(secret["data"]["p"], "cA==");
}

}  // namespace

}  // namespace kots_export::ui
