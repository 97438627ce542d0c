#pragma once

#include <string>
#include <vector>

// Certificates made at start: a CA for the server, a CA for clients, and what they sign.
namespace kots_export::apiserver {

// A certificate and its private key (EC P-256), both as PEM.
struct KeyPair {
  std::string certificate_pem;
  std::string key_pem;
};

// When a certificate holds, seen from now.
enum class Validity { now, expired, not_yet };

enum class CertificateUse { server, client };

// What `issue` puts into a certificate.
struct CertificateRequest {
  CertificateUse use = CertificateUse::server;
  std::string common_name;
  std::vector<std::string> organisations = {};
  std::vector<std::string> dns_names = {};
  std::vector<std::string> addresses = {};
  Validity validity = Validity::now;
};

// Returns a new self-signed CA. Throws std::runtime_error with OpenSSL's reason.
[[nodiscard]] KeyPair make_authority(const std::string& common_name, Validity validity = Validity::now);

// Returns a new key and its certificate, signed by `authority`. Throws std::runtime_error.
[[nodiscard]] KeyPair issue(const KeyPair& authority, const CertificateRequest& request);

}  // namespace kots_export::apiserver
