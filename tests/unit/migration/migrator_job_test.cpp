#include "migration/migrator_job.h"

#include <kots_export/util/base64.h>

#include "unit/migration/migration_fixture.h"

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class MigratorJob : public MigrationTest {
 protected:
  static DatabaseAccess access() {
    return {.host = "postgresql",
            .port = "5432",
            .username = "postgres",
            .password = Secret<std::string>("p@ss w0rd'\"&%+#")};
  }

  // The value or source of an environment variable of the Job's container.
  json variable(const std::string& name, const DatabaseAccess& database) {
    const json job = migrator_job(context, database, {});
    for (const json& entry : job["spec"]["template"]["spec"]["containers"][0]["env"])
      if (entry["name"] == name) return entry;
    return nullptr;
  }
};

TEST_F(MigratorJob, IsTheScriptsJob) {
  const json job = migrator_job(context, access(), {});

  EXPECT_EQ(job["metadata"]["name"], "circle-migrator");
  EXPECT_EQ(job["metadata"]["namespace"], kNs);
  EXPECT_EQ(job["metadata"]["labels"], json::parse(R"({"app": "circle-migrator", "layer": "application"})"));
  EXPECT_EQ(job["spec"]["ttlSecondsAfterFinished"], 86400);
  EXPECT_EQ(job["spec"]["template"]["metadata"]["labels"]["app"], "circle-migrator");
  const json& pod = job["spec"]["template"]["spec"];
  EXPECT_EQ(pod["restartPolicy"], "Never");
  EXPECT_EQ(pod["imagePullSecrets"], json::parse(R"([{"name": "regcred"}])"));
  ASSERT_EQ(pod["containers"].size(), 1U);
  EXPECT_EQ(pod["containers"][0]["name"], "circle-migrator");
  EXPECT_EQ(pod["containers"][0]["image"], "cciserver.azurecr.io/circle-migrator:0.1.532114-6a5071e0ed");
  EXPECT_EQ(pod["containers"][0]["resources"], json::parse(R"({"limits": {"cpu": "1", "memory": "100Mi"},
                            "requests": {"cpu": "2m", "memory": "10Mi"}})"));
}

TEST_F(MigratorJob, KeepsSidecarsOut) {
  const json metadata = migrator_job(context, access(), {})["spec"]["template"]["metadata"];

  EXPECT_EQ(metadata["labels"]["sidecar.istio.io/inject"], "false");
  EXPECT_EQ(metadata["annotations"],
            json::parse(R"({"sidecar.istio.io/inject": "false", "linkerd.io/inject": "disabled"})"));
}

TEST_F(MigratorJob, IsNotRepeatedBehindTheOperatorsBack) {
  EXPECT_EQ(migrator_job(context, access(), {})["spec"]["backoffLimit"], 0);
}

TEST_F(MigratorJob, TakesTheImageFromTheDevelopmentRegistry) {
  EXPECT_EQ(migrator_image({.name = "devcharts"}),
            "devcharts.azurecr.io/circle-migrator:0.1.532114-6a5071e0ed");
}

TEST_F(MigratorJob, HasTheVariablesThatTheMigratorReads) {
  EXPECT_EQ(variable("FLYWAY_BASELINE_ON_MIGRATE", access())["value"], "true");
  EXPECT_EQ(variable("POSTGRESQL_HOST", access())["value"], "postgresql");
  EXPECT_EQ(variable("POSTGRESQL_PORT", access())["value"], "5432");
  for (const char* name : {"POSTGRESQL_USERNAME", "POSTGRESQL_PASSWORD", "DATABASE_URL"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(variable(name, access())["valueFrom"]["secretKeyRef"],
              json({{"name", kMigratorSecret}, {"key", name}}));
  }
}

TEST_F(MigratorJob, ShowsNoPasswordInTheJob) {
  const std::string text = migrator_job(context, access(), {}).dump();

  EXPECT_THAT(text, Not(HasSubstr("w0rd")));
}

TEST_F(MigratorJob, KeepsADollarADollar) {
  DatabaseAccess database = access();
  database.host = "$(HOME)$";

  EXPECT_EQ(variable("POSTGRESQL_HOST", database)["value"], "$$(HOME)$$");
}

TEST_F(MigratorJob, KeepsAnyByteOfThePasswordInTheSecret) {
  DatabaseAccess database = access();
  database.password = Secret<std::string>("\xFF\x01\n'");

  const json secret = migrator_secret(context, database);

  EXPECT_EQ(secret["metadata"]["name"], kMigratorSecret);
  EXPECT_EQ(secret["type"], "Opaque");
  EXPECT_EQ(util::base64_decode(secret["data"]["POSTGRESQL_PASSWORD"].get<std::string>()), "\xFF\x01\n'");
  EXPECT_EQ(util::base64_decode(secret["data"]["POSTGRESQL_USERNAME"].get<std::string>()), "postgres");
  EXPECT_EQ(util::base64_decode(secret["data"]["DATABASE_URL"].get<std::string>()),
            "jdbc:postgresql://postgresql:5432/"
            "domain?user=postgres&password=%FF%01%0A%27");
}

}  // namespace

}  // namespace kots_export::migration
