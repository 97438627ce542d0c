#include <kots_export/kube/credentials.h>

#include "unit/kube/kubeconfig_fixture.h"

#include <gmock/gmock.h>

namespace kots_export::kube {
namespace {

class Credentials : public KubeconfigTest {
 protected:
  // A plugin whose n-th run answers with token n and the given expiry.
  ResolvedConfig counting_plugin(const std::string& expiry) const {
    write_program("plugin",
                  "d=$(dirname \"$0\")\necho x >> $d/runs\nn=$(wc -l < $d/runs)\n"
                  "echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\","
                  "\"status\":{\"token\":\"'$((n))'\",\"expirationTimestamp\":\"" +
                      expiry + "\"}}'\n");
    ResolvedConfig config;
    config.auth.exec = ExecPlugin{.api_version = "client.authentication.k8s.io/v1",
                                  .command = folder_ / "plugin",
                                  .args = {},
                                  .env = {},
                                  .install_hint = {},
                                  .provide_cluster_info = ExecPlugin::Cluster::leave_out,
                                  .interactive = ExecPlugin::Interactive::never};
    return config;
  }

  static std::string header(const RequestCredentials& credentials) {
    return credentials.authorization ? credentials.authorization->reveal() : "(none)";
  }
  static std::string now(CredentialSource& source) { return header(source.current()); }
};

constexpr auto kFarAway = "2999-01-01T00:00:00Z";
constexpr auto kLongAgo = "1999-01-01T00:00:00Z";

TEST_F(Credentials, NoneSendNothing) {
  const auto source = make_credential_source({});
  EXPECT_EQ(now(*source), "(none)");
  EXPECT_FALSE(source->refresh({}));
}

TEST_F(Credentials, TokenIsABearerHeader) {
  ResolvedConfig config;
  config.auth.token = Secret<std::string>("t");
  const auto source = make_credential_source(config);
  EXPECT_EQ(now(*source), "Bearer t");
  EXPECT_FALSE(source->refresh(source->current()));
}

TEST_F(Credentials, TokenWithALineBreakIsRefusedUnseen) {
  ResolvedConfig config;
  config.auth.token = Secret<std::string>("hush\r\nX-Evil: 1");
  try {
    (void)make_credential_source(config);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("hush")));
  }
}

TEST_F(Credentials, BasicAuthenticationIsEncoded) {
  ResolvedConfig config;
  config.auth.username = "u";
  config.auth.password = Secret<std::string>("p:w");
  EXPECT_EQ(now(*make_credential_source(config)), "Basic dTpwOnc=");
}

TEST_F(Credentials, ClientCertificateGoesAlongWithTheToken) {
  ResolvedConfig config;
  config.tls.client_cert_pem = "C";
  config.tls.client_key_pem = Secret<std::string>("K");
  config.auth.token = Secret<std::string>("t");
  const auto credentials = make_credential_source(config)->current();
  EXPECT_EQ(credentials.client_cert_pem, "C");
  EXPECT_EQ(credentials.client_key_pem.reveal(), "K");
  EXPECT_EQ(header(credentials), "Bearer t");
}

TEST_F(Credentials, TokenFileBeatsTheTokenAndIsReadAgainAfterARefusal) {
  ResolvedConfig config;
  config.auth.token = Secret<std::string>("inline");
  config.auth.token_file = write("token", "one\n");
  const auto source = make_credential_source(config);
  const auto first = source->current();
  EXPECT_EQ(header(first), "Bearer one");
  EXPECT_FALSE(source->refresh(first));
  write("token", "two\n");
  EXPECT_EQ(now(*source), "Bearer one");
  EXPECT_TRUE(source->refresh(first));
  EXPECT_EQ(now(*source), "Bearer two");
}

TEST_F(Credentials, LastTokenCountsWhileTheFileIsGone) {
  ResolvedConfig config;
  config.auth.token_file = write("token", "one");
  const auto source = make_credential_source(config);
  const auto first = source->current();
  std::filesystem::remove(folder_ / "token");
  EXPECT_FALSE(source->refresh(first));
  EXPECT_EQ(now(*source), "Bearer one");
}

TEST_F(Credentials, MissingOrEmptyTokenFileIsAnError) {
  ResolvedConfig config;
  config.auth.token_file = folder_ / "absent";
  EXPECT_THROW((void)make_credential_source(config)->current(), Error);
  config.auth.token_file = write("empty", " \n");
  EXPECT_THROW((void)make_credential_source(config)->current(), Error);
}

TEST_F(Credentials, PluginIsRunOnceWhileItsAnswerIsGood) {
  const auto source = make_credential_source(counting_plugin(kFarAway));
  EXPECT_EQ(now(*source), "Bearer 1");
  EXPECT_EQ(now(*source), "Bearer 1");
}

TEST_F(Credentials, PluginIsRunAgainWhenItsAnswerHasExpired) {
  const auto source = make_credential_source(counting_plugin(kLongAgo));
  EXPECT_EQ(now(*source), "Bearer 1");
  EXPECT_EQ(now(*source), "Bearer 2");
}

TEST_F(Credentials, ManyRefusedRequestsRunThePluginOnce) {
  const auto source = make_credential_source(counting_plugin(kFarAway));
  const auto old = source->current();
  for (int request = 0; request < 16; ++request) {
    SCOPED_TRACE(request);
    EXPECT_TRUE(source->refresh(old));
    EXPECT_EQ(now(*source), "Bearer 2");
  }
  EXPECT_TRUE(source->refresh(source->current()));
  EXPECT_EQ(now(*source), "Bearer 3");
}

TEST_F(Credentials, TokenBeatsThePlugin) {
  auto config = counting_plugin(kFarAway);
  config.auth.token = Secret<std::string>("t");
  EXPECT_EQ(now(*make_credential_source(config)), "Bearer t");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs"));
}

}  // namespace
}  // namespace kots_export::kube
