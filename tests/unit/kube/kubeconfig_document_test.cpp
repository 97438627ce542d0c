#include "kube/kubeconfig_document.h"

#include <kots_export/util/error.h>

#include <gmock/gmock.h>

namespace kots_export::kube {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string user_of(const std::string& body) {
  return read_kubeconfig_document("users: [{name: u, user: " + body + "}]", "f").users.at("u").dump();
}

TEST(KubeconfigDocument, FieldsStandInKubectlsOrderWithoutEmptyOnes) {
  EXPECT_EQ(user_of("{password: p, future: 1, username: '', token: t, as-groups: []}"),
            R"({"token":"t","password":"p"})");
}

TEST(KubeconfigDocument, FieldsThatKubectlAlwaysPrintsStay) {
  EXPECT_EQ(user_of("{exec: {}}"),
            R"({"exec":{"command":"","args":null,"env":null,"provideClusterInfo":false}})");
}

TEST(KubeconfigDocument, InteractiveModeOfV1Beta1HasADefault) {
  EXPECT_THAT(user_of("{exec: {apiVersion: client.authentication.k8s.io/v1beta1}}"),
              HasSubstr("IfAvailable"));
  EXPECT_THAT(user_of("{exec: {apiVersion: client.authentication.k8s.io/v1}}"),
              Not(HasSubstr("IfAvailable")));
}

TEST(KubeconfigDocument, NullIsTheEmptyValue) {
  EXPECT_EQ(user_of("{token: ~, as: a, as-groups: [g, ~], as-user-extra: {k: ~, l: []}}"),
            R"({"as":"a","as-groups":["g",""],"as-user-extra":{"k":null,"l":[]}})");
  EXPECT_EQ(user_of("~"), "{}");
}

TEST(KubeconfigDocument, DataIsPrintedOnOneLine) {
  EXPECT_EQ(user_of("{client-key-data: \"QU\\nJD\"}"), R"({"client-key-data":"QUJD"})");
}

TEST(KubeconfigDocument, ExtensionsAreKeptByName) {
  EXPECT_EQ(user_of("{extensions: [{name: b, extension: {x: [1]}}, {name: a}]}"),
            R"({"extensions":[{"name":"a","extension":null},{"name":"b","extension":{"x":[1]}}]})");
}

TEST(KubeconfigDocument, EmptyTextIsAnEmptyDocument) {
  EXPECT_TRUE(read_kubeconfig_document("", "f").contexts.empty());
}

struct Broken {
  std::string name, text, expected;
};
class BrokenDocument : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenDocument, IsRefusedByFieldWithoutItsValue) {
  try {
    (void)read_kubeconfig_document(GetParam().text, "the-file");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("cannot read the kubeconfig the-file"),
                                    HasSubstr(GetParam().expected), Not(HasSubstr("4711"))));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, BrokenDocument,
    ::testing::Values(
        Broken{"NumberAsToken", "users: [{name: u, user: {token: 4711}}]",
               "users[0].user.token is a number; a string is wanted"},
        Broken{"StringAsFlag", "clusters: [{name: k, cluster: {insecure-skip-tls-verify: '4711'}}]",
               "clusters[0].cluster.insecure-skip-tls-verify is a string; a boolean is wanted"},
        Broken{"TextAsList", "users: [{name: u, user: {as-groups: x}}]",
               "as-groups is a string; a list is wanted"},
        Broken{"TextAsListOfMap", "users: [{name: u, user: {as-user-extra: {s: x}}}]",
               "as-user-extra.s is a string; a list is wanted"},
        Broken{"NoBase64", "users: [{name: u, user: {client-key-data: '%4711'}}]",
               "users[0].user.client-key-data is not base64"},
        Broken{"NumberAsName", "contexts: [{name: 4711}]", "contexts[0].name is a number"},
        Broken{"MapAsList", "clusters: {}", "clusters is a map; a list is wanted"},
        Broken{"ListAsBody", "clusters: [{name: k, cluster: []}]",
               "clusters[0].cluster is a list; a map is wanted"},
        Broken{"EntryIsAWord", "clusters: [k]", "clusters[0] is a string; a map is wanted"},
        Broken{"NameTwice", "users: [{name: u}, {name: u}]", "the name \"u\" stands twice in its users"},
        Broken{"OtherKind", "kind: Pod", "not a v1 Config"},
        Broken{"OtherVersion", "apiVersion: v2", "not a v1 Config"},
        Broken{"List", "[]", "it is a list, not a map"}),
    [](const auto& case_) { return case_.param.name; });

}  // namespace
}  // namespace kots_export::kube
