#pragma once

#include <kots_export/util/secret.h>

#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>

// The certificates with which Nomad's server in the cluster and its clients outside know each other. The
// Nomad terraform makes them, the chart takes them as values (guide, step 9).
namespace kots_export::migration {

// Base64 of PEM, as the chart wants it.
struct NomadCertificates {
  std::string certificate;  // of the server
  Secret<std::string> private_key;
  std::string authority;
};

// Takes them from what `terraform output -json` prints: outputs nomad_server_cert, nomad_server_key and
// nomad_tls_ca, or the same with _base64 at their ends, at the top or inside of any output that is an object
// (https://github.com/CircleCI-Public/server-terraform, nomad-aws/output.tf and examples/basic). `source`
// names the text in errors. Throws Error where one is missing, and where two that differ are found.
[[nodiscard]] NomadCertificates certificates_of_terraform(const Secret<std::string>& json,
                                                          std::string_view source);

// Reads three PEM files. Throws Error.
struct NomadFiles {
  std::filesystem::path certificate;
  std::filesystem::path private_key;
  std::filesystem::path authority;
};
[[nodiscard]] NomadCertificates read_certificates(const NomadFiles& files);

// Throws Error where `validate` finds an error in them: they cannot be read, do not belong together, or are
// not valid at `now`.
void require_right(const NomadCertificates& certificates, std::time_t now);

// Whether the certificate has the name by which Nomad's clients may ask for it, server.global.nomad.
[[nodiscard]] bool has_nomads_name(const NomadCertificates& certificates);

// The values of the chart that hold them, as YAML.
[[nodiscard]] Secret<std::string> values_of(const NomadCertificates& certificates);

// `yaml` with all of values_of in it, every other byte as it was; `source` names it. Throws
// values::CannotEdit where that is not possible, and Error where `yaml` is no values file of 4.x.
[[nodiscard]] Secret<std::string> with_certificates(const std::string& yaml, std::string_view source,
                                                    const NomadCertificates& certificates);

}  // namespace kots_export::migration
