#include <kots_export/migration/checks.h>
#include <kots_export/util/base64.h>

#include "unit/migration/migration_fixture.h"

#include <gmock/gmock.h>

namespace kots_export::migration {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

apiserver::ApiServerOptions with_jane(apiserver::ApiServerOptions options) {
  options.tokens = {"jane-token=jane"};
  return options;
}

class Checks : public MigrationTest {
 protected:
  Checks() : MigrationTest(with_installation()) {}

  // The Error of the checks: its text and exit code.
  std::pair<std::string, ExitCode> outcome(const CheckOptions& options = {}) {
    try {
      check_installation(context, options);
      return {"", ExitCode::done};
    } catch (const Error& error) {
      return {std::string(error.what()) + " | " + error.hint(), error.exit_code()};
    }
  }

  void put_pull_secret(const json& data, const std::string& type = "kubernetes.io/dockerconfigjson") {
    server.put({{"apiVersion", "v1"},
                {"kind", "Secret"},
                {"metadata", {{"name", "regcred"}, {"namespace", kNs}}},
                {"type", type},
                {"data", data}});
  }
  static json docker_config(const std::string& content) {
    return {{".dockerconfigjson", util::base64_encode(content)}};
  }
};

TEST_F(Checks, PassOnAnInstallation) {
  EXPECT_EQ(outcome().first, "");
  EXPECT_EQ(server.count_writes(), 0U);
}

TEST_F(Checks, MissTheNamespaceAndNameTheNearOne) {
  context.ns.name = "circleci-sever";
  server.seed("{apiVersion: v1, kind: Namespace, metadata: {name: kube-public}}");

  const auto [text, code] = outcome();

  EXPECT_EQ(code, ExitCode::failed);
  EXPECT_THAT(text, AllOf(HasSubstr("namespace circleci-sever does not exist"), HasSubstr("circleci-server"),
                          HasSubstr("--namespace")));
}

TEST_F(Checks, MissTheRelease) {
  context.release = "circle";

  const auto [text, code] = outcome();

  EXPECT_EQ(code, ExitCode::failed);
  EXPECT_THAT(text, AllOf(HasSubstr("no release circle"), HasSubstr("--release-name")));
}

TEST_F(Checks, NameTheReleasesThatAreThere) {
  context.release = "circle";

  EXPECT_THAT(outcome().first, AllOf(HasSubstr("circleci-server"), HasSubstr("other")));
}

TEST_F(Checks, MissThePullSecretAndSayHowToMakeIt) {
  server.remove("Secret", kNs, "regcred");

  const auto [text, code] = outcome();

  EXPECT_EQ(code, ExitCode::check_failed);
  EXPECT_THAT(text, AllOf(HasSubstr("Secret regcred"), HasSubstr("does not exist"),
                          HasSubstr("kots-export secret -n circleci-server")));
}

TEST_F(Checks, DoNotLookAtThePullSecretWhereNothingIsPulled) {
  server.remove("Secret", kNs, "regcred");

  EXPECT_EQ(outcome({.pull_secret = CheckOptions::PullSecret::not_needed}).first, "");
}

TEST_F(Checks, RefuseAPullSecretThatCannotWork) {
  const std::vector<std::tuple<json, std::string, std::string>> cases = {
      {docker_config("{}"), "Opaque", "its type is Opaque"},
      {json::object(), "kubernetes.io/dockerconfigjson", "not JSON"},
      {docker_config("not json"), "kubernetes.io/dockerconfigjson", "not JSON"},
      {docker_config("[]"), "kubernetes.io/dockerconfigjson", "not JSON"},
      {docker_config("{}"), "kubernetes.io/dockerconfigjson", "no entry for cciserver.azurecr.io"},
      {docker_config(R"({"auths": null})"), "kubernetes.io/dockerconfigjson", "no entry"},
      {docker_config(R"({"auths": {"docker.io": {}}})"), "kubernetes.io/dockerconfigjson", "no entry"},
  };
  for (const auto& [data, type, words] : cases) {
    SCOPED_TRACE(words);
    put_pull_secret(data, type);
    const auto [text, code] = outcome();
    EXPECT_EQ(code, ExitCode::check_failed);
    EXPECT_THAT(text, HasSubstr(words));
  }
}

TEST_F(Checks, TakeEveryWayToWriteTheRegistry) {
  for (const char* server_name :
       {"cciserver.azurecr.io", "https://cciserver.azurecr.io", "https://cciserver.azurecr.io/"}) {
    SCOPED_TRACE(server_name);
    put_pull_secret(docker_config(json{{"auths", {{server_name, {{"auth", "eA=="}}}}}}.dump()));
    EXPECT_EQ(outcome().first, "");
  }
}

TEST_F(Checks, LookForTheRegistryThatWasAskedFor) {
  const auto [text, code] = outcome({.registry = {.name = "devcharts"}});

  EXPECT_EQ(code, ExitCode::check_failed);
  EXPECT_THAT(text, AllOf(HasSubstr("no entry for devcharts.azurecr.io"), HasSubstr("--dev")));
}

class ChecksAsJane : public MigrationTest {
 protected:
  ChecksAsJane()
      : MigrationTest(with_jane(with_installation()), {.token = Secret<std::string>("jane-token")}) {}
};

TEST_F(ChecksAsJane, DoNotNeedTheRightToReadNamespaces) {
  server.deny("jane * namespaces");

  EXPECT_EQ(problem([&] { check_installation(context, {}); }), "");
}

TEST_F(ChecksAsJane, NameNoNamespacesWhereTheyMayNotBeListed) {
  server.deny("jane list namespaces");
  context.ns.name = "elsewhere";

  EXPECT_THAT(problem([&] { check_namespace(context); }),
              AllOf(HasSubstr("namespace elsewhere does not exist"), Not(HasSubstr("forbidden"))));
}

TEST_F(ChecksAsJane, SayThatSecretsMayNotBeRead) {
  server.deny("jane * secrets");

  EXPECT_THAT(problem([&] { check_installation(context, {}); }),
              AllOf(HasSubstr("Secret"), HasSubstr("forbidden")));
}

}  // namespace

}  // namespace kots_export::migration
