#include <kots_export/migration/message.h>
#include <kots_export/util/error.h>
#include <kots_export/values/yaml.h>

#include "unit/support/temporary_folder.h"

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using test::TemporaryFolder;
using test::write_bytes;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

MessageOptions options_for(const std::filesystem::path& file) {
  return {.values_file = file,
          .migrator_log = "logs/circle-migrator.log",
          .ns = "circleci-server",
          .release = "circleci-server",
          .registry = {}};
}

NextSteps steps_from(const std::string& yaml, const MessageOptions& options) {
  return next_steps(options, values::parse_yaml(yaml, "test"));
}

std::string problem(const MessageOptions& options) {
  try {
    (void)next_steps(options);
    return "";
  } catch (const Error& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
}

TEST(Message, HasTheCommandsOfTheGuide) {
  const NextSteps steps =
      steps_from("global: {domainName: ci.example.com}", options_for("/srv/output/helm-values.yaml"));

  EXPECT_EQ(steps.login_command,
            "helm registry login cciserver.azurecr.io "
            "--username <image-registry-username>");
  EXPECT_EQ(steps.diff_command,
            "helm diff upgrade circleci-server -n circleci-server -f "
            "/srv/output/helm-values.yaml -C 5 "
            "oci://cciserver.azurecr.io/circleci-server --version 4.0.1");
  EXPECT_EQ(steps.upgrade_command,
            "helm upgrade circleci-server -n circleci-server -f "
            "/srv/output/helm-values.yaml "
            "oci://cciserver.azurecr.io/circleci-server --version 4.0.1 --force");
  EXPECT_EQ(steps.nomad_server_endpoint, "ci.example.com:4647");
}

TEST(Message, TakesVersionReleaseNamespaceAndRegistry) {
  MessageOptions options = options_for("/v.yaml");
  options.ns = "ci";
  options.release = "server";
  options.registry = {.name = "devcharts"};
  options.target_version = "4.1.3";

  const NextSteps steps = steps_from("{}", options);

  EXPECT_EQ(steps.upgrade_command,
            "helm upgrade server -n ci -f /v.yaml "
            "oci://devcharts.azurecr.io/circleci-server --version 4.1.3 --force");
  // What prints the upgrade later has to know them too.
  EXPECT_EQ(steps.nomad_command, "kots-export nomad --terraform-output - --target-version 4.1.3 --dev");
  EXPECT_EQ(steps.report_command, "kots-export report --target-version 4.1.3 --dev");
  EXPECT_EQ(steps.check_command, "kots-export check --target-version 4.1.3 --dev");
  EXPECT_EQ(steps.validate_command, "kots-export validate --target-version 4.1.3 --dev /v.yaml");
}

TEST(Message, HasTheCommandsOfTheStepsAfterTheUpgrade) {
  MessageOptions options = options_for("/v.yaml");
  options.commands = {.context = "prod", .given = " -n circleci-server --context prod"};

  const NextSteps steps = steps_from("{}", options);

  EXPECT_EQ(steps.job_command, "kubectl -n circleci-server --context prod get job circle-migrator");
  EXPECT_EQ(steps.pods_command, "kubectl -n circleci-server --context prod get pods");
  EXPECT_EQ(steps.load_balancer_command,
            "kubectl -n circleci-server --context prod get service circleci-proxy");
  EXPECT_EQ(steps.verify_command, "kots-export verify --wait -n circleci-server --context prod");
  EXPECT_EQ(steps.nomad_command, "kots-export nomad --terraform-output - -n circleci-server --context prod");
  EXPECT_EQ(steps.history_command, "helm history circleci-server -n circleci-server --kube-context prod");
  EXPECT_EQ(steps.helm_rollback_command,
            "helm rollback circleci-server <revision> -n circleci-server --kube-context prod");
  EXPECT_EQ(steps.rollback_command, "kots-export rollback -n circleci-server --context prod");
  EXPECT_EQ(steps.validate_command, "kots-export validate /v.yaml");
}

TEST(Message, NamesTheServiceThatAnInstallationWithAcmHas) {
  EXPECT_THAT(steps_from("nginx: {aws_acm: {enabled: true}}", options_for("v")).load_balancer_command,
              HasSubstr("get service circleci-proxy-acm"));
}

TEST(Message, TakesTheCloudProviderFromTheMachines) {
  const auto provider = [](const char* yaml) { return steps_from(yaml, options_for("v")).cloud_provider; };
  EXPECT_EQ(provider("vm_service: {providers: {ec2: {enabled: true}}}"), "aws");
  EXPECT_EQ(provider("vm_service: {providers: {gcp: {enabled: true}}}"), "gcp");
  EXPECT_EQ(
      provider("{vm_service: {providers: {ec2: {enabled: true}}}, object_storage: {gcs: {enabled: true}}}"),
      "aws");
  EXPECT_EQ(provider("object_storage: {gcs: {enabled: true}}"), "gcp");
  // MinIO speaks S3 too.
  EXPECT_EQ(provider("object_storage: {s3: {enabled: true}}"), "");
}

TEST(Message, LeavesOutForceWhereTheServerRefusesIt) {
  MessageOptions options = options_for("/v.yaml");
  options.helm_force = HelmForce::refused;

  EXPECT_EQ(steps_from("{}", options).upgrade_command,
            "helm upgrade circleci-server -n circleci-server -f /v.yaml "
            "oci://cciserver.azurecr.io/circleci-server --version 4.0.1");
}

TEST(Message, LeavesOutForceWhereOnlyValuesAreApplied) {
  MessageOptions options = options_for("/v.yaml");
  options.upgrade = MessageOptions::Upgrade::of_values;

  EXPECT_THAT(steps_from("{}", options).upgrade_command, EndsWith(" --version 4.0.1"));
}

TEST(Message, QuotesForAShellWhatNeedsIt) {
  MessageOptions options = options_for("/it's here/$HOME.yaml");
  options.ns = "a b";
  options.release = "c;d";
  options.target_version = "4.0.0 --debug";

  EXPECT_THAT(steps_from("{}", options).upgrade_command,
              AllOf(HasSubstr("upgrade 'c;d' -n 'a b' -f '/it'\\''s here/$HOME.yaml' "),
                    HasSubstr("--version '4.0.0 --debug' --force")));
}

TEST(Message, NamesTheFileSoThatTheCommandWorksInAnyFolder) {
  EXPECT_THAT(steps_from("{}", options_for("./output/helm-values.yaml")).upgrade_command,
              HasSubstr("-f " + (std::filesystem::current_path() / "output/helm-values.yaml").string()));
}

TEST(Message, HasNoNomadEndpointWithoutADomain) {
  for (const char* yaml :
       {"{}", "global: {}", "global: {domainName: ''}", "global: {domainName: 1}", "global: x"}) {
    SCOPED_TRACE(yaml);
    EXPECT_EQ(steps_from(yaml, options_for("v")).nomad_server_endpoint, "");
  }
}

TEST(Message, ReadsTheValuesFile) {
  const TemporaryFolder folder;
  write_bytes(folder / "values.yaml", "global:\n  domainName: ci.example.com\n");

  EXPECT_EQ(next_steps(options_for(folder / "values.yaml")).nomad_server_endpoint, "ci.example.com:4647");
}

TEST(Message, SaysWhatIsWrongWithTheFile) {
  const TemporaryFolder folder;
  EXPECT_THAT(problem(options_for(folder / "none.yaml")),
              AllOf(HasSubstr("none.yaml"), HasSubstr("kots-export transform")));
  write_bytes(folder / "list.yaml", "- a\n");
  EXPECT_THAT(problem(options_for(folder / "list.yaml")), HasSubstr("not a values file"));
  write_bytes(folder / "empty.yaml", "");
  EXPECT_THAT(problem(options_for(folder / "empty.yaml")), HasSubstr("not a values file"));
  write_bytes(folder / "broken.yaml", "a: [1\n");
  EXPECT_THAT(problem(options_for(folder / "broken.yaml")), HasSubstr("broken.yaml"));
}

}  // namespace

}  // namespace kots_export::migration
