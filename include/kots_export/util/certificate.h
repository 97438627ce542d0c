#pragma once

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

// What matters here of an X.509 certificate: from when to when it is valid, and whom it names (RFC 5280,
// 4.1).
namespace kots_export::util {

struct Certificate {
  std::time_t not_before = 0;
  std::time_t not_after = 0;
  std::string common_name = {};                 // of the subject: to Kubernetes, the user
  std::vector<std::string> organizations = {};  // its groups
};

// Every certificate in `pem`, in order; nothing where one of them cannot be read.
[[nodiscard]] std::vector<Certificate> certificates_in(std::string_view pem);

}  // namespace kots_export::util
