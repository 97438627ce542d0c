#include <kots_export/migration/secret.h>
#include <kots_export/util/base64.h>

#include "unit/migration/migration_fixture.h"
#include "unit/support/scripted_transport.h"

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

SecretOptions options_for(const std::string& username, const std::string& password,
                          const std::string& email = {}) {
  return {.server = "cciserver.azurecr.io",
          .username = username,
          .password = Secret<std::string>(password),
          .email = email};
}

std::string content(const std::string& username, const std::string& password, const std::string& email = {}) {
  return docker_config_json(options_for(username, password, email)).reveal();
}

// Byte for byte what kubectl 1.31 prints is compared in
// tests/cluster/test_secret.py; here are its rules.

TEST(DockerConfigJson, HasTheMembersInKubectlsOrder) {
  EXPECT_EQ(
      content("user", "pass", "me@example.com"),
      R"({"auths":{"cciserver.azurecr.io":{"username":"user","password":"pass","email":"me@example.com",)"
      R"("auth":"dXNlcjpwYXNz"}}})");
}

TEST(DockerConfigJson, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(
      content("user", "pass"),
      R"({"auths":{"cciserver.azurecr.io":{"username":"user","password":"pass","auth":"dXNlcjpwYXNz"}}})");
  EXPECT_EQ(content("user", ""),
            R"({"auths":{"cciserver.azurecr.io":{"username":"user","auth":"dXNlcjo="}}})");
}

TEST(DockerConfigJson, EscapesAsGoDoes) {
  const std::string text = content("u", "<&>\"\\/\x01\t\n\r\x7f\xE2\x80\xA8\xE2\x80\xA9\xC3\xA4\\u003c");

  EXPECT_THAT(text, HasSubstr("\"password\":\"\\u003c\\u0026\\u003e\\\"\\\\/"
                              "\\u0001\\t\\n\\r\x7f\\u2028\\u2029"
                              "\xC3\xA4\\\\u003c\""));
}

TEST(DockerConfigJson, EscapesTheServerToo) {
  SecretOptions options = options_for("u", "p");
  options.server = "a&b";

  EXPECT_THAT(docker_config_json(options).reveal(), HasSubstr(R"({"auths":{"a\u0026b":{)"));
}

TEST(DockerConfigJson, CarriesThePasswordWholeInAuth) {
  const std::string password = "p:ss\nw\xC3\xB6rd ";
  const json entry = json::parse(content("us:er", password))["auths"]["cciserver.azurecr.io"];

  EXPECT_EQ(util::base64_decode(entry["auth"].get<std::string>()), "us:er:" + password);
  EXPECT_EQ(entry["password"], password);
}

TEST(DockerConfigJson, RefusesWhatJsonCannotCarry) {
  EXPECT_THROW((void)content("u", "\xFF"), UsageError);
  EXPECT_THROW((void)content("\xFF", "p"), UsageError);
  EXPECT_THROW((void)content("u", "p", "\xFF"), UsageError);
}

class PlanSecret : public MigrationTest {
 protected:
  std::string stored() {
    const json secret = server.get("Secret", kNs, "regcred").value();
    return util::base64_decode(secret["data"][".dockerconfigjson"].get<std::string>()).value();
  }
};

TEST_F(PlanSecret, CreatesItWhereItIsMissing) {
  (void)executor.run(plan_secret(context, options_for("user", "pass")));

  EXPECT_EQ(stored(), content("user", "pass"));
  EXPECT_EQ(server.get("Secret", kNs, "regcred").value()["type"], "kubernetes.io/dockerconfigjson");
}

TEST_F(PlanSecret, HasNothingToDoWhereItIsTheSame) {
  (void)executor.run(plan_secret(context, options_for("user", "pass")));

  const change::Plan again = plan_secret(context, options_for("user", "pass"));

  EXPECT_THAT(changes_of(again), IsEmpty());
  EXPECT_EQ(again.already_right, 1U);
}

TEST_F(PlanSecret, KeepsOtherContentWithoutForce) {
  (void)executor.run(plan_secret(context, options_for("user", "old-pass")));

  EXPECT_THAT(problem([&] { (void)plan_secret(context, options_for("user", "new-pass")); }),
              AllOf(HasSubstr("Secret regcred exists"), HasSubstr("--force"), Not(HasSubstr("-pass"))));
}

TEST_F(PlanSecret, ReplacesOtherContentWithForce) {
  (void)executor.run(plan_secret(context, options_for("user", "old-pass")));
  SecretOptions options = options_for("user", "new-pass");
  options.existing = SecretOptions::Existing::replace;

  const change::Plan plan = plan_secret(context, options);
  EXPECT_THAT(changes_of(plan), ElementsAre("patch Secret regcred"));
  (void)executor.run(plan);

  EXPECT_EQ(stored(), content("user", "new-pass"));
}

TEST_F(PlanSecret, CannotChangeTheType) {
  put(R"({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
          "metadata": {"name": "regcred", "namespace": "circleci-server"}})");
  SecretOptions options = options_for("user", "pass");
  options.existing = SecretOptions::Existing::replace;

  EXPECT_THAT(
      problem([&] { (void)plan_secret(context, options); }),
      AllOf(HasSubstr("its type is Opaque"), HasSubstr("kubectl -n circleci-server delete secret regcred")));
}

TEST_F(PlanSecret, NeedsTheNamespace) {
  context.ns.name = "elsewhere";

  EXPECT_THAT(problem([&] { (void)plan_secret(context, options_for("user", "pass")); }),
              HasSubstr("namespace elsewhere does not exist"));
}

// What --verify ends with; "" where the registry, which gives one answer, accepts the credentials.
std::string verify(const kube::Outcome& answer) {
  try {
    verify_registry_credentials(options_for("user", "pass"), [&answer](const std::string&) {
      return std::make_unique<test::ScriptedTransport>([&answer](const kube::Request&) { return answer; });
    });
    return "";
  } catch (const Error& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
}

TEST(VerifyCredentials, LetsAcceptedOnesThrough) { EXPECT_EQ(verify(test::text_reply(200, "{}")), ""); }

TEST(VerifyCredentials, NamesTheUserWhoIsRefused) {
  EXPECT_THAT(
      verify(test::text_reply(401, "{}", {{"www-authenticate", "Basic realm=\"r\""}})),
      AllOf(HasSubstr("does not accept the credentials of user: it answers 401"), Not(HasSubstr("pass "))));
}

TEST(VerifyCredentials, TellsARefusalFromARegistryThatIsNotReached) {
  EXPECT_THAT(verify(test::connection_refused()),
              AllOf(HasSubstr("cannot ask the registry cciserver.azurecr.io: connection refused"),
                    HasSubstr("--docker-server"), Not(HasSubstr("kubeconfig"))));
}

}  // namespace

}  // namespace kots_export::migration
