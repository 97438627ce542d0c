#include <kots_export/migration/nomad.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/certificate.h>
#include <kots_export/util/error.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>
#include <kots_export/values/validate.h>
#include <kots_export/values/values_file.h>
#include <kots_export/values/yaml.h>
#include <kots_export/values/yaml_edit.h>

#include <array>
#include <utility>

namespace kots_export::migration {

namespace {

const values::Path kMtls{"nomad", "server", "rpc", "mTLS"};
constexpr std::size_t kMostBytes = std::size_t{1} << 20;  // of a PEM file

using Entries = std::array<std::pair<values::Path, values::Value>, 4>;

Entries entries_of(const NomadCertificates& certificates) {
  const auto at = [](const char* key) {
    values::Path path = kMtls;
    path.emplace_back(key);
    return path;
  };
  return {{{at("enabled"), true},
           {at("certificate"), certificates.certificate},
           {at("privateKey"), certificates.private_key.reveal()},
           {at("CACertificate"), certificates.authority}}};
}

std::string encoded_file(const std::filesystem::path& file) {
  const Secret<std::string> pem(util::read_file(file, kMostBytes));
  if (pem.empty())
    throw Error(util::filled("{file} is empty", {{"file", file}}), {}, "Give a file with PEM in it.");
  return util::base64_encode(pem.reveal());
}

}  // namespace

NomadCertificates read_certificates(const NomadFiles& files) {
  return {.certificate = encoded_file(files.certificate),
          .private_key = Secret<std::string>(encoded_file(files.private_key)),
          .authority = encoded_file(files.authority)};
}

Secret<std::string> values_of(const NomadCertificates& certificates) {
  values::Value root{values::Map()};
  for (auto& [path, value] : entries_of(certificates)) values::set(root, path, value);
  return Secret<std::string>(values::to_yaml(root));
}

void require_right(const NomadCertificates& certificates, std::time_t now) {
  const auto document = values::parse_yaml_with_places(values_of(certificates).reveal(), "the certificates");
  for (const values::Finding& finding : values::validate(document, {.now = now})) {
    const bool is_of_them = finding.path.starts_with(values::to_string(kMtls));
    if (!is_of_them || finding.level != values::Level::error) continue;
    throw Error("these certificates cannot be used",
                util::filled("{path}: {why}", {{"path", finding.path}, {"why", finding.text}}),
                "Certificate, key and CA have to be those of one terraform apply.");
  }
}

bool has_nomads_name(const NomadCertificates& certificates) {
  return util::names_host(util::base64_decode(certificates.certificate).value_or(""),
                          values::kNomadServerName);
}

Secret<std::string> with_certificates(const std::string& yaml, std::string_view source,
                                      const NomadCertificates& certificates) {
  const values::Value values = values::parse_yaml(yaml, source);
  values::require_map_in(values, source);
  if (values::is_of_3x(values)) {
    throw Error(util::filled("{file} is a values file of 3.x", {{"file", source}}), {},
                "Run `kots-export transform` first, or name a values file of 4.x.");
  }
  std::string edited = yaml;
  for (const auto& [path, value] : entries_of(certificates))
    edited = values::edit_yaml(edited, source, path, value);
  return Secret<std::string>(std::move(edited));
}

}  // namespace kots_export::migration
