#include <kots_export/values/secrets.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace kots_export::values {

bool is_secret_path(const Path& path) {
  // Parts of key names, lower case. "key" alone would hide half of the file.
  constexpr std::array<std::string_view, 14> kParts = {
      "password", "secret",          "token",        "license",    "keyset",  "accesskey", "privatekey",
      "cookie",   "service_account", "rootpassword", "encryption", "signing", "gossip",    "certificate"};
  return std::ranges::any_of(path, [&](std::string key) {
    std::ranges::transform(key, key.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::ranges::any_of(kParts,
                               [&](std::string_view part) { return key.find(part) != std::string::npos; });
  });
}

}  // namespace kots_export::values
