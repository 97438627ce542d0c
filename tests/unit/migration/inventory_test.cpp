#include <kots_export/migration/inventory.h>

#include "unit/migration/migration_fixture.h"

#include <set>

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> described(const std::vector<kube::ObjectMetadata>& objects) {
  std::vector<std::string> names;
  for (const auto& object : objects) names.push_back(kube::describe(object.ref));
  return names;
}

class ReadInventory : public MigrationTest {
 protected:
  static apiserver::ApiServerOptions with_jane() {
    auto options = with_namespace();
    options.tokens = {"jane-token=jane"};
    return options;
  }
  ReadInventory() : MigrationTest(with_jane()) {}
};

TEST_F(ReadInventory, HoldsTheFourteenKindsOfTheNamespaceOnly) {
  put(R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ours", "namespace": "circleci-server"}})");
  put(R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs", "namespace": "elsewhere"}})");
  put(R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod", "namespace": "circleci-server"},
          "spec": {"containers": [{"name": "c", "image": "i"}]}})");

  const auto names = described(read_inventory(context, {}).of_kinds);

  EXPECT_THAT(names, Contains("ConfigMap ours"));
  EXPECT_THAT(names, Not(Contains("ConfigMap theirs")));
  EXPECT_THAT(names, Not(Contains("Pod pod")));
}

TEST_F(ReadInventory, AsksForMetadataOnly) {
  (void)read_inventory(context, {});

  for (const auto& request : server.requests()) {
    const std::string path = request["path"];
    if (path.find("/namespaces/circleci-server/") == std::string::npos) continue;
    EXPECT_THAT(request["accept"].get<std::string>(), HasSubstr("PartialObjectMetadataList")) << path;
  }
}

TEST_F(ReadInventory, LooksUpWhatTheManifestNamesAndExists) {
  put(R"({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
          "metadata": {"name": "web", "namespace": "circleci-server"}})");
  put(R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "far", "namespace": "elsewhere"}})");

  const Inventory inventory = read_inventory(context,
                                             "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: "
                                             "{name: web}\n---\n"
                                             "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: "
                                             "{name: web, namespace: circleci-server}\n---\n"
                                             "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: "
                                             "{name: gone}\n---\n"
                                             "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: far, "
                                             "namespace: elsewhere}\n---\n"
                                             "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: "
                                             "unknown-kind}\n");

  EXPECT_THAT(described(inventory.of_manifest), ElementsAre("Ingress web", "ConfigMap far"));
}

TEST_F(ReadInventory, NamesAnObjectOnceWhereListAndManifestHaveIt) {
  put(R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "circleci-server"}})");

  const Inventory inventory = read_inventory(context,
                                             "apiVersion: v1\nkind: ConfigMap\nmetadata: "
                                             "{name: c, namespace: circleci-server}\n");

  EXPECT_THAT(inventory.of_manifest, IsEmpty());
}

TEST_F(ReadInventory, SeesEachObjectOnceWhenAListStartsAgain) {
  server.seed(
      "{apiVersion: testing/v1, kind: Repeat, count: 1100, object: "
      "{apiVersion: v1, kind: ConfigMap, "
      "metadata: {name: \"c-%d\", namespace: circleci-server}}}");
  server.add_fault("status=410 times=1 path=/configmaps?limit=500&continue");

  const auto names = described(read_inventory(context, {}).of_kinds);

  EXPECT_EQ(std::set(names.begin(), names.end()).size(), names.size());
  EXPECT_THAT(names, Contains("ConfigMap c-1099"));
}

class ReadInventoryAsJane : public MigrationTest {
 protected:
  static apiserver::ApiServerOptions with_jane() {
    auto options = with_namespace();
    options.tokens = {"jane-token=jane"};
    return options;
  }
  ReadInventoryAsJane() : MigrationTest(with_jane(), {.token = Secret<std::string>("jane-token")}) {}
};

TEST_F(ReadInventoryAsJane, NamesTheKindThatMayNotBeListed) {
  server.deny("jane list daemonsets");

  EXPECT_THAT(problem([&] { (void)read_inventory(context, {}); }), HasSubstr("list DaemonSet"));
}

class ReadInventoryOfMinor : public ::testing::TestWithParam<int> {};

TEST_P(ReadInventoryOfMinor, FindsEveryKindInTheVersionThatIsServed) {
  auto options = with_installation();
  options.minor = GetParam();
  const apiserver::ApiServer server(options);
  test::ApiConnection connection(server);
  test::RecordingObserver observer;
  change::Executor executor(connection.client, observer, {});
  Context context{.client = connection.client,
                  .executor = executor,
                  .observer = observer,
                  .ns = {kNs},
                  .release = "circleci-server"};

  std::set<std::string> kinds;
  for (const auto& object : read_inventory(context, {}).of_kinds) kinds.insert(object.ref.kind);

  EXPECT_EQ(kinds.size(), 14U) << ::testing::PrintToString(kinds);
}

INSTANTIATE_TEST_SUITE_P(Kubernetes, ReadInventoryOfMinor,
                         ::testing::Values(16, 18, 20, 21, 23, 25, 27, 30, 33));

}  // namespace

}  // namespace kots_export::migration
