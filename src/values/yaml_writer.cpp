#include <kots_export/util/error.h>
#include <kots_export/util/text.h>
#include <kots_export/util/yaml_scalar.h>
#include <kots_export/values/yaml.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>

namespace kots_export::values {

namespace {

constexpr std::size_t kIndent = 2;
// A key that is longer must be written with "? " (YAML 1.1, simple keys).
constexpr std::size_t kLongestSimpleKey = 1000;

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 1;
};

// The code point at the start of well-formed UTF-8.
CodePoint decode(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  std::uint32_t value = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i)
    value = value << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
  return {value, length};
}

// What may stand unescaped in every YAML reader: printable, and no line break of any kind (NEL, LS and PS are
// some in 1.1).
bool is_plain_character(std::uint32_t c) {
  if (c < 0x20 || c == 0x7F) return false;
  if (c >= 0x80 && c < 0xA0) return false;
  return c != 0x2028 && c != 0x2029 && c != 0xFEFF && c != 0xFFFE && c != 0xFFFF;
}

template <typename Predicate>
bool all_code_points(std::string_view text, Predicate predicate) {
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = decode(text.substr(i));
    if (!predicate(c.value)) return false;
    i += c.length;
  }
  return true;
}

bool is_alphanumeric(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// A word that some YAML reader takes for a boolean, null or a special number.
bool is_reserved_word(std::string_view text) {
  constexpr std::size_t kLongest = 5;
  if (text.size() > kLongest) return false;
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array<std::string_view, 12> kWords = {"y",    "n",     "yes",  "no",   "on",    "off",
                                                       "true", "false", "null", ".inf", "+.inf", ".nan"};
  return std::ranges::find(kWords, lower) != kWords.end();
}

// Something that begins like a number and has no character that no number, date or time has.
bool may_be_a_number(std::string_view text) {
  const char first = text.front();
  if (!std::isdigit(static_cast<unsigned char>(first)) && first != '+' && first != '.') return false;
  return text.find_first_not_of("0123456789abcdefABCDEFxXoO_.:+-TtZz ,") == std::string_view::npos;
}

// True where `text` without quotes is surely this very string.
bool is_safe_plain(std::string_view text) {
  if (text.empty() || text.back() == ' ' || text.back() == ':') return false;
  constexpr std::string_view kSafeFirst = "/_.$+(";
  const char first = text.front();
  if (!is_alphanumeric(first) && kSafeFirst.find(first) == std::string_view::npos &&
      static_cast<unsigned char>(first) < 0x80)
    return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  if (!all_code_points(text, [](std::uint32_t c) { return is_plain_character(c) && c != 0xA0; }))
    return false;
  return !is_reserved_word(text) && !may_be_a_number(text) &&
         util::resolve_plain_scalar(text).kind == util::YamlScalar::Kind::string;
}

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

std::string hex(std::uint32_t value, std::size_t digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out(digits, '0');
  for (std::size_t i = digits; i > 0; --i, value >>= 4U) out[i - 1] = kDigits[value & 15U];
  return out;
}

std::string double_quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = decode(text.substr(i));
    if (c.value == '"' || c.value == '\\') {
      out += '\\';
      out += static_cast<char>(c.value);
    } else if (c.value == '\n') {
      out += "\\n";
    } else if (c.value == '\t') {
      out += "\\t";
    } else if (c.value == '\r') {
      out += "\\r";
    } else if (is_plain_character(c.value)) {
      out += text.substr(i, c.length);
    } else if (c.value < 0x80) {
      out += "\\x" + hex(c.value, 2);
    } else {
      out += "\\u" + hex(c.value, 4);
    }
    i += c.length;
  }
  return out + "\"";
}

// A string of one line, in the shortest form that is exact.
std::string flow_scalar(std::string_view text) {
  if (is_safe_plain(text)) return std::string(text);
  return all_code_points(text, is_plain_character) ? single_quoted(text) : double_quoted(text);
}

// True where a literal block scalar gives back every byte: lines of printable characters, none of blanks
// alone.
bool fits_block(std::string_view text) {
  if (text.find('\n') == std::string_view::npos) return false;
  if (text.find_first_not_of('\n') == std::string_view::npos) return false;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, end - start);
    if (!line.empty() && line.find_first_not_of(" \t") == std::string_view::npos) return false;
    start = end + 1;
  }
  return all_code_points(text,
                         [](std::uint32_t c) { return c == '\n' || c == '\t' || is_plain_character(c); });
}

class Writer {
 public:
  // Writes `value` after "key:" or "-": on the same line where it is a scalar, else as a block below.
  void entry(const Value& value, std::size_t depth) {
    if (value.is_map() && !value.as_map().empty()) {
      if (!is_behind_dash_) out_ += '\n';
      map(value.as_map(), depth);
    } else if (value.is_list() && !value.as_list().empty()) {
      if (!is_behind_dash_) out_ += '\n';
      list(value.as_list(), depth);
    } else {
      out_ += ' ';
      scalar(value, depth);
    }
  }

  void map(const Map& map, std::size_t depth) {
    for (const auto& [key, value] : map) {
      require_utf8(key);
      const std::string name = flow_scalar(key);
      indent(depth);
      if (name.size() > kLongestSimpleKey) {
        out_ += "? " + name + "\n";
        indent(depth);
        out_ += ':';
      } else {
        out_ += name + ":";
      }
      entry(value, depth + 1);
    }
  }

  void list(const List& list, std::size_t depth) {
    for (const Value& value : list) {
      indent(depth);
      out_ += '-';
      // "- key: value" and "- - item": the first line of a collection stands behind its dash.
      is_behind_dash_ =
          (value.is_map() && !value.as_map().empty()) || (value.is_list() && !value.as_list().empty());
      entry(value, depth + 1);
    }
  }

  // At the root there is nothing to be indented against: no block scalars there.
  void root(const Value& value) {
    if (value.is_map() && !value.as_map().empty()) return map(value.as_map(), 0);
    if (value.is_list() && !value.as_list().empty()) return list(value.as_list(), 0);
    if (value.is_string()) require_utf8(value.as_string());
    if (value.is_string()) {
      out_ += flow_scalar(value.as_string()) + "\n";
    } else {
      scalar(value, 0);
    }
  }

  std::string take() { return std::move(out_); }

 private:
  static void require_utf8(std::string_view text) {
    if (!util::is_utf8(text))
      throw Error("cannot write values", "a string is not UTF-8, and YAML cannot hold other bytes");
  }

  void indent(std::size_t depth) {
    out_.append(std::exchange(is_behind_dash_, false) ? 1 : depth * kIndent, ' ');
  }

  void scalar(const Value& value, std::size_t depth) {
    if (value.is_string()) {
      require_utf8(value.as_string());
      if (fits_block(value.as_string())) return block(value.as_string(), depth);
      out_ += flow_scalar(value.as_string());
    } else if (value.is_number()) {
      out_ += value.as_number().text;
    } else if (value.is_bool()) {
      out_ += value.as_bool() ? "true" : "false";
    } else {
      out_ += value.is_map() ? "{}" : value.is_list() ? "[]" : "null";
    }
    out_ += '\n';
  }

  void block(std::string_view text, std::size_t depth) {
    const std::size_t content_end = text.find_last_not_of('\n') + 1;
    const std::size_t final_breaks = text.size() - content_end;
    out_ += '|';
    // A reader finds the indentation from the first line, unless that begins with a blank or is empty.
    if (text.front() == ' ' || text.front() == '\t' || text.front() == '\n') out_ += std::to_string(kIndent);
    if (final_breaks == 0) out_ += '-';
    if (final_breaks > 1) out_ += '+';
    out_ += '\n';
    const std::string_view lines = text.substr(0, final_breaks == 0 ? text.size() : text.size() - 1);
    for (std::size_t start = 0; start <= lines.size();) {
      const std::size_t end = std::min(lines.find('\n', start), lines.size());
      if (end > start) indent(depth);
      out_ += lines.substr(start, end - start);
      out_ += '\n';
      start = end + 1;
    }
  }

  std::string out_;
  bool is_behind_dash_ = false;
};

}  // namespace

std::string to_yaml(const Value& value) {
  Writer writer;
  writer.root(value);
  return writer.take();
}

}  // namespace kots_export::values
