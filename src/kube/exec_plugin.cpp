#include "kube/exec_plugin.h"

#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "kube/yaml_json.h"

#include <algorithm>
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

// Without a terminal the plugin gets no standard input: that may hold what the operator pipes to us.
bool is_interactive(const ExecPlugin& plugin) {
  return plugin.interactive != ExecPlugin::Interactive::never && ::isatty(STDIN_FILENO) == 1;
}

std::string exec_info(const ExecPlugin& plugin, const ResolvedConfig& config) {
  json spec{{"interactive", is_interactive(plugin)}};
  if (plugin.provide_cluster_info == ExecPlugin::Cluster::provide) {
    json cluster{{"server", config.server}};
    if (config.tls.ca_pem) cluster["certificate-authority-data"] = util::base64_encode(*config.tls.ca_pem);
    if (!config.tls.server_name.empty()) cluster["tls-server-name"] = config.tls.server_name;
    if (config.tls.verify == TlsConfig::Verify::no) cluster["insecure-skip-tls-verify"] = true;
    if (!config.proxy_url.empty()) cluster["proxy-url"] = config.proxy_url;
    cluster["config"] = config.exec_extension.empty() ? json() : json::parse(config.exec_extension);
    spec["cluster"] = std::move(cluster);
  }
  return json{{"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", spec}}.dump();
}

std::vector<std::string> environment_of(const ExecPlugin& plugin, const ResolvedConfig& config) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) variables.emplace_back(*entry);
  const auto set = [&](const std::string& name, const std::string& value) {
    std::erase_if(variables, [&](const std::string& entry) { return entry.starts_with(name + "="); });
    variables.push_back(name + "=" + value);
  };
  for (const auto& [name, value] : plugin.env) set(name, value);
  set("KUBERNETES_EXEC_INFO", exec_info(plugin, config));
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (auto& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A started program whose standard output is read through `out`. One without a terminal leads a process group
// of its own, so that what it started in turn ends with it.
struct Child {
  pid_t pid = -1;
  int out = -1;
  enum class Group { own, ours } group = Group::ours;

  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (out >= 0) ::close(out);
    if (pid > 0) {
      ::kill(group == Group::own ? -pid : pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }

  // The exit code, or nothing while it runs.
  std::optional<int> exit_code() {
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG) != pid) return std::nullopt;
    pid = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
};

// The attributes of the new process: signals as we found them, whatever we ignore or block. What we catch
// goes back to its default by itself, and nohup holds for the plugin too.
class SpawnAttributes {
 public:
  explicit SpawnAttributes(Child::Group group) {
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t defaults;
    sigemptyset(&defaults);
    for (const int signal : {SIGPIPE, SIGXFSZ, SIGTTOU}) sigaddset(&defaults, signal);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (group == Child::Group::own) flags |= POSIX_SPAWN_SETPGROUP;
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }

  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

void start(Child& child, const ExecPlugin& plugin, const ResolvedConfig& config, const std::string& what) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw Error(what, std::strerror(errno));
  child.out = pipe[0];
  child.group = is_interactive(plugin) ? Child::Group::ours : Child::Group::own;
  std::vector<std::string> words{plugin.command};
  words.insert(words.end(), plugin.args.begin(), plugin.args.end());
  std::vector<std::string> variables = environment_of(plugin, config);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  if (!is_interactive(plugin)) {
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  const SpawnAttributes attributes(child.group);
  const int error = ::posix_spawnp(&child.pid, plugin.command.c_str(), &actions, attributes.get(),
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

// How long we wait, and why we stop.
class Patience {
 public:
  Patience(std::string what, std::chrono::seconds timeout, const std::function<bool()>& interrupted)
      : what_(std::move(what)),
        timeout_(timeout),
        deadline_(std::chrono::steady_clock::now() + timeout),
        interrupted_(interrupted) {}

  void check() const {
    if (interrupted_ && interrupted_()) throw Interrupted(what_);
    if (std::chrono::steady_clock::now() < deadline_) return;
    throw Error(what_,
                util::filled("it gave no answer within {time}", {{"time", util::elapsed_text(timeout_)}}),
                "Run it by hand to see what it waits for.");
  }

 private:
  std::string what_;
  std::chrono::seconds timeout_;
  std::chrono::steady_clock::time_point deadline_;
  const std::function<bool()>& interrupted_;
};

Secret<std::string> read_answer(const Child& child, const std::string& what, const Patience& patience) {
  std::string answer;
  std::array<char, 4096> chunk{};
  for (;;) {
    patience.check();
    pollfd waiting{.fd = child.out, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, kPollMilliseconds) <= 0) continue;
    const ssize_t got = ::read(child.out, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Secret<std::string>(std::move(answer));
    answer.append(chunk.data(), static_cast<std::size_t>(got));
    if (answer.size() > kLongestAnswer) throw Error(what, "it printed more than 1 MiB");
  }
}

// A program that closed its output ends at once or hangs; the deadline holds for both.
int wait_for_end(Child& child, const Patience& patience) {
  for (int milliseconds = 1;; milliseconds = std::min(2 * milliseconds, kPollMilliseconds)) {
    if (const auto code = child.exit_code()) return *code;
    patience.check();
    ::poll(nullptr, 0, milliseconds);
  }
}

// RFC 3339, whole seconds: "2026-01-02T03:04:05Z", with a fraction, with an offset "+09:00".
std::optional<std::chrono::system_clock::time_point> parse_time(const std::string& text) {
  std::tm time{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
  if (rest == nullptr) return std::nullopt;
  if (*rest == '.') rest += 1 + std::strspn(rest + 1, "0123456789");
  std::tm zone{};
  const char* end = ::strptime(rest, "%z", &zone);  // takes Z, too
  if (end == nullptr || *end != '\0') return std::nullopt;
  // The clock's nanoseconds end in the year 2262, "never" is often written as 9999.
  using Clock = std::chrono::system_clock;
  const std::time_t last = Clock::to_time_t(Clock::time_point::max());
  return Clock::from_time_t(std::min<std::time_t>(::timegm(&time) - zone.tm_gmtoff, last - 1));
}

// JSON, or the YAML that client-go takes too; null for anything else.
json document_of(const Secret<std::string>& answer, const std::string& what) {
  try {
    return yaml_to_json(answer.reveal(), what);
  } catch (const Error&) {
    return {};
  }
}

ExecCredential parse_answer(const Secret<std::string>& answer, const ExecPlugin& plugin,
                            const std::string& what) {
  const json credential = document_of(answer, what);
  if (!credential.is_object() || credential.value("kind", json()) != "ExecCredential") {
    throw Error(what, "it printed no ExecCredential",
                "Run it by hand; its standard output must be one JSON object.");
  }
  if (credential.value("apiVersion", json()) != plugin.api_version) {
    throw Error(what,
                util::filled("it answered with another apiVersion than the kubeconfig asks for ({version})",
                             {{"version", plugin.api_version}}));
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
  if (!text("expirationTimestamp").empty() && !result.expires)
    throw Error(what, "its answer has an expirationTimestamp that is no RFC 3339 time");
  if (result.client_cert_pem.empty() != result.client_key_pem.empty())
    throw Error(what, "its answer has a client certificate or its key, but not both");
  if (result.token.empty() && result.client_cert_pem.empty())
    throw Error(what, "its answer has neither a token nor a client certificate");
  return result;
}

}  // namespace

ExecCredential run_exec_plugin(const ExecPlugin& plugin, const ResolvedConfig& config,
                               std::chrono::seconds timeout, const std::function<bool()>& interrupted) {
  const std::string what =
      util::filled("cannot get credentials from the exec plugin {command}", {{"command", plugin.command}});
  if (plugin.interactive == ExecPlugin::Interactive::always && ::isatty(STDIN_FILENO) != 1) {
    throw Error(what, "it wants a terminal (interactiveMode: Always), and there is none");
  }
  Child child;
  start(child, plugin, config, what);
  const Patience patience(what, timeout, interrupted);
  const Secret<std::string> answer = read_answer(child, what, patience);
  if (const int code = wait_for_end(child, patience); code != 0) {
    throw Error(what, util::filled("it ended with exit code {code}", {{"code", code}}),
                "Its own message stands above; log in again as it says.");
  }
  return parse_answer(answer, plugin, what);
}

}  // namespace kots_export::kube
