#include <kots_export/ui/next_steps.h>

#include <sstream>

#include <gmock/gmock.h>

namespace kots_export::ui {

namespace {

using migration::HelmForce;
using migration::NextSteps;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

NextSteps some() {
  return {.values_file = "output/helm-values.yaml",
          .domain = "ci.example.com",
          .cloud_provider = "aws",
          .migrator_log = "logs/circle-migrator.log",
          .job_command = "kubectl get job",
          .validate_command = "kots-export validate",
          .login_command = "helm registry login",
          .diff_command = "helm diff",
          .upgrade_command = "helm upgrade",
          .verify_command = "kots-export verify",
          .pods_command = "kubectl get pods",
          .load_balancer_command = "kubectl get service circleci-proxy",
          .nomad_server_endpoint = "ci.example.com:4647",
          .nomad_command = "kots-export nomad",
          .report_command = "kots-export report",
          .history_command = "helm history",
          .helm_rollback_command = "helm rollback",
          .rollback_command = "kots-export rollback"};
}

std::string text_of(const NextSteps& steps) {
  std::ostringstream out;
  write_text(out, document_of(steps), Colour::no);
  return out.str();
}

std::string markdown_of(const NextSteps& steps) {
  std::ostringstream out;
  write_markdown(out, document_of(steps));
  return out.str();
}

TEST(NextSteps, HaveTheNumbersOfTheGuide) {
  const std::string text = text_of(some());
  std::size_t at = 0;
  for (const char* line : {"\n3. Check the database migration\n",
                           "\n     kubectl get job\n",
                           "\n4. Check the values file\n",
                           "\n     kots-export validate\n",
                           "\n5. See what the upgrade changes\n",
                           "\n     helm registry login\n",
                           "\n     helm diff\n",
                           "\n6. Upgrade\n",
                           "\n     helm upgrade\n",
                           "\n7. Wait until everything is up\n",
                           "\n     kots-export verify\n",
                           "\n     kubectl get pods\n",
                           "\n8. Change DNS\n",
                           "\n     kubectl get service circleci-proxy\n",
                           "\n9. Run the Nomad terraform again\n",
                           "\n     server_endpoint = \"ci.example.com:4647\"\n",
                           "\n     terraform output -json | kots-export nomad\n",
                           "\n10. Check with realitycheck\n",
                           "\n     CIRCLE_HOSTNAME=https://ci.example.com\n",
                           "\n     CIRCLE_CLOUD_PROVIDER=aws\n",
                           "\n11. Tell the team\n",
                           "\n     kots-export report\n",
                           "\nIf helm upgrade fails\n",
                           "\n     helm history\n",
                           "\n     helm rollback\n",
                           "\n     kots-export rollback\n"}) {
    const std::size_t found = text.find(line, at);
    ASSERT_NE(found, std::string::npos) << line << "behind\n" << text.substr(0, at);
    at = found;
  }
}

TEST(NextSteps, NameTheRecordsOfTheDomain) {
  EXPECT_THAT(text_of(some()), HasSubstr("Point ci.example.com and app.ci.example.com at it"));
}

TEST(NextSteps, SayWhatToFillInWhereTheValuesNameNoDomainOrProvider) {
  NextSteps steps = some();
  steps.domain.clear();
  steps.nomad_server_endpoint.clear();
  steps.cloud_provider.clear();

  EXPECT_THAT(text_of(steps), AllOf(HasSubstr("Point <domain> and app.<domain> at it"),
                                    HasSubstr("server_endpoint = \"<domain>:4647\""),
                                    HasSubstr("CIRCLE_CLOUD_PROVIDER=<aws, gcp or other>")));
}

TEST(NextSteps, SayWhatIsKnownOfForce) {
  NextSteps steps = some();
  EXPECT_THAT(text_of(steps), HasSubstr("before 1.20.11 and 1.21.5 refuse --force"));
  steps.check_command = "kots-export check";
  EXPECT_THAT(markdown_of(steps), HasSubstr(" `kots-export check` tries it."));
  steps.helm_force = HelmForce::taken;
  EXPECT_THAT(text_of(steps), AllOf(HasSubstr("takes --force"), Not(HasSubstr("1.20.11"))));
  steps.helm_force = HelmForce::refused;
  EXPECT_THAT(text_of(steps), AllOf(HasSubstr("has no --force"), Not(HasSubstr("1.20.11"))));
}

TEST(NextSteps, LetNoForeignBytesMoveTheCursorOrMakeMarkdown) {
  NextSteps steps = some();
  steps.values_file = "\x1b]0;title\x07<script>";
  steps.domain = "\x1b[31m`[x](y)";
  steps.upgrade_command = "helm upgrade '\x1b[2J```\n```'";
  EXPECT_THAT(text_of(steps), Not(HasSubstr("\x1b")));
  EXPECT_THAT(markdown_of(steps), AllOf(Not(HasSubstr("\x1b")), HasSubstr("``\\x1b[31m`[x](y)``")));
}

TEST(NextSteps, AreMarkdownWithTheirNumbers) {
  EXPECT_THAT(markdown_of(some()),
              AllOf(HasSubstr("### Next steps\n\n#### 3\\. Check the database migration\n\n"),
                    HasSubstr("\n```text\nhelm upgrade\n```\n"),
                    HasSubstr("<https://github.com/circleci/realitycheck>")));
}

TEST(NextSteps, FindWhatAWordSaysOfForce) {
  for (const HelmForce force : {HelmForce::unknown, HelmForce::taken, HelmForce::refused})
    EXPECT_EQ(helm_force_of(word_of(force)), force);
  EXPECT_EQ(helm_force_of("something else"), HelmForce::unknown);
}

}  // namespace

}  // namespace kots_export::ui
