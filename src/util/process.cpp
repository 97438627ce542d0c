#include <kots_export/util/error.h>
#include <kots_export/util/files.h>
#include <kots_export/util/process.h>
#include <kots_export/util/text.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <optional>
#include <sstream>

#include <pwd.h>
#include <unistd.h>

namespace kots_export::util {

namespace {

constexpr const char* kProc = "/proc";

// What tells this machine since its start, and the container whose PIDs we see.
std::string place() {
  std::error_code failed;
  const std::string pids = std::filesystem::read_symlink("/proc/self/ns/pid", failed).string();
  const auto boot = read_file_if_exists("/proc/sys/kernel/random/boot_id");
  return failed || !boot ? std::string() : std::string(trim(*boot)) + "/" + pids;
}

struct Started {
  std::string at;          // clock ticks from boot
  bool has_ended = false;  // and its parent has not asked yet how
};

// Fields 3 and 22 of /proc/PID/stat, counted after the name, which is in parentheses and may hold anything.
// Source: proc(5). Nothing where it cannot be read.
std::optional<Started> start_of(const std::string& pid, const std::filesystem::path& proc) {
  std::optional<std::string> stat;
  try {
    stat = read_file_if_exists(proc / pid / "stat");
  } catch (const Error&) {
    return std::nullopt;
  }
  if (!stat) return std::nullopt;
  constexpr int kFieldsBetween = 19;
  std::istringstream fields(stat->substr(stat->rfind(')') + 1));
  std::string state;
  fields >> state;
  Started started{.at = {}, .has_ended = state == "Z" || state == "X"};
  for (int i = 0; i < kFieldsBetween; ++i) fields >> started.at;
  return started;
}

// With /proc mounted hidepid, a process of another user looks as if it were not there; kill(2) knows better.
bool is_gone(const std::string& pid) {
  pid_t number = 0;
  const auto [end, error] = std::from_chars(pid.data(), pid.data() + pid.size(), number);
  if (error != std::errc() || end != pid.data() + pid.size() || number <= 0) return false;
  return ::kill(number, 0) != 0 && errno == ESRCH;
}

// Nothing where `identity` is of another machine, or none.
std::optional<bool> is_there(const std::string& identity, const std::filesystem::path& proc) {
  const std::string where = place();
  if (where.empty() || !identity.starts_with(where + "/")) return std::nullopt;
  const std::string rest = identity.substr(where.size() + 1);
  const auto slash = rest.find('/');
  if (slash == std::string::npos || slash == 0 || rest.find_first_not_of("0123456789") != slash)
    return std::nullopt;
  const std::string pid = rest.substr(0, slash);
  const auto started = start_of(pid, proc);
  return started ? !started->has_ended && started->at == rest.substr(slash + 1) : !is_gone(pid);
}

}  // namespace

std::string process_identity() {
  const std::string where = place();
  const std::string pid = std::to_string(::getpid());
  const auto started = start_of(pid, kProc);
  return where.empty() || !started ? std::string() : where + "/" + pid + "/" + started->at;
}

bool has_ended(const std::string& identity, const std::filesystem::path& proc) {
  return is_there(identity, proc) == false;
}

bool is_running(const std::string& identity) { return is_there(identity, kProc) == true; }

std::string user_at_host() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host = {'?'};
  const passwd* user = ::getpwuid(::geteuid());
  return std::string(user != nullptr ? user->pw_name : "?") + "@" + host.data();
}

}  // namespace kots_export::util
