#include "unit/kube/kubeconfig_fixture.h"

#include <gmock/gmock.h>

namespace kots_export::kube {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Kubeconfig : public KubeconfigTest {};

TEST_F(Kubeconfig, ReadsTheHomeFileWhereNothingElseIsSaid) {
  write_default("{server: 'https://h:6443'}", "{token: t}", "{cluster: k, user: u, namespace: 'n'}");
  const auto config = resolved();
  EXPECT_EQ(config.context, "c");
  EXPECT_EQ(config.cluster, "k");
  EXPECT_EQ(config.user, "u");
  EXPECT_EQ(config.server, "https://h:6443");
  EXPECT_EQ(config.ns, "n");
  EXPECT_EQ(config.auth.token.reveal(), "t");
  EXPECT_THAT(config.sources, ElementsAre(folder_ / "home/.kube/config"));
}

TEST_F(Kubeconfig, FirstFileWinsWhenTwoDefineTheSameNames) {
  const auto a = write("a", one_context("{server: 'https://a'}", "{token: ta}"));
  const auto b =
      write("b", one_context("{server: 'https://b', tls-server-name: b}", "{username: x, password: 'y'}",
                             "{cluster: k, user: u, namespace: nb}"));
  variables_["KUBECONFIG"] = a.string() + ":" + b.string();
  const auto config = resolved();
  EXPECT_EQ(config.server, "https://a");
  EXPECT_EQ(config.tls.server_name, "");
  EXPECT_EQ(config.auth.token.reveal(), "ta");
  EXPECT_EQ(config.auth.username, "");
  EXPECT_EQ(config.ns, "");
}

TEST_F(Kubeconfig, EntriesOfSeveralFilesMakeOneConfig) {
  const auto a = write("a", "clusters: [{name: k, cluster: {server: 'https://a'}}]\n");
  const auto b = write("b", "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n");
  const auto c = write("c", "current-context: other\nusers: [{name: u, user: {token: tc}}]\n");
  variables_["KUBECONFIG"] = a.string() + "::" + b.string() + ":" + c.string();
  const auto config = resolved();
  EXPECT_EQ(config.context, "c");
  EXPECT_EQ(config.server, "https://a");
  EXPECT_EQ(config.auth.token.reveal(), "tc");
}

TEST_F(Kubeconfig, MissingFileOfTheEnvironmentIsSkipped) {
  const auto a = write("a", one_context("{server: 'https://a'}", "{}"));
  variables_["KUBECONFIG"] = (folder_ / "absent").string() + ":" + a.string();
  EXPECT_EQ(resolved().server, "https://a");
}

TEST_F(Kubeconfig, MissingFileOfTheFlagIsAnError) {
  write_default("{server: 'https://h'}", "{}");
  KubeconfigOverrides overrides;
  overrides.kubeconfig = folder_ / "absent";
  EXPECT_THAT(problem(overrides), AllOf(HasSubstr("absent"), HasSubstr("no such file")));
}

TEST_F(Kubeconfig, FlagBeatsTheEnvironment) {
  variables_["KUBECONFIG"] = write("a", one_context("{server: 'https://a'}", "{}")).string();
  KubeconfigOverrides overrides;
  overrides.kubeconfig = write("b", one_context("{server: 'https://b'}", "{}"));
  EXPECT_EQ(resolved(overrides).server, "https://b");
}

TEST_F(Kubeconfig, JsonFilesAreRead) {
  write("home/.kube/config", R"({"apiVersion":"v1","kind":"Config","current-context":"c","unknown":{"x":[1]},
    "clusters":[{"name":"k","cluster":{"server":"https://j","more":1}}],
    "contexts":[{"name":"c","context":{"cluster":"k","user":"u"}}],"users":[{"name":"u","user":{"token":"t"}}]})");
  EXPECT_EQ(resolved().server, "https://j");
}

TEST_F(Kubeconfig, SaysWhereItLookedWhenThereIsNone) {
  EXPECT_THAT(problem(), AllOf(HasSubstr("there is no kubeconfig"), HasSubstr("home/.kube/config"),
                               HasSubstr("not inside a Pod"), HasSubstr("--kubeconfig")));
}

TEST_F(Kubeconfig, ServerFlagAloneIsEnough) {
  KubeconfigOverrides overrides;
  overrides.server = "https://flag:6443";
  overrides.token = Secret<std::string>("t");
  const auto config = resolved(overrides);
  EXPECT_EQ(config.server, "https://flag:6443");
  EXPECT_EQ(config.auth.token.reveal(), "t");
}

struct Broken {
  std::string name, content, expected;
};
class BrokenKubeconfig : public KubeconfigTest, public ::testing::WithParamInterface<Broken> {};

TEST_P(BrokenKubeconfig, IsAClearError) {
  write("home/.kube/config", GetParam().content);
  EXPECT_THAT(problem(), HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    All, BrokenKubeconfig,
    ::testing::Values(
        Broken{"NotYaml", "clusters: [", "cannot read the kubeconfig"}, Broken{"NoMap", "- a\n", "not a map"},
        Broken{"ClustersNoList", "clusters: {a: b}\n", "a list is wanted"}, Broken{"Empty", "", "(empty)"},
        Broken{"TwiceInOneFile", "users: [{name: u, user: {}}, {name: u, user: {}}]\n",
               "the name \"u\" stands twice in its users"},
        Broken{"NoCurrentContext",
               "clusters: [{name: k, cluster: {server: 'https://h'}}]\n"
               "contexts: [{name: one, context: {cluster: k}}, {name: two, context: {cluster: k}}]\n",
               "no current-context (contexts: one, two)"},
        Broken{"UnknownContext",
               "current-context: gone\ncontexts: [{name: one, context: {}}, {name: two, context: {}}]\n",
               "there is no context \"gone\" (known: one, two)"},
        Broken{"UnknownCluster",
               "current-context: c\ncontexts: [{name: c, context: {cluster: x, user: 'y'}}]\n",
               "there is no cluster \"x\" (known: none)"},
        Broken{"ContextWithoutCluster", "current-context: c\ncontexts: [{name: c, context: {}}]\n",
               "context \"c\" names no cluster"}),
    [](const auto& case_) { return case_.param.name; });

class InCluster : public KubeconfigTest {
 protected:
  InCluster() {
    variables_["KUBERNETES_SERVICE_HOST"] = "10.96.0.1";
    variables_["KUBERNETES_SERVICE_PORT"] = "443";
    write("serviceaccount/token", "sa-token\n");
    write("serviceaccount/ca.crt", kCa);
    write("serviceaccount/namespace", "circleci\n");
  }
};

TEST_F(InCluster, IsUsedWhereThereIsNoFile) {
  const auto config = resolved();
  EXPECT_EQ(config.server, "https://10.96.0.1:443");
  EXPECT_EQ(config.ns, "circleci");
  EXPECT_EQ(config.tls.ca_pem, kCa);
  EXPECT_EQ(config.auth.token_file, folder_ / "serviceaccount/token");
  EXPECT_EQ(config.context, "");
}

TEST_F(InCluster, IsUsedWhereTheFileIsEmpty) {
  write("home/.kube/config", "apiVersion: v1\nkind: Config\n");
  EXPECT_EQ(resolved().server, "https://10.96.0.1:443");
}

TEST_F(InCluster, GivesWayToAFile) {
  write_default("{server: 'https://h'}", "{}");
  EXPECT_EQ(resolved().server, "https://h");
}

TEST_F(InCluster, BracketsAnIpv6Host) {
  variables_["KUBERNETES_SERVICE_HOST"] = "fd00::1";
  EXPECT_EQ(resolved().server, "https://[fd00::1]:443");
}

TEST_F(InCluster, FlagsGoOverIt) {
  KubeconfigOverrides overrides;
  overrides.token = Secret<std::string>("mine");
  overrides.ns = "n";
  const auto config = resolved(overrides);
  EXPECT_EQ(config.auth.token.reveal(), "mine");
  EXPECT_EQ(config.auth.token_file, "");
  EXPECT_EQ(config.ns, "n");
}

TEST_F(InCluster, NeedsTheToken) {
  std::filesystem::remove(folder_ / "serviceaccount/token");
  EXPECT_THAT(problem(), HasSubstr("no service account token in"));
}

}  // namespace
}  // namespace kots_export::kube
