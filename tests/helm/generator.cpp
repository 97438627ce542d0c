#include "helm/generator.h"

#include <array>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace kots_export::test {

using values::List;
using values::Map;
using values::Number;
using values::Value;

namespace {

// Texts that are something else for some reader.
constexpr std::array kNasty = {"",
                               "yes",
                               "No",
                               "on",
                               "OFF",
                               "y",
                               "n",
                               "true",
                               "False",
                               "~",
                               "null",
                               "Null",
                               "00123",
                               "08",
                               "1e10",
                               "1e400",
                               "0x1F",
                               "0o17",
                               "0b11",
                               "0b-101",
                               "1_000",
                               "._5",
                               "12:30",
                               "1:2:3",
                               ".5",
                               "5.",
                               ".",
                               "..",
                               "...",
                               "---",
                               "--- a",
                               "=",
                               "<<",
                               "2022-01-01",
                               "2022-1-1",
                               "+1",
                               "-1",
                               "-0",
                               "+",
                               "-",
                               "- a",
                               "-a",
                               ".inf",
                               "-.Inf",
                               ".nan",
                               "NaN",
                               "#",
                               " #",
                               "a #b",
                               "a#b",
                               ":",
                               "a:",
                               "a: b",
                               "a:b",
                               ": a",
                               "?",
                               "? a",
                               "?a",
                               "|",
                               "|-",
                               ">",
                               "> a",
                               "!",
                               "!!str",
                               "!a",
                               "&",
                               "&a",
                               "*",
                               "*a",
                               "@",
                               "`",
                               "%",
                               "%YAML",
                               "{",
                               "}",
                               "{}",
                               "[",
                               "]",
                               "[]",
                               ",",
                               "a, b",
                               "'",
                               "''",
                               "\"",
                               "\"a\"",
                               "'a'",
                               "a'b",
                               "a\"b",
                               "\\",
                               "\\n",
                               " ",
                               "  ",
                               " a",
                               "a ",
                               "\t",
                               "\ta",
                               "a\t",
                               "a\tb",
                               "\n",
                               "\n\n",
                               "a\n",
                               "a\nb",
                               "a\nb\n",
                               "a\n\n",
                               "\na",
                               " a\nb",
                               "a\n b",
                               "a \nb",
                               "a\n \nb",
                               "a\n\tb",
                               "\r",
                               "a\r",
                               "a\rb",
                               "a\r\nb",
                               "# a\nb",
                               "- a\n- b",
                               "a: null\nb: null\n",
                               "key: |\n  x\n",
                               "a\n---\nb",
                               "\x01",
                               "\x7f",
                               "\x1b[0m",
                               "\xC2\x85",
                               "a\xC2\x85"
                               "b",
                               "\xC2\xA0",
                               "\xC2\xA0"
                               "a",
                               "\xE2\x80\xA8",
                               "a\xE2\x80\xA9"
                               "b",
                               "\xEF\xBB\xBF",
                               "\xEF\xBB\xBF"
                               "a",
                               "\xEF\xBF\xBE",
                               "\xEF\xBF\xBD",
                               "\xC2\x80",
                               "\xC3\xA9",
                               "\xE6\x97\xA5\xE6\x9C\xAC",
                               "\xF0\x9F\x98\x80",
                               "-----BEGIN KEY-----\nabc==\n-----END KEY-----\n",
                               "{\"primaryKeyId\":1,\"key\":[]}",
                               "p@ss w0rd'\"&%+#",
                               "arn:aws:acm:us-east-1:1:certificate/a",
                               "https://host:443/p?q=a&b#c",
                               "{{ .Values.a }}",
                               "$(A)",
                               "${A}",
                               "a\\",
                               "c:\\d",
                               "1.0",
                               "1.10",
                               "18446744073709551616",
                               "9007199254740993",
                               "0x",
                               "0b",
                               "0b2",
                               "1e",
                               "1e+",
                               "e1",
                               "1__0",
                               "_1",
                               "1_",
                               "+.5",
                               "-.5",
                               "+0x10",
                               "1,000",
                               "1 2",
                               "12e03",
                               "0.",
                               "infinity"};

constexpr std::array kFragments = {"a",
                                   "b",
                                   "Z",
                                   "0",
                                   "1",
                                   "9",
                                   "_",
                                   " ",
                                   "  ",
                                   "\t",
                                   "\n",
                                   "\r",
                                   "-",
                                   "- ",
                                   "?",
                                   "? ",
                                   ":",
                                   ": ",
                                   "#",
                                   " #",
                                   ",",
                                   ", ",
                                   "[",
                                   "]",
                                   "{",
                                   "}",
                                   "'",
                                   "\"",
                                   "\\",
                                   "\\n",
                                   "&",
                                   "*",
                                   "!",
                                   "|",
                                   ">",
                                   "%",
                                   "@",
                                   "`",
                                   "~",
                                   "=",
                                   "<",
                                   "<<",
                                   ".",
                                   "..",
                                   "+",
                                   "e",
                                   "x",
                                   "null",
                                   "\xC3\xA9",
                                   "\xC2\x85",
                                   "\xE2\x80\xA8",
                                   "\xF0\x9F\x98\x80",
                                   "\xEF\xBB\xBF",
                                   "\x01",
                                   "\x7f",
                                   "\xC2\xA0"};

// What may stand before a value, on its line or above it.
constexpr std::array kProperties = {"!!str ",       "!!int ",
                                    "!!float ",     "!!bool ",
                                    "!!null ",      "!!binary ",
                                    "!!timestamp ", "!!seq ",
                                    "!!map ",       "!!merge ",
                                    "! ",           "!a ",
                                    "!a!b ",        "!!a-b ",
                                    "!<a> ",        "!<! ",
                                    "!!%73tr ",     "!%C3%A9 ",
                                    "!%C3 ",        "!%8 ",
                                    "!<%zz> ",      "!<tag:yaml.org,2002:int> ",
                                    "&a ",          "&a-b ",
                                    "&a&b ",        "*a ",
                                    "&a !!str ",    "!!int &a ",
                                    "&a &b ",       "!a !b "};

constexpr std::array kEscapes = {"\\0",         "\\a",         "\\x41", "\\x4", "\\xE9", "\\u00e9", "\\ud800",
                                 "\\U0001F600", "\\U00110000", "\\N",   "\\_",  "\\L",   "\\\n",    "\\ ",
                                 "\\\t",        "\\/",         "\\e",   "\\\"", "\\'",   "\\q"};

// Each part is made before the next, whatever the compiler's order of operands: a seed means the same
// everywhere.
std::string joined(std::initializer_list<std::string> parts) {
  std::string text;
  for (const std::string& part : parts) text += part;
  return text;
}

}  // namespace

std::string Generator::nasty() { return kNasty[below(kNasty.size())]; }

std::string Generator::fragments(std::size_t most) {
  std::string text;
  for (std::size_t i = below(most + 1); i > 0; --i) text += kFragments[below(kFragments.size())];
  return text;
}

std::string Generator::text() {
  switch (below(6)) {
    case 0:
    case 1:
      return nasty();
    case 2:
      return joined({nasty(), nasty()});
    case 3:
      return joined({nasty(), "\n", nasty(), fragments(3)});
    case 4:
      return joined({std::string(below(3) * 500, 'k'), fragments(4)});
    default:
      return fragments(12);
  }
}

Number Generator::number() {
  const auto digits = [this](std::size_t most) {
    std::string text(1, static_cast<char>('1' + below(9)));
    for (std::size_t i = below(most); i > 0; --i) text += static_cast<char>('0' + below(10));
    return text;
  };
  const std::string sign = below(2) == 0 ? "" : "-";
  switch (below(4)) {
    case 0:
      return {sign + digits(3), true};
    case 1:
      return {sign + digits(18), true};
    case 2:
      return {joined({sign, digits(4), ".", digits(6)}), false};
    default:
      return {joined({sign, digits(2), "e", sign, digits(2)}), false};
  }
}

Value Generator::value(int depth) {
  switch (below(depth > 0 ? 12 : 8)) {
    case 0:
      return number();
    case 1:
      return below(2) == 0;
    case 2:
      return {};
    case 8:
    case 9: {
      List list;
      for (std::size_t i = below(4); i > 0; --i) list.push_back(value(depth - 1));
      return list;
    }
    case 10:
    case 11: {
      Map map;
      for (std::size_t i = below(5); i > 0; --i) {
        std::string key = text();
        map.set(std::move(key), value(depth - 1));
      }
      return map;
    }
    default:
      return text();
  }
}

std::string Generator::flow(int depth) {
  const bool list = below(2) == 0;
  std::string text = list ? "[" : "{";
  for (std::size_t i = below(4); i > 0; --i) {
    if (!list) text += std::string(1, static_cast<char>('a' + i)) + (below(4) == 0 ? ":" : ": ");
    text += depth > 0 && below(3) == 0 ? flow(depth - 1) : nasty();
    if (i > 1) text += below(3) == 0 ? "," : below(4) == 0 ? ",\n  " : ", ";
  }
  return text + (list ? "]" : "}");
}

std::string Generator::block_scalar() {
  constexpr std::array kHeaders = {"|", ">", "|-", ">-", "|+", ">+", "|2", ">1", "|1-", "| # c", ">+2"};
  std::string text = kHeaders[below(kHeaders.size())];
  for (std::size_t i = below(5); i > 0; --i)
    text += joined({"\n", std::string(1 + below(4), ' '), fragments(3)});
  return text;
}

std::string Generator::properties() {
  std::string text = kProperties[below(kProperties.size())];
  if (below(3) == 0) text += joined({"\n", std::string(1 + below(3), ' ')});
  return text;
}

std::string Generator::double_quoted() {
  std::string text = "\"";
  for (std::size_t i = below(5); i > 0; --i)
    text += below(2) == 0 ? fragments(3) : kEscapes[below(kEscapes.size())];
  return text + "\"";
}

// Keys below their parent, mostly in one column; "? " and ": " as well.
std::string Generator::block_map(int depth) {
  std::string text;
  const std::size_t indent = 1 + below(3);
  for (std::size_t i = 1 + below(3); i > 0; --i) {
    text += joined({"\n", std::string(below(9) == 0 ? 1 + below(4) : indent, ' ')});
    const std::string key = below(3) == 0 ? node(0) : std::string(1, static_cast<char>('a' + i));
    switch (below(8)) {
      case 0:
        text += joined({"? ", key, "\n", std::string(indent, ' '), ": "});
        break;
      case 1:
        text += "- ";
        break;
      default:
        text += joined({key, below(9) == 0 ? " :" : ": "});
    }
    text += node(depth);
  }
  return text;
}

std::string Generator::yaml() {
  std::string text = node(2);
  // go-yaml looks for a byte order mark at the start of its buffer instead of the line (is_bom): one that
  // happens to stand there costs every line below its first letter. We write none.
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  for (auto at = text.find(kByteOrderMark); at != std::string::npos; at = text.find(kByteOrderMark, at))
    text.erase(at, kByteOrderMark.size());
  std::string indented;
  // A line that begins at the start of the line would be a key of its own.
  for (const char c : text) {
    indented += c;
    if (c == '\n' || c == '\r') indented += ' ';
  }
  return indented;
}

std::string Generator::node(int depth) {
  switch (below(depth > 0 ? 9 : 6)) {
    case 0:
      return nasty();
    case 1:
      return joined({nasty(), " ", nasty()});
    case 2:
      return fragments(8);
    case 3:
      return below(2) == 0 ? joined({"'", fragments(8), "'"}) : double_quoted();
    case 4:
      return flow(2);
    case 5:
      return block_scalar();
    case 6:
      return joined({properties(), node(depth - 1)});
    default:
      return block_map(depth - 1);
  }
}

}  // namespace kots_export::test
