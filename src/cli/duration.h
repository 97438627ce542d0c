#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace kots_export::cli {

// kubectl's forms: "0", "30" (seconds), "500ms", "1m30s", "1.5h". Throws UsageError where it is none; `flag`
// is the one that has it.
[[nodiscard]] std::chrono::milliseconds parse_duration(const std::string& text, std::string_view flag);

// The least and the most, and both as they are written.
struct SecondsRange {
  std::chrono::seconds least;
  std::chrono::seconds most;
  std::string_view text;  // "1s to 1h"
};

// The same where only whole seconds of that range are possible.
[[nodiscard]] std::chrono::seconds parse_seconds(const std::string& text, std::string_view flag,
                                                 const SecondsRange& range);

}  // namespace kots_export::cli
