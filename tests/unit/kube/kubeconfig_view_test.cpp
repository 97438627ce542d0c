#include <kots_export/kube/kubeconfig_view.h>

#include "unit/kube/kubeconfig_fixture.h"

#include <gmock/gmock.h>

namespace kots_export::kube {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class View : public KubeconfigTest {
 protected:
  [[nodiscard]] KubeconfigView view(Minify minify = Minify::no, SecretView secrets = SecretView::raw,
                                    const KubeconfigOverrides& overrides = {}) const {
    return view_kubeconfig(overrides, environment(), minify, secrets);
  }

  [[nodiscard]] std::string refusal(const KubeconfigOverrides& overrides = {}) const {
    try {
      (void)view(Minify::yes, SecretView::masked, overrides);
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  }
};

TEST_F(View, IsWhatKubectlPrints) {
  write_default("{server: 'https://h', certificate-authority: pki/ca}", "{token: t}");
  EXPECT_EQ(
      view().document.dump(),
      R"({"kind":"Config","apiVersion":"v1","preferences":{},"clusters":[{"name":"k","cluster":)"
      R"({"server":"https://h","certificate-authority":"pki/ca"}}],"users":[{"name":"u","user":)"
      R"({"token":"t"}}],"contexts":[{"name":"c","context":{"cluster":"k","user":"u"}}],"current-context":"c"})");
}

TEST_F(View, WithoutAFileIsEmptyAndSaysWhatWasLookedFor) {
  const auto nothing = view();
  EXPECT_EQ(nothing.document["clusters"], nullptr);
  EXPECT_THAT(nothing.missing, ElementsAre(folder_ / "home/.kube/config"));
  EXPECT_EQ(nothing.in_cluster_server, "");
}

TEST_F(View, InsideAPodNamesItsServer) {
  write("serviceaccount/token", "t");
  variables_ = {{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}};
  EXPECT_EQ(view().in_cluster_server, "https://10.0.0.1:443");
}

TEST_F(View, MinifyKeepsTheContextThatIsChosen) {
  write("home/.kube/config",
        "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}, {name: d, context: "
        "{cluster: l}}]\n"
        "clusters: [{name: k}, {name: l}]\nusers: [{name: u}]\n");
  EXPECT_EQ(view(Minify::yes).document["clusters"].size(), 1U);
  KubeconfigOverrides overrides;
  overrides.context = "d";
  const auto other = view(Minify::yes, SecretView::raw, overrides).document;
  EXPECT_EQ(other["clusters"][0]["name"], "l");
  EXPECT_EQ(other["users"], nullptr);
  EXPECT_EQ(other["current-context"], "d");
}

TEST_F(View, MinifyRefusesWhatIsNotThere) {
  EXPECT_THAT(refusal(), HasSubstr("no current-context"));
  write_default("{}", "{}", "{cluster: x, user: u}");
  EXPECT_THAT(refusal(), HasSubstr("there is no cluster \"x\""));
  write_default("{}", "{}", "{cluster: k, user: x}");
  EXPECT_THAT(refusal(), HasSubstr("there is no user \"x\""));
  KubeconfigOverrides overrides;
  overrides.context = "gone";
  EXPECT_THAT(refusal(overrides), HasSubstr("there is no context \"gone\""));
}

TEST_F(View, MaskedShowsNoSecret) {
  write_default("{certificate-authority-data: SFVTSA==, proxy-url: 'http://me:hush@p:1'}",
                "{token: hush, password: hush, client-certificate-data: SFVTSA==, client-key-data: SFVTSA==, "
                "auth-provider: {name: oidc, config: {client-id: i, id-token: hush}}, "
                "exec: {env: [{name: AWS_PROFILE, value: p}, {name: API_TOKEN, value: hush}]}}");
  const std::string masked = view(Minify::yes, SecretView::masked).document.dump();
  EXPECT_THAT(masked,
              AllOf(Not(HasSubstr("hush")), Not(HasSubstr("SFVTSA")), HasSubstr("http://me:REDACTED@p:1"),
                    HasSubstr(R"("client-id":"i")"), HasSubstr(R"("id-token":"REDACTED")"),
                    HasSubstr(R"("value":"p")"), HasSubstr(R"("client-key-data":"DATA+OMITTED")")));
}

TEST_F(View, FirstFileWinsForPreferencesAndExtensionsToo) {
  write("x", "extensions: [{name: e, extension: 1}]\n");
  write("y", "preferences: {colors: true}\nextensions: [{name: e, extension: 2}, {name: f, extension: 3}]\n");
  variables_["KUBECONFIG"] = (folder_ / "x").string() + ":" + (folder_ / "y").string();
  const auto document = view().document;
  EXPECT_EQ(document["preferences"].dump(), R"({"colors":true})");
  EXPECT_EQ(document["extensions"].dump(), R"([{"name":"e","extension":1},{"name":"f","extension":3}])");
}

TEST_F(View, ContextsNameTheirServerAndFile) {
  write_default("{server: 'https://h'}", "{}", "{cluster: k, user: u, namespace: 'n'}");
  const auto contexts = list_contexts({}, environment());
  ASSERT_EQ(contexts.size(), 1U);
  EXPECT_EQ(contexts[0].server, "https://h");
  EXPECT_EQ(contexts[0].ns, "n");
  EXPECT_EQ(contexts[0].file, folder_ / "home/.kube/config");
  EXPECT_EQ(contexts[0].current, ContextSummary::Current::yes);
}

}  // namespace
}  // namespace kots_export::kube
