#include "cli/installation.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <unistd.h>

// Each way a run can be started wrongly: one clear message, exit code 1 (2 for usage, 4 for a failed check),
// nothing changed in the cluster, no file lost.
namespace kots_export::test {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

class BadInput : public ::testing::Test {
 protected:
  // What an earlier run has left must survive a failed one.
  BadInput() {
    std::filesystem::create_directories(installation_.folder / "output");
    write(installation_.folder / "output/helm-values.yaml", kEarlier);
  }

  void expect_refused(const Finished& run, int exit_code) {
    EXPECT_EQ(run.exit_code, exit_code) << run.err;
    EXPECT_EQ(count(run.err, "error: "), 1U) << run.err;
    EXPECT_TRUE(run.out.empty()) << run.out;
    EXPECT_EQ(installation_.server.count_writes(), 0U);
    EXPECT_EQ(installation_.server.resource_version(), version_);
    EXPECT_EQ(read(installation_.folder / "output/helm-values.yaml"), kEarlier);
    EXPECT_FALSE(std::filesystem::exists(installation_.folder / "backup"));
  }

  // Call it where a test changed the installation itself.
  void take_as_it_is() { version_ = installation_.server.resource_version(); }

  Start whole_run_with(const std::string& kubeconfig) const {
    return {.arguments = Installation::whole_run(),
            .environment = {{"KUBECONFIG", kubeconfig}},
            .input = {},
            .folder = {},
            .meanwhile = {}};
  }

  static constexpr const char* kEarlier = "of: an earlier run\n";
  static apiserver::ApiServerOptions with_jane() {
    apiserver::ApiServerOptions options;
    options.tokens = {"jane-token=jane"};
    return options;
  }

  Installation installation_{with_jane()};
  std::uint64_t version_ = installation_.server.resource_version();
};

TEST_F(BadInput, NoKubeconfig) {
  Start start = whole_run_with("");

  const Finished run = installation_.run(start);

  expect_refused(run, 1);
  EXPECT_THAT(run.err, AllOf(HasSubstr("kubeconfig"), HasSubstr("--kubeconfig")));
}

TEST_F(BadInput, KubeconfigFlagNamesAMissingFile) {
  const Finished run = installation_.run(Installation::whole_run({"--kubeconfig", "/no/such/file"}));

  expect_refused(run, 1);
  EXPECT_THAT(run.err, HasSubstr("/no/such/file"));
}

TEST_F(BadInput, KubeconfigIsNotYaml) {
  write(installation_.folder / "kubeconfig",
        "\x7f"
        "ELF\x01\x02 [");

  const Finished run = installation_.run(whole_run_with("kubeconfig"));

  expect_refused(run, 1);
  EXPECT_THAT(run.err, HasSubstr("kubeconfig"));
}

TEST_F(BadInput, KubeconfigMayNotBeRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  write(installation_.folder / "kubeconfig", "");
  std::filesystem::permissions(installation_.folder / "kubeconfig", std::filesystem::perms::none);

  const Finished run = installation_.run(whole_run_with("kubeconfig"));

  expect_refused(run, 1);
  EXPECT_THAT(run.err, HasSubstr("ermission denied"));
}

TEST_F(BadInput, UnknownContextNamesThoseThatAreThere) {
  const Finished run = installation_.run(Installation::whole_run({"--context", "staging"}));

  expect_refused(run, 1);
  EXPECT_THAT(run.err, AllOf(HasSubstr("staging"), HasSubstr("test")));
}

TEST_F(BadInput, ServerIsDown) {
  const std::string server = [] { return apiserver::ApiServer().url(); }();  // nobody listens there any more

  const Finished run = installation_.run(Installation::whole_run({"--server", server}));

  expect_refused(run, 4);
  EXPECT_THAT(run.err, AllOf(HasSubstr("no connection to " + server), HasSubstr("--context")));
}

TEST_F(BadInput, ServerNameDoesNotResolve) {
  const Finished run =
      installation_.run(Installation::whole_run({"--server", "https://no-such-host.invalid"}));

  expect_refused(run, 4);
  EXPECT_THAT(run.err, HasSubstr("no-such-host.invalid"));
}

TEST_F(BadInput, WrongAuthority) {
  const apiserver::ApiServer stranger;
  write(installation_.folder / "ca.pem", stranger.ca_pem());

  const Finished run = installation_.run(Installation::whole_run({"--certificate-authority", "ca.pem"}));

  expect_refused(run, 4);
  EXPECT_THAT(run.err, HasSubstr("signed by an unknown authority"));
}

TEST_F(BadInput, ExpiredServerCertificate) {
  apiserver::ApiServerOptions options;
  options.cert_expired = true;
  const apiserver::ApiServer expired(options);

  const Finished run = installation_.run(whole_run_with(expired.kubeconfig_path()));

  expect_refused(run, 4);
  EXPECT_THAT(run.err, HasSubstr("the server's certificate has expired"));
}

TEST_F(BadInput, ServerCertificateOfAnotherHost) {
  apiserver::ApiServerOptions options;
  options.cert_host = "elsewhere.example.com";
  const apiserver::ApiServer elsewhere(options);

  const Finished run = installation_.run(whole_run_with(elsewhere.kubeconfig_path()));

  expect_refused(run, 4);
  EXPECT_THAT(run.err, HasSubstr("certificate is for another host"));
}

TEST_F(BadInput, Unauthorized) {
  const Finished run = installation_.run(Installation::whole_run({"--token", "a-wrong-token"}));

  expect_refused(run, 4);
  EXPECT_THAT(run.err, AllOf(HasSubstr("nauthorized"), Not(HasSubstr("a-wrong-token"))));
}

TEST_F(BadInput, ForbiddenToListOneKind) {
  // Not the admin: group system:masters may do everything.
  installation_.server.deny("jane list networkpolicies");

  const Finished run = installation_.run(Installation::whole_run({"--token", "jane-token"}));

  expect_refused(run, 4);
  EXPECT_THAT(run.err, HasSubstr("this user may not: list networkpolicies.networking.k8s.io\n"));
}

TEST_F(BadInput, NoSuchNamespace) {
  const Finished run = installation_.run(Installation::whole_run({"-n", "elsewhere"}));

  expect_refused(run, 4);
  EXPECT_THAT(run.err, AllOf(HasSubstr("namespace elsewhere does not exist"), HasSubstr("--namespace")));
}

TEST_F(BadInput, NoRelease) {
  const Finished run = installation_.run(Installation::whole_run({"-a", "circle"}));

  expect_refused(run, 4);
  EXPECT_THAT(run.err, AllOf(HasSubstr("no release circle"), HasSubstr("--release-name")));
}

class BadRelease : public BadInput {
 protected:
  // Stores the release Secret with other data.
  void put_release(const std::string& data_base64) {
    json secret = installation_.server.get("Secret", kNamespace, kName).value();
    secret["data"]["release"] = data_base64;
    installation_.server.put(secret);
    take_as_it_is();
  }

  [[nodiscard]] std::string stored() const {
    return installation_.server.get("Secret", kNamespace, kName).value()["data"]["release"];
  }

  static constexpr const char* kName = "sh.helm.release.v1.circleci-server.v1";
};

TEST_F(BadRelease, CutShort) {
  const std::string whole = stored();
  put_release(whole.substr(0, whole.size() / 2 / 4 * 4));

  const Finished run = installation_.run(Installation::whole_run());

  expect_refused(run, 1);
  EXPECT_THAT(run.err, HasSubstr(kName));
}

TEST_F(BadRelease, Empty) {
  put_release("");

  const Finished run = installation_.run(Installation::whole_run());

  expect_refused(run, 1);
  EXPECT_THAT(run.err, HasSubstr(kName));
}

TEST_F(BadRelease, ValuesAreNotAMap) {
  // {"config": [1], ...} as Helm stores it without gzip, in Helm's and Kubernetes' base64.
  put_release(
      "ZXlKamIyNW1hV2NpT2lCYk1WMHNJQ0pqYUdGeWRDSTZJSHNpYldWMFlXUmhkR0VpT2lCN0luWmxjbk5wYjI0aU9pQWlNeTQwTGpRaW"
      "ZYMTk=");

  const Finished run = installation_.run(Installation::whole_run());

  expect_refused(run, 1);
  EXPECT_THAT(run.err, AllOf(HasSubstr("values"), HasSubstr("map")));
}

TEST_F(BadInput, NoPullSecretIsAFailedCheck) {
  ASSERT_TRUE(installation_.server.remove("Secret", kNamespace, "regcred"));
  take_as_it_is();

  const Finished run = installation_.run(Installation::whole_run());

  expect_refused(run, 4);
  EXPECT_THAT(run.err, AllOf(HasSubstr("regcred"), HasSubstr("kots-export secret ")));
}

TEST_F(BadInput, PullSecretOfAnotherRegistryIsAFailedCheck) {
  const Finished run = installation_.run(Installation::whole_run({"--dev"}));

  expect_refused(run, 4);
  EXPECT_THAT(run.err, HasSubstr("no entry for devcharts.azurecr.io"));
}

TEST_F(BadInput, OutputFolderIsAFile) {
  write(installation_.folder / "file", "precious");

  const Finished run = installation_.run(Installation::whole_run({"--output-dir", "file"}));

  expect_refused(run, 1);
  EXPECT_THAT(run.err, HasSubstr("file"));
  EXPECT_EQ(read(installation_.folder / "file"), "precious");
}

TEST_F(BadInput, OutputFolderIsNotWritable) {
  // /proc takes no new folders, from root either.
  const Finished run = installation_.run(Installation::whole_run({"--output-dir", "/proc/kots-export"}));

  expect_refused(run, 1);
  EXPECT_THAT(run.err, AllOf(HasSubstr("/proc/kots-export"), HasSubstr("--output-dir")));
}

TEST_F(BadInput, MigratorJobOfAnEarlierRunThatFailed) {
  installation_.server.seed(
      "apiVersion: testing/v1\nkind: JobBehaviour\nname: circle-migrator\noutcome: fail\nexitCode: 1\n");
  installation_.server.put(json::parse(R"({"apiVersion": "batch/v1", "kind": "Job",
    "metadata": {"name": "circle-migrator", "namespace": "circleci-server"}, "spec": {"backoffLimit": 0,
    "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "m", "image": "m"}]}}}})"));
  ASSERT_TRUE(installation_.server.wait_until([&] {
    const json job = installation_.server.get("Job", kNamespace, "circle-migrator").value();
    return job.contains(json::json_pointer("/status/conditions"));
  }));
  take_as_it_is();

  const Finished run = installation_.run(Installation::whole_run());

  EXPECT_EQ(run.exit_code, 4);
  EXPECT_EQ(installation_.server.count_writes(), 0U);
  EXPECT_THAT(run.err,
              AllOf(HasSubstr("it is a database migration that failed"),
                    ::testing::ContainsRegex("kubectl -n circleci-server --context test --kubeconfig "
                                             "[^ ]+ delete job circle-migrator"),
                    HasSubstr("run the same command again: `kots-export --license-file FILE -y`")));
}

TEST_F(BadInput, NoLicense) {
  const Finished run = installation_.run({"--yes"});

  expect_refused(run, 2);
  EXPECT_THAT(run.err, AllOf(HasSubstr("license"), HasSubstr("--license-file")));
}

TEST_F(BadInput, LicenseFileIsMissing) {
  const Finished run = installation_.run({"--yes", "--license-file", "no-such-file"});

  expect_refused(run, 1);
  EXPECT_THAT(run.err, HasSubstr("no-such-file"));
}

TEST_F(BadInput, UnknownFlag) {
  const Finished run = installation_.run({"--no-such-flag"});

  expect_refused(run, 2);
  EXPECT_THAT(run.err, AllOf(HasSubstr("--no-such-flag"), HasSubstr("--help")));
}

TEST_F(BadInput, TargetVersionIsNoneOfA4xChart) {
  for (const char* version : {"banana", "3.9", "3.9.0", "4", ""}) {
    const Finished run = installation_.run(Installation::whole_run({"--target-version", version}));
    expect_refused(run, 2);
    EXPECT_THAT(run.err, HasSubstr(*version != '\0' ? "--target-version " + std::string(version)
                                                    : "--target-version: is empty"));
  }
}

TEST_F(BadInput, UnknownFunction) {
  const Finished run = installation_.run({"-f", "everything"});

  expect_refused(run, 2);
  EXPECT_THAT(run.err, HasSubstr("everything"));
}

TEST_F(BadInput, FunctionAndSubcommand) {
  const Finished run = installation_.run({"annotate", "-f", "flyway"});

  expect_refused(run, 2);
}

}  // namespace

}  // namespace kots_export::test
