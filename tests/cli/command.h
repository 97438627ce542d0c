#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

// kots-export as a process, the way an operator or a CI job starts it.
namespace kots_export::test {

struct Finished {
  int exit_code = -1;  // 128 + N where signal N ended it
  std::string out;
  std::string err;
};

// What a process is started with. Its environment is `environment`, PATH, and a HOME without a kubeconfig:
// nothing of the machine that tests run on.
struct Start {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  std::string input;  // standard input: a pipe; it has no terminal at all
  std::filesystem::path folder;
  // Asked every few milliseconds while it runs, with its PID.
  std::function<void(pid_t)> meanwhile;
};

// Runs KOTS_EXPORT_PROGRAM to its end. Throws std::runtime_error where it takes longer than `limit` (it is
// killed then).
[[nodiscard]] Finished run_program(const Start& start, std::chrono::seconds limit = std::chrono::seconds(60));

}  // namespace kots_export::test
