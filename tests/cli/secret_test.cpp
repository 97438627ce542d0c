#include <kots_export/util/base64.h>

#include "cli/installation.h"
#include "cli/registry.h"

#include <gmock/gmock.h>

namespace kots_export::test {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string stored(const Installation& installation) {
  const json secret = installation.server.get("Secret", kNamespace, "regcred").value();
  return util::base64_decode(secret["data"][".dockerconfigjson"].get<std::string>()).value();
}

std::vector<std::string> secret(std::vector<std::string> more) {
  std::vector<std::string> arguments = {"secret", "--yes", "--docker-username", "server-user"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(Secret, IsCreatedAsKubectlDoes) {
  Installation installation;
  ASSERT_TRUE(installation.server.remove("Secret", kNamespace, "regcred"));

  const Finished run = installation.run(secret({"--docker-password-stdin"}), "pass<word>&\n");

  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(
      stored(installation),
      R"({"auths":{"https://cciserver.azurecr.io":{"username":"server-user","password":"pass\u003cword\u003e\u0026",)"
      R"("auth":"c2VydmVyLXVzZXI6cGFzczx3b3JkPiY="}}})");
  EXPECT_EQ(installation.server.get("Secret", kNamespace, "regcred").value()["type"],
            "kubernetes.io/dockerconfigjson");
}

TEST(Secret, TakesThePasswordFromAFile) {
  Installation installation;
  ASSERT_TRUE(installation.server.remove("Secret", kNamespace, "regcred"));
  write(installation.folder / "password", "from a file\n");

  ASSERT_EQ(installation.run(secret({"--docker-password-file", "password"})).exit_code, 0);

  EXPECT_THAT(stored(installation), HasSubstr(R"("password":"from a file")"));
}

TEST(Secret, ThatIsThereAlreadyIsOnlyReplacedWithForce) {
  Installation installation;
  const std::string before = stored(installation);

  const Finished refused = installation.run(secret({"--docker-password", "other"}));

  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("--force"));
  EXPECT_EQ(stored(installation), before);
  ASSERT_EQ(installation.run(secret({"--docker-password", "other", "--force"})).exit_code, 0);
  EXPECT_THAT(stored(installation), HasSubstr(R"("password":"other")"));
}

TEST(Secret, ThatIsAlreadyRightIsNotWritten) {
  Installation installation;
  const std::vector<std::string> same = secret({"--docker-password", "one", "--force"});
  ASSERT_EQ(installation.run(same).exit_code, 0);
  installation.server.clear_requests();

  const Finished run = installation.run(same);

  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(installation.server.count_writes(), 0U);
  EXPECT_THAT(run.err, HasSubstr("nothing to do"));
}

TEST(Secret, NeedsAUserNameAndAPassword) {
  Installation installation;

  const Finished no_name = installation.run({"secret", "--yes", "--docker-password", "p"});
  const Finished no_password = installation.run(secret({}));
  const Finished two = installation.run(secret({"--docker-password", "a", "--docker-password-stdin"}), "b");

  EXPECT_EQ(no_name.exit_code, 2);
  EXPECT_THAT(no_name.err, HasSubstr("--docker-username"));
  EXPECT_EQ(no_password.exit_code, 2);
  EXPECT_THAT(no_password.err, HasSubstr("--docker-password-stdin"));
  EXPECT_EQ(two.exit_code, 2);
}

TEST(Secret, InADryRunShowsNoPassword) {
  Installation installation;

  const Finished run =
      installation.run(secret({"--docker-password", "hunter2", "--force", "--dry-run=client"}));

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("patch Secret regcred"));
  EXPECT_THAT(run.out + run.err,
              AllOf(Not(HasSubstr("hunter2")), Not(HasSubstr(util::base64_encode("server-user:hunter2")))));
  EXPECT_EQ(installation.server.count_writes(), 0U);
}

TEST(SecretVerify, AcceptedCredentialsAreStored) {
  const Installation installation;

  const Finished run =
      installation.run(secret({"--verify", "--force", "--docker-password-stdin"}), "registry-pass\n");

  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("accepts the credentials"));
  EXPECT_THAT(stored(installation), HasSubstr("https://cciserver.azurecr.io"));
}

TEST(SecretVerify, RefusedCredentialsAreNot) {
  const Installation installation;
  const std::string before = stored(installation);

  const Finished run =
      installation.run(secret({"--verify", "--force", "--docker-password-stdin"}), "wrong\n");

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err,
              AllOf(HasSubstr("does not accept the credentials of server-user"), Not(HasSubstr("wrong"))));
  EXPECT_EQ(stored(installation), before);
}

TEST(SecretVerify, ARegistryOfAnUnknownAuthorityIsNotTrusted) {
  const Installation installation;

  const Finished run =
      installation.run(Start{.arguments = secret({"--verify", "--force", "--docker-server", registry().host(),
                                                  "--docker-password", "p"}),
                             .environment = {{"SSL_CERT_FILE", ""}},
                             .input = {},
                             .folder = {},
                             .meanwhile = {}});

  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, AllOf(HasSubstr("unknown authority"), Not(HasSubstr("kubeconfig"))));
}

}  // namespace

}  // namespace kots_export::test
