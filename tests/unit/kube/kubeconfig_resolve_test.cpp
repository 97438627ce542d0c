#include <kots_export/util/base64.h>

#include "unit/kube/kubeconfig_fixture.h"

#include <gmock/gmock.h>

namespace kots_export::kube {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

constexpr auto kServer = "{server: 'https://h'}";

class Resolve : public KubeconfigTest {};

struct Server {
  std::string name, typed, expected;
};
class ResolveServer : public KubeconfigTest, public ::testing::WithParamInterface<Server> {};

TEST_P(ResolveServer, IsNormalised) {
  write_default("{server: '" + GetParam().typed + "'}", "{}");
  EXPECT_EQ(resolved().server, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(All, ResolveServer,
                         ::testing::Values(Server{"Plain", "https://h:6443", "https://h:6443"},
                                           Server{"NoPort", "https://h", "https://h"},
                                           Server{"TrailingSlash", "https://h:1/", "https://h:1"},
                                           Server{"Prefix", "https://h/k8s/clusters/c-1/",
                                                  "https://h/k8s/clusters/c-1"},
                                           Server{"Query", "https://h/p?q=1#f", "https://h/p"},
                                           Server{"Ipv6", "https://[fd00::1]:6443", "https://[fd00::1]:6443"},
                                           Server{"SchemeInCapitals", "HTTPS://H:6443", "https://H:6443"},
                                           Server{"NoScheme", "h:8080", "http://h:8080"},
                                           Server{"Ipv6NoScheme", "[::1]:8080", "http://[::1]:8080"},
                                           Server{"Http", "http://h:8001", "http://h:8001"}),
                         [](const auto& case_) { return case_.param.name; });

TEST_F(Resolve, SendsNoCredentialsOverPlainHttp) {
  write("cert", kCert);
  write("key", kKey);
  write_default("{server: 'http://h'}",
                "{token: t, client-certificate: ../../cert, client-key: ../../key, as: someone}");
  const auto config = resolved();
  EXPECT_TRUE(config.auth.token.empty());
  EXPECT_EQ(config.tls.client_cert_pem, "");
  EXPECT_TRUE(config.tls.client_key_pem.empty());
  EXPECT_EQ(config.impersonation.user, "someone");
}

TEST_F(Resolve, RelativePathsStartAtTheirFile) {
  write("home/.kube/pki/ca.crt", kCa);
  write("home/.kube/pki/c.crt", kCert);
  write("home/.kube/pki/c.key", kKey);
  write_default("{server: 'https://h', certificate-authority: pki/ca.crt}",
                "{client-certificate: pki/c.crt, client-key: ./pki/c.key, tokenFile: ../t}");
  const auto config = resolved();
  EXPECT_EQ(config.tls.ca_pem, kCa);
  EXPECT_EQ(config.tls.client_cert_pem, kCert);
  EXPECT_EQ(config.tls.client_key_pem.reveal(), kKey);
  EXPECT_EQ(config.auth.token_file, folder_ / "home/t");
}

TEST_F(Resolve, InlineDataBeatsTheFile) {
  const std::string ca = util::base64_encode(kCa), cert = util::base64_encode(kCert),
                    key = util::base64_encode(kKey);
  write_default(
      "{server: 'https://h', certificate-authority: /absent, certificate-authority-data: " + ca + "}",
      "{client-certificate: /absent, client-certificate-data: " + cert + ", client-key-data: " + key + "}");
  const auto config = resolved();
  EXPECT_EQ(config.tls.ca_pem, kCa);
  EXPECT_EQ(config.tls.client_cert_pem, kCert);
  EXPECT_EQ(config.tls.client_key_pem.reveal(), kKey);
}

TEST_F(Resolve, ClusterFieldsAreRead) {
  write_default(
      "{server: 'https://h', insecure-skip-tls-verify: true, tls-server-name: 'n', proxy-url: "
      "'socks5://p:1'}",
      "{username: u, password: p}");
  const auto config = resolved();
  EXPECT_EQ(config.tls.verify, TlsConfig::Verify::no);
  EXPECT_EQ(config.tls.server_name, "n");
  EXPECT_EQ(config.proxy_url, "socks5://p:1");
  EXPECT_EQ(config.auth.username, "u");
  EXPECT_EQ(config.auth.password.reveal(), "p");
}

TEST_F(Resolve, ImpersonationIsReadAndOverridden) {
  write_default(kServer, "{as: a, as-uid: i, as-groups: [g, h], as-user-extra: {scopes: [x, 'y']}}");
  EXPECT_EQ(resolved().impersonation.uid, "i");
  KubeconfigOverrides overrides;
  overrides.as = "b";
  overrides.as_groups = {"z"};
  const auto as = resolved(overrides).impersonation;
  EXPECT_EQ(as.user, "b");
  EXPECT_THAT(as.groups, ElementsAre("z"));
  EXPECT_THAT(as.extra, ElementsAre(Pair("scopes", "x"), Pair("scopes", "y")));
}

TEST_F(Resolve, ContextClusterAndUserFlagsChoose) {
  write("home/.kube/config",
        "current-context: c\n"
        "contexts: [{name: c, context: {cluster: k, user: u}}, {name: d, context: {cluster: l, user: v}}]\n"
        "clusters: [{name: k, cluster: {server: 'https://k'}}, {name: l, cluster: {server: 'https://l'}}]\n"
        "users: [{name: u, user: {token: tu}}, {name: v, user: {token: tv}}]\n");
  KubeconfigOverrides overrides;
  overrides.context = "d";
  EXPECT_EQ(resolved(overrides).server, "https://l");
  EXPECT_EQ(resolved(overrides).auth.token.reveal(), "tv");
  overrides = {};
  overrides.cluster = "l";
  EXPECT_EQ(resolved(overrides).server, "https://l");
  EXPECT_EQ(resolved(overrides).auth.token.reveal(), "tu");
  overrides = {};
  overrides.user = "v";
  EXPECT_EQ(resolved(overrides).server, "https://k");
  EXPECT_EQ(resolved(overrides).auth.token.reveal(), "tv");
}

TEST_F(Resolve, TokenFlagReplacesTheFilesTokenAndNothingElse) {
  write("cert", kCert);
  write("key", kKey);
  write_default(kServer,
                "{token: a, tokenFile: /absent, client-certificate: ../../cert, client-key: ../../key}");
  KubeconfigOverrides overrides;
  overrides.token = Secret<std::string>("mine");
  const auto config = resolved(overrides);
  EXPECT_EQ(config.auth.token.reveal(), "mine");
  EXPECT_EQ(config.auth.token_file, "");
  EXPECT_EQ(config.tls.client_cert_pem, kCert);
}

TEST_F(Resolve, TokenFlagBesideAPasswordIsRefused) {
  write_default(kServer, "{username: 'n', password: hush}");
  KubeconfigOverrides overrides;
  overrides.token = Secret<std::string>("mine");
  EXPECT_THAT(problem(overrides), HasSubstr("only one way to log in"));
}

TEST_F(Resolve, UserThatIsNotThereIsNobodyUnlessAFlagNamesIt) {
  write("home/.kube/config",
        "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: gone}}]\n"
        "clusters: [{name: k, cluster: {server: 'https://h'}}]\n");
  EXPECT_TRUE(resolved().auth.token.empty());
  KubeconfigOverrides overrides;
  overrides.user = "typo";
  EXPECT_THAT(problem(overrides), HasSubstr("there is no user \"typo\""));
}

TEST_F(Resolve, KeyWithoutCertificateIsLeftAlone) {
  write_default(kServer, "{token: t, client-key: /absent}");
  EXPECT_TRUE(resolved().tls.client_key_pem.empty());
}

TEST_F(Resolve, EmptyAuthorityFileMeansTheSystemsRoots) {
  write("home/.kube/ca", "");
  write_default("{server: 'https://h', certificate-authority: ca}", "{}");
  EXPECT_FALSE(resolved().tls.ca_pem);
}

TEST_F(Resolve, ServerFlagPutsAsideTheFilesServerName) {
  write_default("{server: 'https://h', tls-server-name: 'n'}", "{}");
  KubeconfigOverrides overrides;
  overrides.server = "https://other";
  EXPECT_EQ(resolved(overrides).tls.server_name, "");
  overrides.tls_server_name = "m";
  EXPECT_EQ(resolved(overrides).tls.server_name, "m");
}

TEST_F(Resolve, InsecureFlagPutsAsideTheFilesCertificateAuthority) {
  write_default("{server: 'https://h', certificate-authority: /absent}", "{}");
  KubeconfigOverrides overrides;
  overrides.verify = KubeconfigOverrides::Verify::never;
  const auto config = resolved(overrides);
  EXPECT_EQ(config.tls.verify, TlsConfig::Verify::no);
  EXPECT_FALSE(config.tls.ca_pem);
}

TEST_F(Resolve, CertificateAuthorityFlagPutsAsideTheFilesInsecure) {
  write_default("{server: 'https://h', insecure-skip-tls-verify: true}", "{}");
  KubeconfigOverrides overrides;
  overrides.certificate_authority = write("ca", kCa);
  const auto config = resolved(overrides);
  EXPECT_EQ(config.tls.verify, TlsConfig::Verify::yes);
  EXPECT_EQ(config.tls.ca_pem, kCa);
  overrides.verify = KubeconfigOverrides::Verify::never;
  EXPECT_THAT(problem(overrides), HasSubstr("only one makes sense"));
}

TEST_F(Resolve, CertificateFlagsStandInForFilesThatAreMissing) {
  write_default("{server: 'https://h', certificate-authority: /absent}",
                "{client-certificate: /absent, client-key: /absent}");
  KubeconfigOverrides overrides;
  overrides.certificate_authority = write("ca", kCa);
  overrides.client_certificate = write("cert", kCert);
  overrides.client_key = write("key", kKey);
  const auto config = resolved(overrides);
  EXPECT_EQ(config.tls.ca_pem, kCa);
  EXPECT_EQ(config.tls.client_cert_pem, kCert);
  EXPECT_EQ(config.tls.client_key_pem.reveal(), kKey);
}

TEST_F(Resolve, ExecPluginIsRead) {
  write_default(
      "{server: 'https://h', extensions: [{name: client.authentication.k8s.io/exec, "
      "extension: {audience: a, 'n': 1, s: '1', l: [true]}}]}",
      "{exec: {apiVersion: client.authentication.k8s.io/v1, command: bin/plugin, args: [a, -b], "
      "env: [{name: 'N', value: v}], installHint: get it, provideClusterInfo: true, "
      "interactiveMode: Never}}");
  const auto config = resolved();
  ASSERT_TRUE(config.auth.exec);
  EXPECT_EQ(config.auth.exec->command, folder_ / "home/.kube/bin/plugin");
  EXPECT_THAT(config.auth.exec->args, ElementsAre("a", "-b"));
  EXPECT_THAT(config.auth.exec->env, ElementsAre(Pair("N", "v")));
  EXPECT_EQ(config.auth.exec->install_hint, "get it");
  EXPECT_EQ(config.auth.exec->interactive, ExecPlugin::Interactive::never);
  EXPECT_EQ(config.exec_extension, R"({"audience":"a","l":[true],"n":1,"s":"1"})");
}

TEST_F(Resolve, ExecCommandWithoutSlashIsLeftToThePath) {
  write_default(kServer, "{exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws}}");
  EXPECT_EQ(resolved().auth.exec->command, "aws");
}

TEST_F(Resolve, ProblemsAreReportedTogether) {
  write_default("{server: 'https://h', certificate-authority: /absent/ca, proxy-url: 'ftp://secret@x'}",
                "{client-certificate-data: aGVsbG8=, auth-provider: {name: azure}}");
  EXPECT_THAT(problem(), AllOf(HasSubstr("/absent/ca: there is no such file"), HasSubstr("proxy-url"),
                               Not(HasSubstr("secret")), HasSubstr("holds no PEM certificate"),
                               HasSubstr("kubelogin convert-kubeconfig")));
}

struct BadUser {
  std::string name, user, expected;
};
class ResolveUser : public KubeconfigTest, public ::testing::WithParamInterface<BadUser> {};

TEST_P(ResolveUser, ThatCannotBeUsedIsAClearError) {
  write_default(kServer, GetParam().user);
  EXPECT_THAT(problem(), AllOf(HasSubstr(GetParam().expected), Not(HasSubstr("hush"))));
}

INSTANTIATE_TEST_SUITE_P(
    All, ResolveUser,
    ::testing::Values(
        BadUser{"Gcp", "{auth-provider: {name: gcp}}", "gke-gcloud-auth-plugin"},
        BadUser{"Oidc", "{auth-provider: {name: oidc}}", "oidc-login"},
        BadUser{"CertificateWithoutKey", "{client-certificate-data: QQ==}", "but not both"},
        BadUser{"TokenAndPassword", "{token: hush, username: u, password: hush}", "only one way to log in"},
        BadUser{"GroupsWithoutUser", "{as-groups: [g]}", "without a user"},
        BadUser{"ExecAlpha", "{exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}}",
                "v1 and v1beta1"},
        BadUser{"ExecWithoutCommand", "{exec: {apiVersion: client.authentication.k8s.io/v1}}", "no command"},
        BadUser{"LockedKey",
                "{client-certificate-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t, client-key-data: "
                "LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURSBLRVktLS0tLQ==}",
                "passphrase"},
        BadUser{"ExecWithoutMode", "{exec: {apiVersion: client.authentication.k8s.io/v1, command: x}}",
                "has no interactiveMode"},
        BadUser{"ExecMode",
                "{exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Maybe}}",
                "interactiveMode \"Maybe\""}),
    [](const auto& case_) { return case_.param.name; });

TEST_F(Resolve, ServerThatIsNoUrlIsAnError) {
  write_default("{server: 'ftp://h'}", "{}");
  EXPECT_THAT(problem(), HasSubstr("no http or https URL"));
}

}  // namespace
}  // namespace kots_export::kube
