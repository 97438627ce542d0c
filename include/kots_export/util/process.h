#pragma once

#include <filesystem>
#include <string>

// Which process this is, so that a later one can tell whether it is still there.
namespace kots_export::util {

// Names this process among all of this machine and of its containers: boot, PID namespace, PID and start
// time. Empty where the system does not tell (no /proc).
[[nodiscard]] std::string process_identity();

// True where `identity` is of this boot and PID namespace, and that process has ended. False where it runs,
// or ran elsewhere and nothing can be known. `proc` is where it is looked for.
[[nodiscard]] bool has_ended(const std::string& identity, const std::filesystem::path& proc = "/proc");

// True where `identity` is of this boot and PID namespace, and that process is still there.
[[nodiscard]] bool is_running(const std::string& identity);

// "user@host" for people; each part is "?" where the system does not tell.
[[nodiscard]] std::string user_at_host();

}  // namespace kots_export::util
