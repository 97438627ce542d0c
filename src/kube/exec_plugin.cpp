#include "kube/exec_plugin.h"

#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace kots_export::kube {

using nlohmann::json;

namespace {

constexpr std::size_t kLongestAnswer = std::size_t{1} << 20;
constexpr int kPollMilliseconds = 100;

std::string exec_info(const ExecPlugin& plugin, const ResolvedConfig& config) {
  json spec{
      {"interactive", plugin.interactive != ExecPlugin::Interactive::never && ::isatty(STDIN_FILENO) == 1}};
  if (plugin.provide_cluster_info == ExecPlugin::Cluster::provide) {
    json cluster{{"server", config.server}};
    if (config.tls.ca_pem) cluster["certificate-authority-data"] = util::base64_encode(*config.tls.ca_pem);
    if (!config.tls.server_name.empty()) cluster["tls-server-name"] = config.tls.server_name;
    if (config.tls.verify == TlsConfig::Verify::no) cluster["insecure-skip-tls-verify"] = true;
    if (!config.proxy_url.empty()) cluster["proxy-url"] = config.proxy_url;
    spec["cluster"] = std::move(cluster);
  }
  return json{{"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", spec}}.dump();
}

std::vector<std::string> environment_of(const ExecPlugin& plugin, const ResolvedConfig& config) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) variables.emplace_back(*entry);
  for (const auto& [name, value] : plugin.env) {
    std::erase_if(variables, [&](const std::string& entry) { return entry.starts_with(name + "="); });
    variables.push_back(name + "=" + value);
  }
  variables.push_back("KUBERNETES_EXEC_INFO=" + exec_info(plugin, config));
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (auto& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A started program whose standard output is read through `out`.
struct Child {
  pid_t pid = -1;
  int out = -1;

  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (out >= 0) ::close(out);
    if (pid > 0) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }

  int wait() {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    pid = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
};

void start(Child& child, const ExecPlugin& plugin, const ResolvedConfig& config, const std::string& what) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw Error(what, std::strerror(errno));
  child.out = pipe[0];
  std::vector<std::string> words{plugin.command};
  words.insert(words.end(), plugin.args.begin(), plugin.args.end());
  std::vector<std::string> variables = environment_of(plugin, config);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  if (plugin.interactive == ExecPlugin::Interactive::never) {
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  const int error = ::posix_spawnp(&child.pid, plugin.command.c_str(), &actions, nullptr,
                                   pointers_to(words).data(), pointers_to(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  if (error == 0) return;
  child.pid = -1;
  throw Error(what, error == ENOENT ? "there is no such program" : std::strerror(error),
              plugin.install_hint.empty()
                  ? "Install it, or put it on the PATH; the kubeconfig's user needs it."
                  : plugin.install_hint);
}

std::string read_answer(const Child& child, const std::string& what, std::chrono::seconds timeout,
                        const std::function<bool()>& interrupted) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::string answer;
  std::array<char, 4096> chunk{};
  for (;;) {
    if (interrupted && interrupted()) throw Interrupted(what);
    if (std::chrono::steady_clock::now() > deadline) {
      throw Error(what, "it gave no answer within " + std::to_string(timeout.count()) + " s",
                  "Run it by hand to see what it waits for.");
    }
    pollfd waiting{.fd = child.out, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, kPollMilliseconds) <= 0) continue;
    const ssize_t got = ::read(child.out, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return answer;
    answer.append(chunk.data(), static_cast<std::size_t>(got));
    if (answer.size() > kLongestAnswer) throw Error(what, "it printed more than 1 MiB");
  }
}

std::optional<std::chrono::system_clock::time_point> parse_time(const std::string& text) {
  std::tm time{};
  if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &time) == nullptr) return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&time));
}

ExecCredential parse_answer(const std::string& answer, const ExecPlugin& plugin, const std::string& what) {
  const json credential = json::parse(answer, nullptr, false);
  if (!credential.is_object() || credential.value("kind", json()) != "ExecCredential") {
    throw Error(what, "it printed no ExecCredential",
                "Run it by hand; its standard output must be one JSON object.");
  }
  if (credential.value("apiVersion", json()) != plugin.api_version) {
    throw Error(what, "it answered with another apiVersion than the kubeconfig asks for (" +
                          plugin.api_version + ")");
  }
  const json status = credential.value("status", json::object());
  const auto text = [&](const char* name) {
    return status.is_object() && status.contains(name) && status[name].is_string()
               ? status[name].get<std::string>()
               : std::string();
  };
  ExecCredential result{.token = Secret<std::string>(text("token")),
                        .client_cert_pem = text("clientCertificateData"),
                        .client_key_pem = Secret<std::string>(text("clientKeyData")),
                        .expires = parse_time(text("expirationTimestamp"))};
  if (result.token.empty() && result.client_cert_pem.empty())
    throw Error(what, "its answer has neither a token nor a client certificate");
  if (result.client_cert_pem.empty() != result.client_key_pem.empty())
    throw Error(what, "its answer has a client certificate or its key, but not both");
  return result;
}

}  // namespace

ExecCredential run_exec_plugin(const ExecPlugin& plugin, const ResolvedConfig& config,
                               std::chrono::seconds timeout, const std::function<bool()>& interrupted) {
  const std::string what = "cannot get credentials from the exec plugin " + plugin.command;
  if (plugin.interactive == ExecPlugin::Interactive::always && ::isatty(STDIN_FILENO) != 1) {
    throw Error(what, "it wants a terminal (interactiveMode: Always), and there is none");
  }
  Child child;
  start(child, plugin, config, what);
  const std::string answer = read_answer(child, what, timeout, interrupted);
  if (const int code = child.wait(); code != 0) {
    throw Error(what, "it ended with exit code " + std::to_string(code),
                "Its own message stands above; log in again as it says.");
  }
  return parse_answer(answer, plugin, what);
}

}  // namespace kots_export::kube
