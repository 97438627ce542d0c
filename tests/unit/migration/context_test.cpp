#include <kots_export/migration/context.h>

#include "unit/migration/migration_fixture.h"

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ContextTest : public MigrationTest {};

TEST_F(ContextTest, RefersToNamespacedObjectsInTheNamespace) {
  const kube::ObjectRef secret = object_ref(context, "", "Secret", "regcred");

  EXPECT_EQ(kube::object_path(secret), "/api/v1/namespaces/circleci-server/secrets/regcred");
  EXPECT_EQ(secret.kind, "Secret");
}

TEST_F(ContextTest, RefersToClusterScopedObjectsWithoutIt) {
  EXPECT_EQ(kube::object_path(object_ref(context, "", "PersistentVolume", "pv-1")),
            "/api/v1/persistentvolumes/pv-1");
}

TEST_F(ContextTest, SaysThatAKindIsNotServed) {
  EXPECT_THAT(problem([&] { (void)require_resource(connection.client, "example.com", "Widget"); }),
              AllOf(HasSubstr("does not serve Widget (example.com)"), HasSubstr("--context")));
}

TEST(RegistryHost, IsInAzure) {
  EXPECT_EQ(Registry{}.host(), "cciserver.azurecr.io");
  EXPECT_EQ(Registry{}.url(), "https://cciserver.azurecr.io");
  EXPECT_EQ(Registry{.name = "devcharts"}.host(), "devcharts.azurecr.io");
}

}  // namespace

}  // namespace kots_export::migration
