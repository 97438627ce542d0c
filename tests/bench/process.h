#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace kots_export::bench {

struct Usage {
  int exit_code = 0;
  std::chrono::duration<double> wall{0};
  std::chrono::duration<double> cpu{0};  // user and system
  long peak_kib = 0;                     // largest resident set
};

// Runs a program to its end, its output thrown away. Throws std::system_error where it cannot be started.
[[nodiscard]] Usage run_program(const std::vector<std::string>& command);

}  // namespace kots_export::bench
