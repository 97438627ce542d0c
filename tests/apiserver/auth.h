#pragma once

#include "apiserver/http.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kots_export::apiserver {

// Who makes a request.
struct User {
  std::string name;
  std::vector<std::string> groups;
};

// Who makes a request without credentials: he may see the version and the health.
inline constexpr const char* kAnonymous = "system:anonymous";

// Reads "TOKEN=USER[:GROUP,...]". Throws std::runtime_error where it is none.
[[nodiscard]] std::pair<std::string, User> parse_token(const std::string& text);

// Bearer tokens and client certificates. Does not change after start, so threads share it.
class Authenticator {
 public:
  void add_token(const std::string& token, User user) { tokens_[token] = std::move(user); }

  // Returns who the credentials belong to, or nothing where they are wrong (401). A certificate's
  // CN is the user and its O the groups; a token beats a certificate, as in the real chain of authenticators.
  [[nodiscard]] std::optional<User> authenticate(const Request& request) const;

 private:
  std::map<std::string, User> tokens_;
};

// Returns the user of the Impersonate-User and Impersonate-Group headers, or nothing where there are none.
[[nodiscard]] std::optional<User> impersonated_user(const Request& request);

}  // namespace kots_export::apiserver
