#include "apiserver/yaml.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include <yaml-cpp/yaml.h>

namespace kots_export::apiserver {
namespace {

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::optional<Json> parse_integer(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), '_'), text.end());
  const bool negative = text.starts_with('-');
  std::string_view digits = text;
  if (negative || text.starts_with('+')) digits.remove_prefix(1);
  int base = 10;
  if (digits.starts_with("0x"))
    base = 16;
  else if (digits.starts_with("0o"))
    base = 8;
  else if (digits.starts_with("0b"))
    base = 2;
  if (base != 10) {
    digits.remove_prefix(2);
  } else if (digits.size() > 1 && digits.front() == '0') {
    base = 8;
    digits.remove_prefix(1);
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (!negative) return Json(value);
  if (value > std::uint64_t{1} << 63U) return std::nullopt;
  return Json(static_cast<std::int64_t>(-value));
}

std::optional<Json> parse_float(const std::string& text) {
  const bool plausible = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
  });
  if (!plausible || text.find_first_of("0123456789") == std::string::npos) return std::nullopt;
  const std::string_view digits =
      text.starts_with('+') ? std::string_view(text).substr(1) : std::string_view(text);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || !std::isfinite(value))
    return std::nullopt;
  return Json(value);
}

Json plain_scalar(const std::string& text) {
  if (one_of(text, {"", "~", "null", "Null", "NULL"})) return nullptr;
  if (one_of(text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"})) return true;
  if (one_of(text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"}))
    return false;
  if (const std::optional<Json> integer = parse_integer(text)) return *integer;
  if (const std::optional<Json> number = parse_float(text)) return *number;
  return text;
}

Json convert(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Undefined:
    case YAML::NodeType::Null:
      return nullptr;
    case YAML::NodeType::Scalar:
      // yaml-cpp tags quoted and block scalars with "!", plain ones with "?".
      return node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str" ? Json(node.Scalar())
                                                                        : plain_scalar(node.Scalar());
    case YAML::NodeType::Sequence: {
      Json list = Json::array();
      for (const YAML::Node& entry : node) list.push_back(convert(entry));
      return list;
    }
    case YAML::NodeType::Map: {
      Json map = Json::object();
      for (const auto& entry : node) map[entry.first.Scalar()] = convert(entry.second);
      return map;
    }
  }
  return nullptr;
}

bool looks_like_json(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && (text[first] == '{' || text[first] == '[');
}

}  // namespace

Json parse_yaml(const std::string& text) {
  if (looks_like_json(text)) {
    Json value = Json::parse(text, nullptr, false);
    if (!value.is_discarded()) return value;
  }
  return convert(YAML::Load(text));
}

std::vector<Json> parse_yaml_documents(const std::string& text) {
  if (looks_like_json(text)) {
    Json value = Json::parse(text, nullptr, false);
    if (!value.is_discarded()) return {std::move(value)};
  }
  std::vector<Json> documents;
  for (const YAML::Node& document : YAML::LoadAll(text)) {
    Json value = convert(document);
    if (!value.is_null()) documents.push_back(std::move(value));
  }
  return documents;
}

}  // namespace kots_export::apiserver
