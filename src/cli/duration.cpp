#include "cli/duration.h"

#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include <charconv>
#include <cmath>
#include <optional>

namespace kots_export::cli {

namespace {

// A unit at the start of `text`: how many letters it has, and how many milliseconds it is.
struct Unit {
  std::size_t letters;
  double milliseconds;
};

std::optional<Unit> unit_of(std::string_view text) {
  if (text.starts_with("ms")) return Unit{2, 1};
  if (text.starts_with('s')) return Unit{1, 1000};
  if (text.starts_with('m')) return Unit{1, 60'000};
  if (text.starts_with('h')) return Unit{1, 3'600'000};
  return std::nullopt;
}

// `forms`: what a person may write instead.
std::chrono::milliseconds parse(const std::string& text, std::string_view flag, const std::string& forms) {
  constexpr double kMost = 1e10;  // milliseconds: four months
  const UsageError wrong(
      util::filled("{flag} {duration} is not a duration", {{"flag", flag}, {"duration", text}}), {}, forms);
  const std::string_view whole = text;
  const bool only_digits = whole.find_first_not_of("0123456789") == std::string_view::npos;
  double total = 0;
  for (std::string_view rest = only_digits ? std::string_view() : whole; !rest.empty();) {
    const std::string_view number = rest.substr(0, rest.find_first_not_of("0123456789."));
    double count = 0;
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), count, std::chars_format::fixed);
    const auto unit = unit_of(rest.substr(number.size()));
    if (error != std::errc() || end != number.data() + number.size() || !unit) throw wrong;
    total += count * unit->milliseconds;
    rest.remove_prefix(number.size() + unit->letters);
  }
  if (only_digits) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), total);
    if (error != std::errc()) throw wrong;
    total *= 1000;
  }
  if (total > kMost) throw wrong;
  return std::chrono::milliseconds(std::llround(total));
}

}  // namespace

std::chrono::milliseconds parse_duration(const std::string& text, std::string_view flag) {
  return parse(text, flag, "Write 30, 30s, 500ms, 1m30s or 1h.");
}

std::chrono::seconds parse_seconds(const std::string& text, std::string_view flag,
                                   const SecondsRange& range) {
  const auto given = parse(text, flag, "Write 30, 30s, 1m30s or 1h.");
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(given);
  if (whole != given || whole < range.least || whole > range.most)
    throw UsageError(util::filled("{flag} {duration} is not possible", {{"flag", flag}, {"duration", text}}),
                     {}, util::filled("Write whole seconds, from {range}.", {{"range", range.text}}));
  return whole;
}

}  // namespace kots_export::cli
