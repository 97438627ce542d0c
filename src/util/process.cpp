#include <kots_export/util/files.h>
#include <kots_export/util/process.h>
#include <kots_export/util/text.h>

#include <array>
#include <filesystem>
#include <optional>
#include <sstream>

#include <pwd.h>
#include <unistd.h>

namespace kots_export::util {

namespace {

// What tells this machine since its start, and the container whose PIDs we see.
std::string place() {
  std::error_code failed;
  const std::string pids = std::filesystem::read_symlink("/proc/self/ns/pid", failed).string();
  const auto boot = read_file_if_exists("/proc/sys/kernel/random/boot_id");
  return failed || !boot ? std::string() : std::string(trim(*boot)) + "/" + pids;
}

// The clock ticks from boot to the start of a process: field 22 of /proc/PID/stat, counted after the name,
// which is in parentheses and may hold anything. Source: proc(5).
std::optional<std::string> start_time(const std::string& pid) {
  const auto stat = read_file_if_exists("/proc/" + pid + "/stat");
  if (!stat) return std::nullopt;
  constexpr int kFieldsBefore = 20;
  std::istringstream fields(stat->substr(stat->rfind(')') + 1));
  std::string field;
  for (int i = 0; i < kFieldsBefore; ++i) fields >> field;
  return field;
}

}  // namespace

std::string process_identity() {
  const std::string where = place();
  const std::string pid = std::to_string(::getpid());
  const auto started = start_time(pid);
  return where.empty() || !started ? std::string() : where + "/" + pid + "/" + *started;
}

bool has_ended(const std::string& identity) {
  const std::string where = place();
  if (where.empty() || !identity.starts_with(where + "/")) return false;
  const std::string rest = identity.substr(where.size() + 1);
  const auto slash = rest.find('/');
  if (slash == std::string::npos || slash == 0 || rest.find_first_not_of("0123456789") != slash) {
    return false;
  }
  return start_time(rest.substr(0, slash)) != rest.substr(slash + 1);
}

std::string user_at_host() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host = {'?'};
  const passwd* user = ::getpwuid(::geteuid());
  return std::string(user != nullptr ? user->pw_name : "?") + "@" + host.data();
}

}  // namespace kots_export::util
