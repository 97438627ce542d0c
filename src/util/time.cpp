#include <kots_export/util/time.h>

#include <algorithm>
#include <array>

namespace kots_export::util {

std::string utc_text(std::time_t time, const char* format) {
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &utc)};
}

std::chrono::nanoseconds since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

std::string duration_text(std::chrono::milliseconds duration) {
  constexpr long kSecond = 1000;
  if (duration.count() < kSecond) return std::to_string(duration.count()) + " ms";
  std::string text = std::to_string(duration.count() / kSecond);
  if (const auto tenths = duration.count() % kSecond / 100; tenths > 0) text += "." + std::to_string(tenths);
  return text + " s";
}

std::string age_text(std::chrono::seconds age) {
  using std::chrono::duration_cast;
  if (age < std::chrono::minutes(2))
    return std::to_string(std::max(age.count(), std::chrono::seconds::rep{0})) + " s";
  if (age < std::chrono::hours(2))
    return std::to_string(duration_cast<std::chrono::minutes>(age).count()) + " min";
  if (age < std::chrono::days(2))
    return std::to_string(duration_cast<std::chrono::hours>(age).count()) + " h";
  return std::to_string(duration_cast<std::chrono::days>(age).count()) + " days";
}

std::string elapsed_text(std::chrono::seconds time) {
  constexpr long kMinute = 60;
  constexpr long kHour = 3600;
  const long whole = time.count();
  if (whole < kMinute) return std::to_string(whole) + " s";
  const auto together = [](long much, const char* unit, long little, const char* small_unit) {
    const std::string text = std::to_string(much) + unit;
    return little == 0 ? text : text + " " + std::to_string(little) + small_unit;
  };
  if (whole < kHour) return together(whole / kMinute, " min", whole % kMinute, " s");
  return together(whole / kHour, " h", whole % kHour / kMinute, " min");
}

std::string elapsed_text(std::chrono::milliseconds time) {
  constexpr long kTenth = 100;  // milliseconds
  if (time >= std::chrono::seconds(10)) return elapsed_text(std::chrono::floor<std::chrono::seconds>(time));
  const long tenths = time.count() / kTenth;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

std::string rfc3339(std::chrono::system_clock::time_point time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(time - whole).count();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  return utc_text(seconds, "%Y-%m-%dT%H:%M:%S.") + std::to_string(1000 + millis).substr(1) + "Z";
}

std::optional<std::chrono::system_clock::time_point> parse_api_time(const std::string& text) {
  std::tm utc{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
  if (rest == nullptr || !text.ends_with('Z')) return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&utc));
}

std::optional<std::chrono::system_clock::time_point> parse_http_date(const std::string& text) {
  std::tm utc{};
  const char* rest = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&utc));
}

std::optional<std::chrono::system_clock::time_point> parse_rfc3339(const std::string& text) {
  std::tm utc{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
  if (rest == nullptr) return std::nullopt;
  const std::string fraction(rest);
  constexpr std::size_t kForm = 5;  // ".042Z"
  if (fraction.size() != kForm || fraction.front() != '.' || fraction.back() != 'Z' ||
      fraction.find_first_not_of("0123456789", 1) != kForm - 1)
    return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&utc)) +
         std::chrono::milliseconds(std::stoi(fraction.substr(1, 3)));
}

}  // namespace kots_export::util
