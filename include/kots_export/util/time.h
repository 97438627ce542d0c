#pragma once

#include <chrono>
#include <ctime>
#include <string>

namespace kots_export::util {

// `time` in UTC, as strftime(3) formats it; at most 39 bytes.
[[nodiscard]] std::string utc_text(std::time_t time, const char* format);

// RFC 3339 in UTC with milliseconds: "2026-11-24T10:15:30.042Z".
[[nodiscard]] std::string rfc3339(std::chrono::system_clock::time_point time);

}  // namespace kots_export::util
