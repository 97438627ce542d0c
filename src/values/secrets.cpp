#include <kots_export/util/text.h>
#include <kots_export/values/secrets.h>

#include <algorithm>
#include <array>

namespace kots_export::values {

namespace {

constexpr const char* kMask = "***";

// In lower case, without what parts words: "api_key" and "API-Key" are "apikey".
std::string plain(std::string_view name) {
  std::string text = util::lower(name);
  std::erase_if(text, [](char c) { return c == '_' || c == '-'; });
  return text;
}

template <std::size_t N>
bool has_any(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::ranges::any_of(
      words, [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

// "password: x", "TOKEN = x", "\"client_secrets\": [": a secret word right before a : or =.
bool holds_assignment(std::string_view text) {
  constexpr std::array<std::string_view, 12> kWords = {
      "pass",   "password",  "passwd",     "passphrase", "pwd",        "token",
      "secret", "accesskey", "privatekey", "apikey",     "credential", "authorization"};
  const std::string lower = plain(text);
  for (auto at = lower.find_first_of(":="); at != std::string::npos; at = lower.find_first_of(":=", at + 1)) {
    std::string_view before = std::string_view(lower).substr(0, at);
    before = before.substr(0, before.find_last_not_of(" \t\"'])") + 1);
    const std::string_view singular = before.substr(0, before.size() - (before.ends_with('s') ? 1 : 0));
    if (std::ranges::any_of(kWords, [&](std::string_view word) {
          return before.ends_with(word) || singular.ends_with(word);
        }))
      return true;
  }
  return false;
}

// "user:password@host", with a scheme before it or none, "redis://:password@host" and "https://token@host".
// Digests of images
// ("name:tag@sha256:...") are none.
bool is_address_with_password(std::string_view before, std::string_view word) {
  const auto host = word.rfind('@');
  if (host == std::string_view::npos || host == 0 || host + 1 == word.size()) return false;
  if (word.substr(host).starts_with("@sha256:")) return false;
  const auto colon = word.find(':');
  const bool has_user = colon > 0 || before.ends_with("://");
  const bool has_password = has_user && colon < host && colon + 1 < host;
  return has_password || before.ends_with("http://") || before.ends_with("https://");
}

bool holds_address_with_password(std::string_view text) {
  constexpr std::string_view kEnds = "/ \t\r\n\"'`,;<>()[]{}";
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find_first_of(kEnds, at), text.size());
    if (is_address_with_password(text.substr(0, at), text.substr(at, end - at))) return true;
    at = end + 1;
  }
  return false;
}

// "Bearer x", "Basic x".
bool is_authorization(std::string_view text) {
  const auto blank = text.find(' ');
  if (blank == std::string_view::npos || text.find_first_of(" \n", blank + 1) != std::string_view::npos)
    return false;
  const std::string scheme = util::lower(text.substr(0, blank));
  return scheme == "bearer" || scheme == "basic";
}

// "run --token x": a flag with a secret name, and a word behind it that is no flag.
bool holds_flag_with_secret(std::string_view text) {
  constexpr std::string_view kEnds = " \t\r\n\"'`,;()[]{}";
  bool is_wanted = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find_first_of(kEnds, at), text.size());
    const std::string_view word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    if (is_wanted && !word.starts_with('-')) return true;
    is_wanted = word.starts_with('-') && word.find('=') == std::string_view::npos && is_secret_key(word);
  }
  return false;
}

std::string flag_name(const Value& item) {
  const bool is_flag = item.is_string() && item.as_string().starts_with('-') &&
                       item.as_string().find('=') == std::string::npos;
  return is_flag ? item.as_string() : std::string();
}

}  // namespace

bool is_secret_key(std::string_view key) {
  const std::string name = plain(key);
  // The names of Secrets are no secrets.
  if (name.starts_with("existing") || name.ends_with("secretname") || name == "imagepullsecrets" ||
      name == "certificatessecret")
    return false;
  // Parts of key names. "key" alone would hide half of the file.
  constexpr std::array<std::string_view, 27> kParts = {
      "pass",       "pwd",        "secret",          "token",  "license",     "licence",
      "keyset",     "accesskey",  "privatekey",      "apikey", "sshkey",      "cookie",
      "credential", "encryption", "signing",         "gossip", "certificate", "authorization",
      "bearer",     "webhook",    "slackapiurl",     "dsn",    "conninfo",    "connectionstring",
      "basicauth",  "bindpw",     "customconfigfile"};
  return name == "serviceaccount" || name == "extrascrapeconfigs" || has_any(name, kParts);
}

bool is_secret_variable(std::string_view name) {
  constexpr std::array<std::string_view, 17> kParts = {
      "pass", "pwd",    "secret",  "token",   "key",     "credential", "auth", "licen",     "cert",
      "url",  "cookie", "session", "private", "signing", "dsn",        "uri",  "connection"};
  return has_any(util::lower(name), kParts);
}

bool is_secret_text(std::string_view text) {
  // What people's tokens begin with at GitHub and Slack.
  constexpr std::array<std::string_view, 9> kMarks = {"PRIVATE KEY",     // also "PRIVATE KEY BLOCK" of PGP
                                                      "LS0tLS1CRUdJTi",  // base64 of "-----BEGIN"
                                                      "hooks.slack.com/", "ghp_",  "gho_", "ghs_",
                                                      "github_pat_",      "xoxb-", "xoxp-"};
  return has_any(text, kMarks) || holds_address_with_password(text) || holds_assignment(text) ||
         holds_flag_with_secret(text) || is_authorization(text);
}

Below below_entry(const Map& map, const std::string& key, Below above) {
  if (above == Below::secret_key || is_secret_key(key)) return Below::secret_key;
  const Value* name = key == "value" ? map.find("name") : nullptr;
  const bool is_secret = name != nullptr && name->is_string() && is_secret_variable(name->as_string());
  return is_secret ? Below::secret_key : above;
}

Below below_item(const List& list, std::size_t index, Below above) {
  const bool is_secret = index > 0 && is_secret_key(flag_name(list[index - 1]));
  return is_secret ? Below::secret_key : above;
}

Value masked(const Value& value, Below below) {
  if (value.is_map()) {
    Map map;
    for (const auto& [key, item] : value.as_map())
      map.append(key, masked(item, below_entry(value.as_map(), key, below)));
    return map;
  }
  if (value.is_list()) {
    List list;
    for (std::size_t i = 0; i < value.as_list().size(); ++i)
      list.push_back(masked(value.as_list()[i], below_item(value.as_list(), i, below)));
    return list;
  }
  const bool may_be_secret = value.is_number() || (value.is_string() && !value.as_string().empty());
  if (below == Below::secret_key && may_be_secret) return kMask;
  return value.is_string() && is_secret_text(value.as_string()) ? Value(kMask) : value;
}

}  // namespace kots_export::values
