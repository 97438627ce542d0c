// Certificates: can they be read, do they belong to their keys and CAs, are they valid and for the right
// names?
#include <kots_export/util/base64.h>
#include <kots_export/util/certificate.h>
#include <kots_export/util/time.h>

#include "values/check_context.h"

#include <algorithm>
#include <array>
#include <optional>

namespace kots_export::values {

namespace {

constexpr std::time_t kSoon = std::time_t{30} * 24 * 60 * 60;

const Path kTlsCertificate{"tls", "certificate"};

// A certificate and what stands beside it.
struct Pair {
  Path certificate;
  Path key;
  Path authority;  // empty: none
};

const std::array<Pair, 2>& pairs() {
  static const std::array<Pair, 2> all = {{{kTlsCertificate, {"tls", "privateKey"}, {}},
                                           {{"nomad", "server", "rpc", "mTLS", "certificate"},
                                            {"nomad", "server", "rpc", "mTLS", "privateKey"},
                                            {"nomad", "server", "rpc", "mTLS", "CACertificate"}}}};
  return all;
}

// The PEM text behind the base64 at `path`, where it is that.
std::optional<std::string> pem_at(const CheckContext& context, const Path& path) {
  std::string text = context.text(path);
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  auto pem = text.empty() ? std::nullopt : util::base64_decode(text);
  if (!pem || pem->find("-----BEGIN ") == std::string::npos) return std::nullopt;
  return pem;
}

void require_pem(CheckContext& context, const Path& path, std::string_view label, const char* what,
                 bool (*can_be_read)(std::string_view)) {
  if (context.text(path).empty()) return;
  const auto pem = pem_at(context, path);
  if (context.text(path).find("-----BEGIN ") != std::string::npos) {
    context.report(path, "is PEM; the chart wants base64 of it (base64 -w0 FILE)");
  } else if (!pem) {
    context.report(path, "is not base64 of PEM");
  } else if (pem->find(label) == std::string::npos) {
    context.report(path, "is base64 of PEM, but holds no " + std::string(label));
  } else if (!can_be_read(*pem)) {
    context.report(path, std::string("is base64 of PEM, but what it holds is no ") + what);
  }
}

bool holds_certificates(std::string_view pem) { return !util::certificates_in(pem).empty(); }

template <typename Judge>
void judge_validity(CheckContext& context, const Judge& judge) {
  for (const Pair& pair : pairs()) {
    for (const Path& path : {pair.authority, pair.certificate}) {
      const auto pem = pem_at(context, path);
      if (!pem) continue;
      for (const auto& certificate : util::certificates_in(*pem)) judge(path, certificate);
    }
  }
}

std::string day_of(std::time_t time) { return util::utc_text(time, "%Y-%m-%d"); }

}  // namespace

void check_certificate_texts(CheckContext& context) {
  for (const Pair& pair : pairs()) {
    for (const Path& path : {pair.authority, pair.certificate})
      require_pem(context, path, "CERTIFICATE-----", "X.509 certificate", holds_certificates);
    require_pem(context, pair.key, "PRIVATE KEY-----", "private key, or one that wants a passphrase",
                util::holds_private_key);
  }
}

void check_certificate_keys(CheckContext& context) {
  for (const Pair& pair : pairs()) {
    const auto certificate = pem_at(context, pair.certificate);
    const auto key = pem_at(context, pair.key);
    if (!certificate || !key || !holds_certificates(*certificate) || !util::holds_private_key(*key)) continue;
    if (!util::key_belongs(*key, *certificate))
      context.report(pair.key, "is not the key of " + to_string(pair.certificate) +
                                   ", whose first certificate must be its own");
  }
}

void check_certificate_chains(CheckContext& context) {
  for (const Pair& pair : pairs()) {
    const auto certificate = pem_at(context, pair.certificate);
    const auto authority = pem_at(context, pair.authority);
    if (!certificate || !authority) continue;
    if (const auto problem = util::chain_problem(*certificate, *authority))
      context.report(pair.certificate, "was not issued by " + to_string(pair.authority) + ": " + *problem);
  }
}

// Source: the installation guide of 4.x, phase 1, "Frontend TLS certificates". Of Nomad's names nothing is
// said there: its clients of 4.0 and 4.1 look at the CA alone (server-terraform, nomad-startup.sh.tpl).
void check_certificate_names(CheckContext& context) {
  const auto certificate = pem_at(context, kTlsCertificate);
  const std::string domain = context.text({"global", "domainName"});
  if (!certificate || domain.empty() || !holds_certificates(*certificate)) return;
  for (const std::string& host : {domain, "app." + domain}) {
    if (!util::names_host(*certificate, host))
      context.report(kTlsCertificate, "is not for " + host + ": it must name the domain and app. below it");
  }
}

void check_certificate_expired(CheckContext& context) {
  judge_validity(context, [&](const Path& path, const util::Certificate& certificate) {
    if (certificate.not_after < context.options().now)
      context.report(path, "holds a certificate that expired on " + day_of(certificate.not_after));
    if (certificate.not_before > context.options().now)
      context.report(path, "holds a certificate that is valid only from " + day_of(certificate.not_before));
  });
}

void check_certificate_expires_soon(CheckContext& context) {
  const std::time_t now = context.options().now;
  judge_validity(context, [&](const Path& path, const util::Certificate& certificate) {
    if (certificate.not_after >= now && certificate.not_after < now + kSoon)
      context.report(path, "holds a certificate that expires on " + day_of(certificate.not_after));
  });
}

// PostgreSQL's certificate is in a Secret. Source: the installation guide of 4.x, phase 2, "Postgres", and
// the chart of Bitnami, which ends with an error without them.
void check_postgresql_tls(CheckContext& context) {
  const Path tls{"postgresql", "tls"};
  if (!context.flag({"postgresql", "internal"}, true) ||
      !context.flag({"postgresql", "tls", "enabled"}, false) ||
      context.flag({"postgresql", "tls", "autoGenerated"}, false))
    return;
  if (context.is_empty({"postgresql", "tls", "certificatesSecret"}))
    return context.report(tls, "is enabled: certificatesSecret must name a Secret, or autoGenerated be true");
  for (const char* key : {"certFilename", "certKeyFilename"})
    context.require({"postgresql", "tls", key}, "the key of postgresql.tls.certificatesSecret that holds it");
}

}  // namespace kots_export::values
