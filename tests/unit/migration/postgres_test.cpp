#include <kots_export/migration/postgres.h>
#include <kots_export/values/yaml.h>

#include "unit/migration/migration_fixture.h"

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Postgres : public MigrationTest {
 protected:
  Postgres() : MigrationTest(with_installation()) {}
};

TEST_F(Postgres, DeletesStatefulSetAndSecretAndOrphansThePods) {
  const change::Plan plan = plan_postgres(context);

  EXPECT_THAT(changes_of(plan), ElementsAre("delete StatefulSet postgresql", "delete Secret postgresql"));
  EXPECT_EQ(plan.changes[0].propagation, kube::Propagation::orphan);
  EXPECT_EQ(plan.changes[0].before["spec"]["serviceName"], "postgresql");
  EXPECT_FALSE(plan.changes[1].object.uid.empty());
}

TEST_F(Postgres, LeavesPodAndDataRunning) {
  run_postgres(context, plan_postgres(context));

  EXPECT_TRUE(server.get("Pod", kNs, "postgresql-0"));
  EXPECT_TRUE(server.get("PersistentVolumeClaim", kNs, "data-postgresql-0"));
  EXPECT_FALSE(server.get("StatefulSet", kNs, "postgresql"));
}

TEST_F(Postgres, SaysWhatIsNotGoneInTime) {
  server.seed(
      "apiVersion: v1\nkind: Secret\nmetadata: {name: postgresql, namespace: circleci-server, finalizers: "
      "[example.com/keep]}\n");

  run_postgres(context, plan_postgres(context), std::chrono::milliseconds(500));

  EXPECT_EQ(observer.argument("postgres.still-there", "object"), "Secret postgresql");
}

TEST_F(Postgres, HasNothingToDoTheSecondTime) {
  run_postgres(context, plan_postgres(context));

  EXPECT_THAT(changes_of(plan_postgres(context)), IsEmpty());
}

TEST(PostgresIsInternal, OnlyWhereTheValuesSaySo) {
  const auto is_internal = [](const char* yaml) {
    return postgres_is_internal(values::parse_yaml(yaml, "test"));
  };
  EXPECT_TRUE(is_internal("postgresql: {internal: true}"));
  EXPECT_FALSE(is_internal("postgresql: {internal: false}"));
  EXPECT_FALSE(is_internal("postgresql: {}"));
  EXPECT_FALSE(is_internal("postgresql: internal"));
  EXPECT_FALSE(is_internal("{}"));
}

}  // namespace

}  // namespace kots_export::migration
