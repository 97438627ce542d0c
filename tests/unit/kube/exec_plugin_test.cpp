#include "kube/exec_plugin.h"

#include "unit/kube/kubeconfig_fixture.h"

#include <cerrno>
#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace kots_export::kube {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kVersion = "client.authentication.k8s.io/v1";

class RunExecPlugin : public KubeconfigTest {
 protected:
  RunExecPlugin() { config_.server = "https://h:6443"; }

  ExecPlugin plugin(const std::string& script) const {
    return {.api_version = kVersion,
            .command = write_program("plugin", script),
            .args = {},
            .env = {},
            .install_hint = {},
            .provide_cluster_info = ExecPlugin::Cluster::leave_out,
            .interactive = ExecPlugin::Interactive::never};
  }

  static std::string answer(const std::string& status) {
    return "cat <<'E'\n{\"apiVersion\":\"" + std::string(kVersion) +
           "\",\"kind\":\"ExecCredential\",\"status\":" + status + "}\nE\n";
  }

  ExecCredential run(const ExecPlugin& plugin,
                     std::chrono::seconds timeout = std::chrono::seconds(60)) const {
    return run_exec_plugin(plugin, config_, timeout, {});
  }

  std::string problem(const ExecPlugin& plugin,
                      std::chrono::seconds timeout = std::chrono::seconds(60)) const {
    try {
      (void)run(plugin, timeout);
    } catch (const Error& error) {
      return std::string(error.what()) + " | " + error.hint();
    }
    return {};
  }

  std::string content(const std::string& name) const {
    std::ifstream in(folder_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  ResolvedConfig config_;
};

TEST_F(RunExecPlugin, GivesTheToken) {
  const auto credential = run(plugin(answer(R"({"token":"t"})")));
  EXPECT_EQ(credential.token.reveal(), "t");
  EXPECT_FALSE(credential.expires);
}

TEST_F(RunExecPlugin, MayAnswerInYaml) {
  EXPECT_EQ(run(plugin("cat <<'E'\napiVersion: " + std::string(kVersion) +
                       "\nkind: ExecCredential\nstatus: {token: t}\nE\n"))
                .token.reveal(),
            "t");
}

TEST_F(RunExecPlugin, GivesTheClientCertificate) {
  const auto credential = run(plugin(answer(R"({"clientCertificateData":"C","clientKeyData":"K"})")));
  EXPECT_EQ(credential.client_cert_pem, "C");
  EXPECT_EQ(credential.client_key_pem.reveal(), "K");
}

TEST_F(RunExecPlugin, PassesArgumentsAndEnvironmentWithoutAShell) {
  auto tricky = plugin("printf '%s|%s|%s' \"$1\" \"$2\" \"$ADDED\" > \"$(dirname \"$0\")/seen\"\n" +
                       answer(R"({"token":"t"})"));
  tricky.args = {"$(id) `id`", "a b;c"};
  tricky.env = {{"ADDED", "v'\""}};
  (void)run(tricky);
  EXPECT_EQ(content("seen"), "$(id) `id`|a b;c|v'\"");
}

TEST_F(RunExecPlugin, TellsTheClusterWhereTheKubeconfigWantsIt) {
  auto wants = plugin("printf %s \"$KUBERNETES_EXEC_INFO\" > \"$(dirname \"$0\")/seen\"\n" +
                      answer(R"({"token":"t"})"));
  config_.tls.ca_pem = "CA";
  config_.tls.server_name = "n";
  config_.exec_extension = R"({"audience":"a"})";
  (void)run(wants);
  auto info = nlohmann::json::parse(content("seen"));
  EXPECT_EQ(info, nlohmann::json::parse(R"({"apiVersion":"client.authentication.k8s.io/v1",
    "kind":"ExecCredential","spec":{"interactive":false}})"));
  wants.provide_cluster_info = ExecPlugin::Cluster::provide;
  (void)run(wants);
  info = nlohmann::json::parse(content("seen"));
  EXPECT_EQ(info["spec"]["cluster"], nlohmann::json::parse(R"({"server":"https://h:6443",
    "certificate-authority-data":"Q0E=","tls-server-name":"n","config":{"audience":"a"}})"));
}

TEST_F(RunExecPlugin, HasNoStandardInputWithoutATerminal) {
  EXPECT_EQ(run(plugin("test -z \"$(cat)\" || exit 9\n" + answer(R"({"token":"t"})"))).token.reveal(), "t");
}

TEST_F(RunExecPlugin, ReadsExpiryWithFractionAndOffset) {
  const auto expiry = [&](const std::string& time) {
    const auto credential = run(plugin(answer("{\"token\":\"t\",\"expirationTimestamp\":\"" + time + "\"}")));
    return std::chrono::system_clock::to_time_t(credential.expires.value());
  };
  EXPECT_EQ(expiry("1970-01-02T00:00:00Z"), 86400);
  EXPECT_EQ(expiry("1970-01-02T00:00:00.25Z"), 86400);
  EXPECT_EQ(expiry("1970-01-02T09:00:00+09:00"), 86400);
}

TEST_F(RunExecPlugin, MissingProgramShowsTheInstallHint) {
  auto missing = plugin("");
  missing.command = (folder_ / "absent").string();
  EXPECT_THAT(problem(missing), AllOf(HasSubstr("no such program"), HasSubstr("PATH")));
  missing.install_hint = "brew install it";
  EXPECT_THAT(problem(missing), HasSubstr("brew install it"));
}

TEST_F(RunExecPlugin, FailureTellsTheExitCode) {
  EXPECT_THAT(problem(plugin("exit 7")), HasSubstr("exit code 7"));
}

TEST_F(RunExecPlugin, TerminalThatIsNotThereIsAnError) {
  auto always = plugin(answer(R"({"token":"t"})"));
  always.interactive = ExecPlugin::Interactive::always;
  if (::isatty(STDIN_FILENO) == 1) GTEST_SKIP() << "standard input is a terminal";
  EXPECT_THAT(problem(always), HasSubstr("interactiveMode: Always"));
}

TEST_F(RunExecPlugin, HangingPluginIsEndedWithAllItStarted) {
  const auto hanging = plugin("sleep 1000 & echo $! > \"$(dirname \"$0\")/pid\"\nwait");
  EXPECT_THAT(problem(hanging, std::chrono::seconds(1)), HasSubstr("no answer within 1 s"));
  const auto pid = static_cast<pid_t>(std::stoi(content("pid")));
  // Dead children of a dead parent go to init, which reaps them in its own time: gone, or a zombie.
  const auto is_running = [pid] {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string number, name, state;
    return stat >> number >> name >> state && state != "Z";
  };
  for (int tries = 0; tries < 1'000 && is_running(); ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(is_running());
}

TEST_F(RunExecPlugin, PluginThatClosesItsOutputAndHangsIsEnded) {
  EXPECT_THAT(problem(plugin("exec >&-\nexec sleep 1000"), std::chrono::seconds(1)),
              HasSubstr("no answer within 1 s"));
}

TEST_F(RunExecPlugin, InterruptEndsTheWait) {
  const auto hanging = plugin("exec sleep 1000");
  EXPECT_THROW((void)run_exec_plugin(hanging, config_, std::chrono::seconds(60), [] { return true; }),
               Interrupted);
}

struct Rubbish {
  std::string name, script, expected;
};
class RubbishAnswer : public RunExecPlugin, public ::testing::WithParamInterface<Rubbish> {};

TEST_P(RubbishAnswer, IsAClearErrorWithoutTheToken) {
  EXPECT_THAT(problem(plugin(GetParam().script)),
              AllOf(HasSubstr(GetParam().expected), Not(HasSubstr("hush"))));
}

std::string credential(const std::string& version, const std::string& status) {
  return "echo '{\"apiVersion\":\"client.authentication.k8s.io/" + version +
         "\",\"kind\":\"ExecCredential\",\"status\":" + status + "}'";
}

INSTANTIATE_TEST_SUITE_P(
    All, RubbishAnswer,
    ::testing::Values(
        Rubbish{"Nothing", "true", "no ExecCredential"},
        Rubbish{"Text", "echo please log in: hush", "no ExecCredential"},
        Rubbish{"List", "echo '[]'", "no ExecCredential"},
        Rubbish{"OtherKind", "echo '{\"kind\":\"Token\",\"token\":\"hush\"}'", "no ExecCredential"},
        Rubbish{"OtherVersion", credential("v1beta1", "{\"token\":\"hush\"}"), "another apiVersion"},
        Rubbish{"NoStatus", credential("v1", "null"), "neither a token"},
        Rubbish{"EmptyStatus", credential("v1", "{}"), "neither a token"},
        Rubbish{"NumberAsToken", credential("v1", "{\"token\":5}"), "neither a token"},
        Rubbish{"CertificateAlone", credential("v1", "{\"clientCertificateData\":\"C\"}"), "not both"},
        Rubbish{"BadTime", credential("v1", "{\"token\":\"hush\",\"expirationTimestamp\":\"soon\"}"),
                "no RFC 3339 time"},
        Rubbish{"Endless", "exec yes", "more than 1 MiB"}),
    [](const auto& case_) { return case_.param.name; });

}  // namespace
}  // namespace kots_export::kube
