#include <kots_export/util/text.h>

#include <algorithm>
#include <array>

namespace kots_export::util {

namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";
constexpr std::string_view kHexLower = "0123456789abcdef";

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The length of the well-formed UTF-8 sequence at the start of `bytes`, or 0. Source: Unicode, table 3-7.
std::size_t sequence_length(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U; };
  const auto is_tail = [&](std::size_t i) { return at(i) >= 0x80 && at(i) <= 0xBF; };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return is_tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return at(1) >= low && at(1) <= high && is_tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return at(1) >= low && at(1) <= high && is_tail(2) && is_tail(3) ? 4 : 0;
  }
  return 0;
}

// The code point of a character that turns the direction of writing or breaks a line: U+061C, U+200E, U+200F,
// U+2028 to U+202E, U+2066 to U+2069. 0 of any other. Source: Unicode Standard Annex 9, and UTR 36.
unsigned layout_control(std::string_view character) {
  if (character == "\xD8\x9C") return 0x061C;
  if (character.size() != 3 || character[0] != '\xE2') return 0;
  const unsigned low = (static_cast<unsigned char>(character[1]) & 0x3FU) << 6U;
  const unsigned code = 0x2000U + low + (static_cast<unsigned char>(character[2]) & 0x3FU);
  const bool is_one = code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
                      (code >= 0x2066 && code <= 0x2069);
  return is_one ? code : 0;
}

}  // namespace

std::string shell_quote(std::string_view word) {
  constexpr std::string_view kSafe = "_@%+=:,./-";
  const bool safe = !word.empty() && std::ranges::all_of(word, [&](char c) {
    return is_alphanumeric(c) || kSafe.find(c) != std::string_view::npos;
  });
  if (safe) return std::string(word);
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kUnreserved = "-._~";
  std::string out;
  for (const char c : text) {
    if (is_alphanumeric(c) || kUnreserved.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out;
}

std::optional<std::size_t> first_invalid_utf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const bool is_ascii = static_cast<unsigned char>(bytes[i]) < 0x80;
    const std::size_t length = is_ascii ? 1 : sequence_length(bytes.substr(i));
    if (length == 0) return i;
    i += length;
  }
  return std::nullopt;
}

bool is_utf8(std::string_view bytes) { return !first_invalid_utf8(bytes); }

std::string printable(std::string_view text) {
  const auto append_hex = [](std::string& out, unsigned byte) {
    out += kHexLower[byte >> 4U];
    out += kHexLower[byte & 15U];
  };
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = sequence_length(text.substr(i));
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool control = length == 1 && (byte < 0x20 || byte == 0x7F) && byte != '\t' && byte != '\n';
    // U+0080 to U+009F are control characters too (C1).
    const bool c1 = length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    const unsigned layout = layout_control(text.substr(i, length));
    if (length == 0 || control) {
      out += "\\x";
      append_hex(out, byte);
      ++i;
    } else if (c1) {
      out += "\\x";
      append_hex(out, static_cast<unsigned char>(text[i + 1]));
      i += 2;
    } else if (layout != 0) {
      out += "\\u";
      append_hex(out, layout >> 8U);
      append_hex(out, layout & 0xFFU);
      i += length;
    } else {
      out += text.substr(i, length);
      i += length;
    }
  }
  return out;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

std::vector<SentencePart> parts_of(std::string_view sentence) {
  std::vector<SentencePart> parts;
  while (!sentence.empty()) {
    const auto open = std::min(sentence.find('{'), sentence.size());
    const auto close = sentence.find('}', open);
    if (open > 0 || close == std::string_view::npos) {
      const auto words = close == std::string_view::npos ? sentence.size() : open;
      parts.push_back({.text = sentence.substr(0, words)});
      sentence.remove_prefix(words);
      continue;
    }
    parts.push_back({.text = sentence.substr(1, close - 1), .kind = SentencePart::Kind::name});
    sentence.remove_prefix(close + 1);
  }
  return parts;
}

std::string filled(std::string_view sentence, std::span<const Argument> arguments) {
  std::string text;
  for (const SentencePart& part : parts_of(sentence)) {
    const auto argument = part.kind == SentencePart::Kind::name
                              ? std::ranges::find(arguments, part.text, &Argument::name)
                              : arguments.end();
    if (argument != arguments.end()) {
      text += argument->value;
    } else if (part.kind == SentencePart::Kind::name) {
      text.append("{").append(part.text).append("}");
    } else {
      text += part.text;
    }
  }
  return text;
}

std::string filled(std::string_view sentence, std::initializer_list<Argument> arguments) {
  return filled(sentence, std::span(arguments.begin(), arguments.size()));
}

std::string counted(std::size_t count, std::string_view word) {
  return std::to_string(count) + " " + std::string(word) + (count == 1 ? "" : "s");
}

std::string listed(std::span<const std::string> names, std::size_t most) {
  std::string text;
  for (const std::string& name : names.first(std::min(names.size(), most)))
    text += (text.empty() ? "" : ", ") + name;
  if (names.size() <= most) return text;
  return filled("{names} and {count} more", {{"names", text}, {"count", names.size() - most}});
}

bool natural_less(std::string_view a, std::string_view b) {
  constexpr std::string_view kDigits = "0123456789";
  // Cuts the number at the start of `text` off, without the zeros before it.
  const auto take_number = [kDigits](std::string_view& text) {
    std::string_view number = text.substr(0, text.find_first_not_of(kDigits));
    text.remove_prefix(number.size());
    number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
    return number;
  };
  const auto is_digit = [kDigits](char c) { return kDigits.find(c) != std::string_view::npos; };
  const std::string_view whole_a = a;
  const std::string_view whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view left = take_number(a);
      const std::string_view right = take_number(b);
      if (left.size() != right.size()) return left.size() < right.size();
      if (left != right) return left < right;
    } else if (a.front() != b.front()) {
      return a.front() < b.front();
    } else {
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.empty() && b.empty() ? whole_a < whole_b : a.empty();
}

}  // namespace kots_export::util
