#include <kots_export/util/base64.h>
#include <kots_export/util/yaml_scalar.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>

namespace kots_export::util {

namespace {

constexpr std::array<std::string_view, 11> kTrue = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                                    "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> kFalse = {"n",     "N",     "no",  "No",  "NO", "false",
                                                     "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 5> kNull = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 12> kNotJson = {".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",  ".INF",
                                                       "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"};

constexpr std::size_t kLongestWord = 5;

// What everything but a string begins with.
constexpr std::string_view kFirstOfOthers = "yYnNtTfFoO~.+-0123456789";

template <typename Words>
bool is_one_of(std::string_view text, const Words& words) {
  return std::ranges::find(words, text) != words.end();
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_like_float(std::string_view text) {
  const auto skip_digits = [&text] {
    const auto end = std::ranges::find_if_not(text, is_digit);
    const auto count = static_cast<std::size_t>(end - text.begin());
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t whole = skip_digits();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (skip_digits() == 0 && whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (skip_digits() == 0) return false;
  }
  return text.empty();
}

// Go's strconv.ParseInt and, beyond its range, ParseUint, which takes no sign; base 0: 0x, 0o, 0b and a
// leading 0 choose the base; 64 bits.
std::optional<std::string> parse_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  const bool has_sign = negative || text.starts_with('+');
  if (has_sign) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char mark = static_cast<char>(text[1] | 0x20);
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    text.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
  }
  std::uint64_t magnitude = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  constexpr std::uint64_t kLargestNegative = std::uint64_t{1} << 63U;
  if (has_sign && magnitude > kLargestNegative - (negative ? 0 : 1)) return std::nullopt;
  return (negative && magnitude != 0 ? "-" : "") + std::to_string(magnitude);
}

// go-yaml reads "0b-101" as well: the sign inside.
std::optional<std::string> parse_odd_binary(std::string_view text) {
  if (!text.starts_with("0b-") && !text.starts_with("0b+")) return std::nullopt;
  return parse_integer(std::string(text.substr(2, 1)) + "0b" + std::string(text.substr(3)));
}

// Removes the underscores that Go's strconv.ParseFloat passes over: those between two digits.
std::string without_separators(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool separates =
        text[i] == '_' && i > 0 && is_digit(text[i - 1]) && i + 1 < text.size() && is_digit(text[i + 1]);
    if (!separates) plain += text[i];
  }
  return plain;
}

YamlScalar number(std::string text, YamlScalar::Number kind) {
  return {.kind = YamlScalar::Kind::number, .boolean = false, .number = std::move(text), .number_kind = kind};
}

// A float in JSON's grammar: as written where that is JSON, else the shortest digits of the same double.
YamlScalar make_float(std::string_view text) {
  const std::string copy(text);
  const double value = std::strtod(copy.c_str(), nullptr);
  if (!std::isfinite(value)) return {};  // Go's parser refuses it too
  std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  const auto point = digits.find('.');
  const bool leading_zero = digits.size() > 1 && digits[0] == '0' && is_digit(digits[1]);
  const bool json =
      !digits.empty() && is_digit(digits[0]) && !leading_zero &&
      (point == std::string_view::npos || (point + 1 < digits.size() && is_digit(digits[point + 1])));
  if (json) return number(copy, YamlScalar::Number::fraction);
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return number(std::string(buffer.data(), end), YamlScalar::Number::fraction);
}

// A calendar date at the start makes go-yaml read a timestamp, which reaches Helm as the string it was.
bool looks_like_date(std::string_view text) {
  constexpr std::size_t kYear = 4;
  return text.size() > kYear && std::ranges::all_of(text.substr(0, kYear), is_digit) && text[kYear] == '-';
}

}  // namespace

YamlScalar resolve_plain_scalar(std::string_view text) {
  using Kind = YamlScalar::Kind;
  const auto kind = [](Kind found) {
    YamlScalar scalar;
    scalar.kind = found;
    return scalar;
  };
  if (!text.empty() && kFirstOfOthers.find(text.front()) == std::string_view::npos) return {};
  if (text.size() <= kLongestWord) {
    if (is_one_of(text, kNull)) return kind(Kind::null);
    if (is_one_of(text, kNotJson)) return kind(Kind::not_json);
    if (is_one_of(text, kFalse)) return kind(Kind::boolean);
    if (is_one_of(text, kTrue)) {
      YamlScalar scalar = kind(Kind::boolean);
      scalar.boolean = true;
      return scalar;
    }
  }
  const char first = text.front();
  const bool numeric = is_digit(first) || first == '-' || first == '+';
  if (first == '.') {
    const std::string digits = without_separators(text);
    return looks_like_float(digits) ? make_float(digits) : YamlScalar{};
  }
  if (!numeric || looks_like_date(text)) return {};
  std::string plain(text);
  std::erase(plain, '_');
  if (auto integer = parse_integer(plain)) return number(std::move(*integer), YamlScalar::Number::integer);
  if (looks_like_float(plain)) return make_float(plain);
  if (auto integer = parse_odd_binary(plain)) return number(std::move(*integer), YamlScalar::Number::integer);
  return {};
}

std::optional<std::string> decode_yaml_binary(std::string text) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  return base64_decode(text);
}

std::string float_key(const std::string& digits) {
  const float value = std::strtof(digits.c_str(), nullptr);
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  std::array<char, 64> buffer{};
  const auto print = [&](std::chars_format format) {
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
    return std::string(buffer.data(), end);
  };
  const std::string scientific = print(std::chars_format::scientific);
  constexpr int kLeast = -4;
  constexpr int kMost = 6;
  const int exponent = std::atoi(scientific.c_str() + scientific.find('e') + 1);
  return exponent < kLeast || exponent >= kMost ? scientific : print(std::chars_format::fixed);
}

}  // namespace kots_export::util
