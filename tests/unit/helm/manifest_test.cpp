#include <kots_export/helm/manifest.h>

#include <algorithm>

#include <gmock/gmock.h>

namespace kots_export::helm {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "apiVersion kind namespace/name" of each object.
std::vector<std::string> names_in(std::string_view manifest) {
  std::vector<std::string> names;
  for (const ManifestObject& object : manifest_objects(manifest)) {
    names.push_back(object.api_version + " " + object.kind + " " + object.ns + "/" + object.name);
  }
  return names;
}

TEST(Manifest, NamesTheObjectsOfEveryDocument) {
  EXPECT_THAT(names_in("---\n"
                       "# Source: chart/templates/ingress.yaml\n"
                       "apiVersion: networking.k8s.io/v1\nkind: "
                       "Ingress\nmetadata:\n  name: web\n"
                       "---\n"
                       "apiVersion: rbac.authorization.k8s.io/v1\nkind: "
                       "ClusterRole\nmetadata: {name: kong}\n"
                       "---\n"
                       "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, "
                       "namespace: elsewhere}\n"),
              ElementsAre("networking.k8s.io/v1 Ingress /web",
                          "rbac.authorization.k8s.io/v1 ClusterRole /kong", "v1 ConfigMap elsewhere/c"));
}

TEST(Manifest, LooksIntoLists) {
  EXPECT_THAT(names_in("apiVersion: v1\nkind: List\nitems:\n"
                       "- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n"
                       "- apiVersion: v1\n  kind: ConfigMapList\n  items:\n"
                       "  - {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n"),
              ElementsAre("v1 Secret /a", "v1 ConfigMap /b"));
}

TEST(Manifest, PassesOverWhatIsNoObject) {
  EXPECT_THAT(names_in(""), IsEmpty());
  EXPECT_THAT(names_in("---\n---\n# nothing but a comment\n---\n"), IsEmpty());
  EXPECT_THAT(names_in("just text"), IsEmpty());
  EXPECT_THAT(names_in("apiVersion: v1\nkind: ConfigMap\n"), IsEmpty());
  EXPECT_THAT(names_in("apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: x-}\n"), IsEmpty());
  EXPECT_THAT(names_in("kind: ConfigMap\nmetadata: {name: x}\n"), IsEmpty());
}

TEST(Manifest, OneDamagedDocumentHidesNoOther) {
  EXPECT_THAT(
      names_in("apiVersion: v1\nkind: [broken\n"
               "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
               "---\n\xFF\xFE\n"
               "---\n" +
               std::string(100'000, '[') + "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: db}\n"),
      ElementsAre("v1 Service /web", "v1 Service /db"));
}

TEST(Manifest, TakesWhatHelmTakes) {
  // Helm reads manifests leniently: a key twice, values that are no JSON. Each
  // of these was applied once.
  EXPECT_THAT(names_in("apiVersion: v1\nkind: Service\n"
                       "metadata:\n  name: web\n  labels: {app: a, app: "
                       "b}\nspec: {x: .inf}\n"),
              ElementsAre("v1 Service /web"));
}

TEST(Manifest, TakesADividerWithAComment) {
  EXPECT_THAT(names_in("--- # Source: a.yaml\napiVersion: v1\nkind: "
                       "Service\nmetadata: {name: web}\n"
                       "--- # Source: b.yaml\r\napiVersion: v1\r\nkind: "
                       "Service\r\nmetadata: {name: db}\r\n"),
              ElementsAre("v1 Service /web", "v1 Service /db"));
}

TEST(Manifest, ADashedLineInsideOfABlockDividesNothing) {
  EXPECT_THAT(names_in("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n"
                       "  key.pem: |\n    -----BEGIN KEY-----\n    ---\n    -----END "
                       "KEY-----\n"),
              ElementsAre("v1 ConfigMap /c"));
}

}  // namespace

}  // namespace kots_export::helm
