#pragma once

#include <chrono>
#include <ctime>
#include <optional>
#include <string>

namespace kots_export::util {

// `time` in UTC, as strftime(3) formats it; at most 39 bytes.
[[nodiscard]] std::string utc_text(std::time_t time, const char* format);

// How long the machine is up. It goes on while the machine sleeps, which std::chrono::steady_clock does not.
[[nodiscard]] std::chrono::nanoseconds since_boot();

// "5 s", "1.5 s", "200 ms": for people.
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);

// "12 s", "4 min", "3 h", "2 days": how long ago something was, for people. Never negative.
[[nodiscard]] std::string age_text(std::chrono::seconds age);
// "12 s", "10 min", "3 min 12 s", "2 h 5 min": how long something takes, for people. What is known to the millisecond
// has tenths below ten seconds: "0.4 s".
[[nodiscard]] std::string elapsed_text(std::chrono::seconds time);
[[nodiscard]] std::string elapsed_text(std::chrono::milliseconds time);

// RFC 3339 in UTC with milliseconds: "2026-11-24T10:15:30.042Z".
[[nodiscard]] std::string rfc3339(std::chrono::system_clock::time_point time);

// What an API server writes: RFC 3339 in UTC, with or without a fraction ("2026-11-24T10:15:30Z"); nothing
// where it is of another form.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_api_time(const std::string& text);
// The date of an HTTP header (RFC 9110, IMF-fixdate): "Sun, 06 Nov 1994 08:49:37 GMT"; nothing where it is of
// another form.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_http_date(const std::string& text);
// What rfc3339 wrote; nothing where it is of another form.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_rfc3339(const std::string& text);

}  // namespace kots_export::util
