#include <kots_export/migration/flyway.h>
#include <kots_export/util/base64.h>

#include "unit/migration/migration_fixture.h"
#include "unit/support/scripted_transport.h"

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

apiserver::ApiServerOptions with_jane() {
  auto options = with_namespace();
  options.tokens = {"jane-token=jane"};
  return options;
}

// A frontend Pod whose container has the environment that a test gives it.
class DatabaseAccessTest : public MigrationTest {
 protected:
  explicit DatabaseAccessTest(const kube::KubeconfigOverrides& overrides = {})
      : MigrationTest(with_jane(), overrides) {}

  enum class State { waiting, running, ready };
  void put_frontend(const json& env, const json& env_from = json::array(),
                    const json& image_env = json::object(), const std::string& name = "frontend-1",
                    State state = State::ready) {
    const json container{{"name", "frontend"}, {"image", "f"}, {"env", env}, {"envFrom", env_from}};
    const json sidecar =
        json::parse(R"({"name": "a", "image": "s", "env": [{"name": "POSTGRES_HOST", "value": "no"}]})");
    server.put({{"apiVersion", "v1"},
                {"kind", "Pod"},
                {"metadata",
                 {{"name", name},
                  {"namespace", kNs},
                  {"labels", {{"app", "frontend"}}},
                  {"annotations", {{"apiserver.test/image-env", image_env.dump()}}}}},
                {"spec", {{"containers", json::array({sidecar, container})}}}});
    set_state(name, state);
  }
  // Once the server's kubelet has started the Pod, its containers get the state that a test wants.
  void set_state(const std::string& name, State state) {
    const auto pod = [&] { return server.get("Pod", kNs, name).value(); };
    if (!server.wait_until([&] { return pod()["status"].value("podIP", "") == "10.244.0.17"; }))
      throw std::runtime_error("the Pod of a test does not start");
    if (state == State::ready) return;
    json changed = pod();
    for (json& status : changed["status"]["containerStatuses"]) {
      status["ready"] = false;
      if (state == State::waiting) status["state"] = {{"waiting", {{"reason", "CrashLoopBackOff"}}}};
    }
    server.put(changed);
  }
  // Another container, with the environment of another Pod.
  void remove_frontend() {
    server.remove("Pod", kNs, "frontend-1");
    if (!server.wait_until([this] { return !server.get("Pod", kNs, "frontend-1"); }))
      throw std::runtime_error("the Pod of a test does not go");
  }
  void put_secret(const std::string& key, const std::string& value, const std::string& name = "db") {
    server.put({{"apiVersion", "v1"},
                {"kind", "Secret"},
                {"metadata", {{"name", name}, {"namespace", kNs}}},
                {"data", {{key, util::base64_encode(value)}}}});
  }
  void put_config_map(const json& data, const std::string& name = "config") {
    server.put({{"apiVersion", "v1"},
                {"kind", "ConfigMap"},
                {"metadata", {{"name", name}, {"namespace", kNs}}},
                {"data", data}});
  }
  static json plain(const std::string& name, const std::string& value) {
    return {{"name", name}, {"value", value}};
  }
  static json from_secret(const std::string& name, const std::string& key, bool optional = false) {
    return {{"name", name},
            {"valueFrom", {{"secretKeyRef", {{"name", "db"}, {"key", key}, {"optional", optional}}}}}};
  }
  // The usual four, with what a test wants different in front.
  static json env_with(json first) {
    json env = std::move(first);
    const auto has = [&](const std::string& name) {
      return std::ranges::any_of(env, [&](const json& entry) { return entry["name"] == name; });
    };
    for (const auto& [name, value] :
         {std::pair{"POSTGRES_HOST", "postgresql"}, std::pair{"POSTGRES_PORT", "5432"},
          std::pair{"POSTGRES_USERNAME", "postgres"}, std::pair{"POSTGRES_PASSWORD", "pw"}})
      if (!has(name)) env.push_back(plain(name, value));
    return env;
  }
  DatabaseAccess read() {
    context.database.reset();
    return database_access(context);
  }
};

TEST_F(DatabaseAccessTest, IsWhatTheContainerHas) {
  put_secret("password", "p@ss w0rd'\"&%+#");
  put_config_map({{"host", "db.example.com"}});
  put_frontend(env_with({{{"name", "POSTGRES_HOST"},
                          {"valueFrom", {{"configMapKeyRef", {{"name", "config"}, {"key", "host"}}}}}},
                         from_secret("POSTGRES_PASSWORD", "password")}));

  const DatabaseAccess access = read();

  EXPECT_EQ(access.host, "db.example.com");
  EXPECT_EQ(access.port, "5432");
  EXPECT_EQ(access.username, "postgres");
  EXPECT_EQ(access.password.reveal(), "p@ss w0rd'\"&%+#");
  EXPECT_TRUE(observer.notices.empty());
}

TEST_F(DatabaseAccessTest, KeepsEveryByteOfThePassword) {
  for (const char* password :
       {"two\nlines", "ends in a line feed\n", "\n", "\xFF\xFE", " blank ", "$(X)$$", ""}) {
    SCOPED_TRACE(password);
    put_secret("password", password);
    remove_frontend();
    put_frontend(env_with({from_secret("POSTGRES_PASSWORD", "password")}));
    EXPECT_EQ(read().password.reveal(), password);
  }
}

// Container runtimes lose the output of a short command at times: exit code 0, and not a byte.
TEST(DatabaseAccessByScript, IsTheDescriptionWhereTheOutputOfPrintenvIsLost) {
  json env = json::array();
  for (const auto& [name, value] :
       {std::pair{"POSTGRES_HOST", "db"}, std::pair{"POSTGRES_PORT", "5432"},
        std::pair{"POSTGRES_USERNAME", "me"}, std::pair{"POSTGRES_PASSWORD", "pw"}})
    env.push_back({{"name", name}, {"value", value}});
  const json pod{
      {"metadata", {{"name", "frontend-1"}}},
      {"spec", {{"containers", json::array({{{"name", "frontend"}, {"env", env}}})}}},
      {"status",
       {{"containerStatuses",
         json::array({{{"name", "frontend"}, {"ready", true}, {"state", {{"running", json::object()}}}}})}}}};
  test::ScriptedTransport transport;
  transport.get("/pods", test::ok({{"kind", "PodList"},
                                   {"metadata", {{"resourceVersion", "1"}}},
                                   {"items", json::array({pod})}}));
  const std::string one_is_not_set = R"({"status":"Failure","reason":"NonZeroExitCode",)"
                                     R"("details":{"causes":[{"reason":"ExitCode","message":"1"}]}})";
  transport.on_websocket({.messages = {"\x03" + one_is_not_set}});
  transport.on_websocket({.messages = {"\x03{\"status\":\"Success\"}"}});
  kube::Client client{transport};
  test::RecordingObserver observer;
  change::Executor executor{client, observer, {}};
  Context context{.client = client, .executor = executor, .observer = observer, .ns = {"ns"}, .release = "r"};

  const DatabaseAccess access = database_access(context);

  EXPECT_EQ(access.host, "db");
  EXPECT_EQ(access.password.reveal(), "pw");
  ASSERT_EQ(observer.notices.size(), 1U);
  EXPECT_EQ(observer.notices[0].id, "flyway.container-not-asked");
}

TEST_F(DatabaseAccessTest, IsThatOfTheRunningContainerWhereTheSecretWasChangedSince) {
  put_secret("password", "in use");
  put_frontend(env_with({from_secret("POSTGRES_PASSWORD", "password")}));
  ASSERT_EQ(read().password.reveal(), "in use");
  put_secret("password", "changed, but the frontend was not restarted");

  EXPECT_EQ(read().password.reveal(), "in use");
}

TEST_F(DatabaseAccessTest, SeesWhatTheImageSets) {
  put_frontend({plain("POSTGRES_HOST", "h"), plain("POSTGRES_PORT", "1"), plain("POSTGRES_PASSWORD", "p")},
               json::array(), {{"POSTGRES_USERNAME", "set by the image"}});

  EXPECT_EQ(read().username, "set by the image");
}

TEST_F(DatabaseAccessTest, NamesTheVariableThatIsMissing) {
  put_frontend({plain("POSTGRES_HOST", "h"), plain("POSTGRES_PORT", "1"), plain("POSTGRES_USERNAME", "u")});

  EXPECT_THAT(problem([&] { (void)read(); }),
              AllOf(HasSubstr("POSTGRES_PASSWORD"), HasSubstr("Pod frontend-1")));
}

TEST_F(DatabaseAccessTest, NeedsARunningFrontend) {
  EXPECT_THAT(problem([&] { (void)read(); }),
              AllOf(HasSubstr("no Pod of the frontend is running"),
                    HasSubstr("kubectl -n circleci-server get pods -l app=frontend")));
}

TEST_F(DatabaseAccessTest, PassesOverPodsThatDoNotRun) {
  put_frontend(env_with({plain("POSTGRES_HOST", "old")}), json::array(), json::object(), "frontend-0",
               State::waiting);
  put_frontend(env_with({plain("POSTGRES_HOST", "new")}));

  EXPECT_EQ(read().host, "new");
}

TEST_F(DatabaseAccessTest, PrefersAContainerThatIsReady) {
  put_frontend(env_with({plain("POSTGRES_HOST", "starting")}), json::array(), json::object(), "frontend-0",
               State::running);
  put_frontend(env_with({plain("POSTGRES_HOST", "ready")}));

  EXPECT_EQ(read().host, "ready");
}

TEST_F(DatabaseAccessTest, TakesAContainerThatIsNotReadyWhereNoOtherRuns) {
  put_frontend(env_with({plain("POSTGRES_HOST", "starting")}), json::array(), json::object(), "frontend-0",
               State::running);

  EXPECT_EQ(read().host, "starting");
}

// Where exec is not allowed, the Pod's description and the objects it names
// have the answer.
class DatabaseAccessWithoutExec : public DatabaseAccessTest {
 protected:
  DatabaseAccessWithoutExec() : DatabaseAccessTest({.token = Secret<std::string>("jane-token")}) {
    server.deny("jane * pods/exec");
  }
  // The host, from env entries.
  std::string host(json env, const json& env_from = json::array()) {
    remove_frontend();
    put_frontend(env_with(std::move(env)), env_from);
    return read().host;
  }
};

TEST_F(DatabaseAccessWithoutExec, ResolvesThePodsDescriptionAndSaysSo) {
  put_secret("password", "two\nlines\xFF");
  put_frontend(env_with({from_secret("POSTGRES_PASSWORD", "password")}));

  EXPECT_EQ(read().password.reveal(), "two\nlines\xFF");
  EXPECT_THAT(observer.argument("flyway.container-not-asked", "why"), HasSubstr("forbidden"));
}

TEST_F(DatabaseAccessWithoutExec, ExpandsReferencesAsKubernetesDoes) {
  EXPECT_EQ(host({plain("A", "a"), plain("POSTGRES_HOST", "x$(A)y$(A)")}), "xaya");
  EXPECT_EQ(host({plain("A", "a"), plain("POSTGRES_HOST", "$$(A)")}), "$(A)");
  EXPECT_EQ(host({plain("POSTGRES_HOST", "$$$$ $ $x $(")}), "$$ $ $x $(");
  EXPECT_EQ(host({plain("POSTGRES_HOST", "$(UNDEFINED)")}), "$(UNDEFINED)");
  EXPECT_EQ(host({plain("POSTGRES_HOST", "$(LATER)"), plain("LATER", "l")}), "$(LATER)");
  EXPECT_EQ(host({plain("A", "$(B)"), plain("B", "b"), plain("POSTGRES_HOST", "$(A)")}), "$(B)");
}

TEST_F(DatabaseAccessWithoutExec, DoesNotGuessTheVariablesOfServices) {
  put_frontend(env_with({plain("POSTGRES_HOST", "$(POSTGRESQL_SERVICE_HOST)")}));

  EXPECT_THAT(problem([&] { (void)read(); }), HasSubstr("POSTGRES_HOST"));
}

TEST_F(DatabaseAccessWithoutExec, TakesTheLastOfSeveralEntries) {
  EXPECT_EQ(host({plain("POSTGRES_HOST", "first"), plain("POSTGRES_HOST", "last")}), "last");
}

TEST_F(DatabaseAccessWithoutExec, ReadsEnvFromWithPrefixAndLetsEnvWin) {
  put_config_map({{"HOST", "from the map"}, {"PORT", "7"}}, "one");
  put_config_map({{"POSTGRES_HOST", "from the later map"}}, "two");
  put_secret("POSTGRES_USERNAME", "from the secret");
  const json env_from = {{{"prefix", "POSTGRES_"}, {"configMapRef", {{"name", "one"}}}},
                         {{"configMapRef", {{"name", "two"}}}},
                         {{"secretRef", {{"name", "db"}}}},
                         {{"secretRef", {{"name", "missing"}, {"optional", true}}}}};
  put_frontend({plain("POSTGRES_PASSWORD", "pw"), plain("POSTGRES_PORT", "8")}, env_from);

  const DatabaseAccess access = read();

  EXPECT_EQ(access.host, "from the later map");
  EXPECT_EQ(access.port, "8");
  EXPECT_EQ(access.username, "from the secret");
}

TEST_F(DatabaseAccessWithoutExec, AnOptionalKeyThatIsMissingChangesNothing) {
  put_config_map({{"POSTGRES_HOST", "from the map"}});
  const json env_from = {{{"configMapRef", {{"name", "config"}}}}};
  put_frontend({from_secret("POSTGRES_HOST", "none", true), plain("POSTGRES_PORT", "1"),
                plain("POSTGRES_USERNAME", "u"), plain("POSTGRES_PASSWORD", "p")},
               env_from);

  EXPECT_EQ(read().host, "from the map");
}

TEST_F(DatabaseAccessWithoutExec, SaysThatAVariableCannotBeFound) {
  put_secret("password", "x");
  put_frontend(env_with({from_secret("POSTGRES_PASSWORD", "password")}));
  server.remove("Secret", kNs, "db");

  EXPECT_THAT(problem([&] { (void)read(); }),
              AllOf(HasSubstr("POSTGRES_PASSWORD"), HasSubstr("forbidden"), HasSubstr("Pod frontend-1")));
}

TEST_F(DatabaseAccessWithoutExec, CannotFollowAFieldOfThePod) {
  put_frontend(env_with(
      {{{"name", "POSTGRES_HOST"}, {"valueFrom", {{"fieldRef", {{"fieldPath", "status.hostIP"}}}}}}}));

  EXPECT_THAT(problem([&] { (void)read(); }), HasSubstr("POSTGRES_HOST"));
}

std::string url(const std::string& host, const std::string& user, const std::string& password) {
  return jdbc_url({.host = host, .port = "5432", .username = user, .password = Secret<std::string>(password)})
      .reveal();
}

TEST(JdbcUrl, IsWhatTheMigratorReads) {
  EXPECT_EQ(url("postgresql", "postgres", "pw"),
            "jdbc:postgresql://postgresql:5432/domain?user=postgres&password=pw");
}

TEST(JdbcUrl, PercentEncodesUserAndPassword) {
  EXPECT_EQ(url("h", "a&b=c", "p@ss w0rd'\"&%+#?/\n\xFF"),
            "jdbc:postgresql://h:5432/"
            "domain?user=a%26b%3Dc&password=p%40ss%20w0rd%27%22%26%25%2B%23%3F%"
            "2F%0A%FF");
}

TEST(JdbcUrl, PutsAnIpv6AddressInBrackets) {
  EXPECT_EQ(url("fd00::1", "u", "p"), "jdbc:postgresql://[fd00::1]:5432/domain?user=u&password=p");
  EXPECT_EQ(url("[fd00::1]", "u", "p"), "jdbc:postgresql://[fd00::1]:5432/domain?user=u&password=p");
}

}  // namespace

}  // namespace kots_export::migration
