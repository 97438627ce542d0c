#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What matters here of X.509 certificates (RFC 5280), as OpenSSL reads and judges them.
namespace kots_export::util {

struct Certificate {
  std::time_t not_before = 0;
  std::time_t not_after = 0;
  std::string common_name = {};                 // of the subject: to Kubernetes, the user
  std::vector<std::string> organizations = {};  // its groups
};

// Every certificate in `pem`, in order; nothing where one of them cannot be read.
[[nodiscard]] std::vector<Certificate> certificates_in(std::string_view pem);

// Whether `pem` holds a private key that can be read without a passphrase; nobody is asked for one.
[[nodiscard]] bool holds_private_key(std::string_view pem);

// Whether the private key of `key_pem` belongs to the first certificate of `pem`.
[[nodiscard]] bool key_belongs(std::string_view key_pem, std::string_view pem);

// Why the first certificate of `pem` does not lead to one of `authorities_pem` through the others of `pem`,
// in OpenSSL's words; nothing where it does, or where one cannot be read. With `at` all on the way have to be
// valid then, the authority too, as Go wants it; without it dates are not looked at.
[[nodiscard]] std::optional<std::string> chain_problem(std::string_view pem, std::string_view authorities_pem,
                                                       std::optional<std::time_t> at = std::nullopt);

// Why a browser on this machine would not trust the first certificate of `pem` for a server: the same against
// the roots that it trusts, those of the file in SSL_CERT_FILE where that is set, else the system's, at this
// time, and for this use. What `pem` holds beside the path does not count.
[[nodiscard]] std::optional<std::string> system_chain_problem(std::string_view pem);

// Whether one of the certificates of `pem` may issue others (RFC 5280, 4.2.1.9).
[[nodiscard]] bool holds_authority(std::string_view pem);

// Whether the first certificate of `pem` is its own issuer.
[[nodiscard]] bool is_self_signed(std::string_view pem);

// Whether the first certificate of `pem` is for `host`, a name or an address. As browsers and Go do, only the
// subject alternative names count (RFC 6125).
[[nodiscard]] bool names_host(std::string_view pem, const std::string& host);

}  // namespace kots_export::util
