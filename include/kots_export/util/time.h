#pragma once

#include <chrono>
#include <string>

namespace kots_export::util {

// RFC 3339 in UTC with milliseconds: "2026-11-24T10:15:30.042Z".
[[nodiscard]] std::string rfc3339(std::chrono::system_clock::time_point time);

}  // namespace kots_export::util
