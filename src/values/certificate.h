#pragma once

#include <ctime>
#include <string_view>
#include <vector>

// The one thing of an X.509 certificate that matters here: from when to when it is valid (RFC 5280, 4.1).
namespace kots_export::values {

struct Validity {
  std::time_t not_before = 0;
  std::time_t not_after = 0;
};

// The validity of every certificate in `pem`, in order; nothing where one of them cannot be read.
[[nodiscard]] std::vector<Validity> validity_of(std::string_view pem);

}  // namespace kots_export::values
