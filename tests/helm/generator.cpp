#include "helm/generator.h"

#include <array>
#include <string_view>

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

}  // namespace

std::string Generator::fragments(std::size_t most) {
  std::string text;
  for (std::size_t i = below(most + 1); i > 0; --i) text += kFragments[below(kFragments.size())];
  return text;
}

std::string Generator::text() {
  switch (below(6)) {
    case 0:
    case 1:
      return kNasty[below(kNasty.size())];
    case 2:
      return std::string(kNasty[below(kNasty.size())]) + kNasty[below(kNasty.size())];
    case 3:
      return std::string(kNasty[below(kNasty.size())]) + "\n" + kNasty[below(kNasty.size())] + fragments(3);
    case 4:
      return std::string(below(3) * 500, 'k') + fragments(4);
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
      return {sign + digits(4) + "." + digits(6), false};
    default:
      return {sign + digits(2) + "e" + sign + digits(2), false};
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
      for (std::size_t i = below(5); i > 0; --i) map.set(text(), value(depth - 1));
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
    text += depth > 0 && below(3) == 0 ? flow(depth - 1) : std::string(kNasty[below(kNasty.size())]);
    if (i > 1) text += below(3) == 0 ? "," : below(4) == 0 ? ",\n  " : ", ";
  }
  return text + (list ? "]" : "}");
}

std::string Generator::block_scalar() {
  constexpr std::array kHeaders = {"|", ">", "|-", ">-", "|+", ">+", "|2", ">1", "|1-", "| # c", ">+2"};
  std::string text = kHeaders[below(kHeaders.size())];
  for (std::size_t i = below(5); i > 0; --i) text += "\n" + std::string(1 + below(4), ' ') + fragments(3);
  return text;
}

std::string Generator::yaml() {
  std::string text;
  switch (below(6)) {
    case 0:
      text = kNasty[below(kNasty.size())];
      break;
    case 1:
      text = std::string(kNasty[below(kNasty.size())]) + " " + kNasty[below(kNasty.size())];
      break;
    case 2:
      text = fragments(8);
      break;
    case 3:
      text = below(2) == 0 ? "'" + fragments(8) + "'" : "\"" + fragments(8) + "\"";
      break;
    case 4:
      text = flow(2);
      break;
    default:
      text = block_scalar();
  }
  // A line that begins at the start of the line would be a key of its own.
  std::string indented;
  for (const char c : text) {
    indented += c;
    if (c == '\n' || c == '\r') indented += ' ';
  }
  return indented;
}

}  // namespace kots_export::test
