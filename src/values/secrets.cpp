#include <kots_export/values/secrets.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace kots_export::values {

namespace {

constexpr const char* kMask = "***";

// scheme://user:password@host
bool holds_credentials(std::string_view text) {
  for (auto at = text.find("://"); at != std::string_view::npos; at = text.find("://", at)) {
    at += 3;
    const std::string_view authority = text.substr(at, text.find_first_of("/ \t\n\"'", at) - at);
    const auto host = authority.rfind('@');
    if (host != std::string_view::npos && authority.substr(0, host).find(':') != std::string_view::npos)
      return true;
  }
  return false;
}

}  // namespace

bool is_secret_key(std::string_view key) {
  std::string lower(key);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  // The names of Secrets are no secrets.
  if (lower.starts_with("existing") || lower == "imagepullsecrets") return false;
  // Parts of key names. "key" alone would hide half of the file.
  constexpr std::array<std::string_view, 19> kParts = {
      "password",          "passphrase", "secret",      "token",  "license",     "keyset",
      "accesskey",         "privatekey", "private_key", "apikey", "cookie",      "service_account",
      "credential",        "encryption", "signing",     "gossip", "certificate", "custom_config_file",
      "extrascrapeconfigs"};
  return std::ranges::any_of(kParts,
                             [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

bool is_secret_path(const Path& path) { return std::ranges::any_of(path, is_secret_key); }

Value masked(const Value& value, Below below) {
  if (value.is_map()) {
    Map map;
    for (const auto& [key, item] : value.as_map()) {
      const bool secret = below == Below::secret_key || is_secret_key(key);
      map.append(key, masked(item, secret ? Below::secret_key : Below::ordinary_key));
    }
    return map;
  }
  if (value.is_list()) {
    List list;
    for (const Value& item : value.as_list()) list.push_back(masked(item, below));
    return list;
  }
  const bool may_be_secret = value.is_number() || (value.is_string() && !value.as_string().empty());
  if (below == Below::secret_key && may_be_secret) return kMask;
  return value.is_string() && holds_credentials(value.as_string()) ? Value(kMask) : value;
}

}  // namespace kots_export::values
