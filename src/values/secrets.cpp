#include <kots_export/util/text.h>
#include <kots_export/values/secrets.h>

#include <algorithm>
#include <array>
#include <cstddef>

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

// True where a plain name ends with a word for something secret, in the plural or not.
bool ends_with_secret_word(std::string_view name) {
  constexpr std::array<std::string_view, 15> kWords = {
      "pass",   "password",   "passwd",        "passphrase", "pwd",
      "token",  "secret",     "accesskey",     "secretkey",  "privatekey",
      "apikey", "credential", "authorization", "signingkey", "encryptionkey"};
  const std::string_view singular = name.substr(0, name.size() - (name.ends_with('s') ? 1 : 0));
  return std::ranges::any_of(
      kWords, [&](std::string_view word) { return name.ends_with(word) || singular.ends_with(word); });
}

// "password: x", "TOKEN = x", "\"client_secrets\": [": a secret word right before a : or =.
bool holds_assignment(std::string_view text) {
  const std::string lower = plain(text);
  for (auto at = lower.find_first_of(":="); at != std::string::npos; at = lower.find_first_of(":=", at + 1)) {
    const std::string_view before = std::string_view(lower).substr(0, at);
    if (ends_with_secret_word(before.substr(0, before.find_last_not_of(" \t\"'])") + 1))) return true;
  }
  return false;
}

// "<password>x</password>".
bool holds_secret_element(std::string_view text) {
  for (auto at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    const auto end = text.find_first_of("<>", at + 1);
    if (end == std::string_view::npos || text[end] == '<') continue;
    const std::string_view name = text.substr(at + 1, end - at - 1);
    const auto close = text.find('<', end);
    if (close == std::string_view::npos || close == end + 1 || !ends_with_secret_word(plain(name))) continue;
    if (text.substr(close).starts_with("</" + std::string(name) + ">")) return true;
  }
  return false;
}

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// True where `begin` begins a word of `text`, and `goes_on` says that what follows is a token.
template <typename GoesOn>
bool holds_word(std::string_view text, std::string_view begin, const GoesOn& goes_on) {
  for (auto at = text.find(begin); at != std::string_view::npos; at = text.find(begin, at + 1)) {
    const bool is_start = at == 0 || !is_letter_or_digit(text[at - 1]);
    if (is_start && goes_on(text.substr(at + begin.size()))) return true;
  }
  return false;
}

bool holds_token(std::string_view text) {
  // What tokens begin with at GitHub, GitLab and Slack.
  constexpr std::array<std::string_view, 10> kBegins = {"ghp_",        "gho_",   "ghs_",  "ghu_",  "ghr_",
                                                        "github_pat_", "glpat-", "xoxb-", "xoxp-", "xapp-1-"};
  return std::ranges::any_of(kBegins, [&](std::string_view begin) {
    return holds_word(
        text, begin, [](std::string_view rest) { return !rest.empty() && is_letter_or_digit(rest.front()); });
  });
}

// A JSON Web Token: base64 of "{\"" and two more parts, a dot between them.
bool holds_web_token(std::string_view text) {
  constexpr std::size_t kShortestPart = 8;
  const auto length_of_part = [](std::string_view rest) {
    const auto* end =
        std::ranges::find_if_not(rest, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
    return static_cast<std::size_t>(end - rest.begin());
  };
  return holds_word(text, "eyJ", [&](std::string_view rest) {
    for (int dots = 0; dots < 2; ++dots) {
      const std::size_t length = length_of_part(rest);
      if (length < kShortestPart || length == rest.size() || rest[length] != '.') return false;
      rest.remove_prefix(length + 1);
    }
    return length_of_part(rest) > 0;
  });
}

// "user:password@host", with a scheme before it or none, "redis://:password@host" and "https://token@host".
// Digests of images ("name:tag@sha256:...") are none.
bool is_address_with_password(std::string_view before, std::string_view word) {
  const auto host = word.rfind('@');
  if (host == std::string_view::npos || host == 0 || host + 1 == word.size()) return false;
  if (word.substr(host).starts_with("@sha256:")) return false;
  const auto colon = word.find(':');
  const bool has_user = colon > 0 || before.ends_with("://");
  const bool has_password = has_user && colon < host && colon + 1 < host;
  return has_password || before.ends_with("http://") || before.ends_with("https://");
}

// The words of `text`, views into it, which `ends` keep apart; none is empty.
std::vector<std::string_view> words_of(std::string_view text, std::string_view ends) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find_first_of(ends, at), text.size());
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

constexpr std::string_view kEndsOfArguments = " \t\r\n\"'`,;()[]{}";

bool holds_address_with_password(std::string_view text) {
  return std::ranges::any_of(words_of(text, "/ \t\r\n\"'`,;<>()[]{}"), [&](std::string_view word) {
    return is_address_with_password(text.substr(0, static_cast<std::size_t>(word.data() - text.data())),
                                    word);
  });
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
  bool is_wanted = false;
  for (const std::string_view word : words_of(text, kEndsOfArguments)) {
    if (is_wanted && !word.starts_with('-')) return true;
    is_wanted = word.starts_with('-') && word.find('=') == std::string_view::npos && is_secret_key(word);
  }
  return false;
}

bool is_flag_for_user(std::string_view word) {
  constexpr std::array<std::string_view, 4> kFlags = {"-u", "--user", "-U", "--proxy-user"};
  return std::ranges::find(kFlags, word) != kFlags.end();
}

bool is_curl(std::string_view word) { return word == "curl" || word.ends_with("/curl"); }

// "curl -u user:x". Of other programs -u may be anything: docker run -u 1000:1000.
bool holds_user_for_curl(std::string_view text) {
  bool has_curl = false;
  bool is_wanted = false;
  for (const std::string_view word : words_of(text, kEndsOfArguments)) {
    const auto colon = word.find(':');
    const bool has_password = colon != std::string_view::npos && colon + 1 < word.size();
    if (has_password && (is_wanted || (has_curl && word.starts_with("-u")))) return true;
    has_curl = has_curl || is_curl(word);
    is_wanted = has_curl && is_flag_for_user(word);
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
  constexpr std::array<std::string_view, 5> kMarks = {"PRIVATE KEY",     // also "PRIVATE KEY BLOCK" of PGP
                                                      "LS0tLS1CRUdJTi",  // base64 of "-----BEGIN"
                                                      "PuTTY-User-Key-File-", "AGE-SECRET-KEY-1",
                                                      "hooks.slack.com/"};
  return has_any(text, kMarks) || holds_token(text) || holds_web_token(text) ||
         holds_address_with_password(text) || holds_assignment(text) || holds_secret_element(text) ||
         holds_flag_with_secret(text) || holds_user_for_curl(text) || is_authorization(text);
}

Below below_entry(const Map& map, const std::string& key, Below above) {
  if (above == Below::secret_key || is_secret_key(key)) return Below::secret_key;
  const Value* name = key == "value" ? map.find("name") : nullptr;
  const bool is_secret = name != nullptr && name->is_string() && is_secret_variable(name->as_string());
  return is_secret ? Below::secret_key : above;
}

Below below_item(const List& list, std::size_t index, Below above) {
  const std::string flag = index > 0 ? flag_name(list[index - 1]) : std::string();
  const auto end = list.begin() + static_cast<std::ptrdiff_t>(index);
  const bool is_secret =
      is_secret_key(flag) || (is_flag_for_user(flag) && std::any_of(list.begin(), end, [](const Value& item) {
                                return item.is_string() && is_curl(item.as_string());
                              }));
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
