// Certificates: can they be read, do they belong to their keys and CAs, are they valid and for the right
// names?
#include <kots_export/util/base64.h>
#include <kots_export/util/certificate.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "values/check_context.h"

#include <algorithm>
#include <array>
#include <optional>

namespace kots_export::values {

namespace {

constexpr std::string_view kBegin = "-----BEGIN ";

const Path kTlsCertificate{"tls", "certificate"};

// A certificate and what stands beside it.
struct Pair {
  Path certificate;
  Path key;
  Path authority;  // empty: none
  bool (*is_used)(const CheckContext&);
};

// With ACM the load balancer has the certificate.
bool uses_tls(const CheckContext& context) { return !context.flag({"nginx", "aws_acm", "enabled"}, false); }

bool uses_mtls(const CheckContext& context) {
  return context.flag({"nomad", "server", "rpc", "mTLS", "enabled"}, false);
}

const std::array<Pair, 2>& pairs() {
  static const std::array<Pair, 2> all = {{{kTlsCertificate, {"tls", "privateKey"}, {}, uses_tls},
                                           {{"nomad", "server", "rpc", "mTLS", "certificate"},
                                            {"nomad", "server", "rpc", "mTLS", "privateKey"},
                                            {"nomad", "server", "rpc", "mTLS", "CACertificate"},
                                            uses_mtls}}};
  return all;
}

template <typename Look>
void for_each_pair(const CheckContext& context, const Look& look) {
  for (const Pair& pair : pairs())
    if (pair.is_used(context)) look(pair);
}

// Go reads PEM only where its BEGIN starts a line.
bool begins_a_line(std::string_view pem) {
  for (auto at = pem.find(kBegin); at != std::string_view::npos; at = pem.find(kBegin, at + 1))
    if (at == 0 || pem[at - 1] == '\n') return true;
  return false;
}

// The PEM text behind the base64 at `path`, where it is that.
std::optional<std::string> pem_at(const CheckContext& context, const Path& path) {
  const std::string text = context.text(path);
  auto pem = text.empty() ? std::nullopt : util::base64_decode(text);
  if (!pem || !begins_a_line(*pem)) return std::nullopt;
  return pem;
}

// What is wrong with a text that is not base64 of PEM.
std::string why_no_pem(std::string text) {
  if (text.find(kBegin) != std::string::npos) return "is PEM; the chart wants base64 of it (base64 -w0 FILE)";
  constexpr std::string_view kBlanks = " \t";
  const bool has_blanks = text.find_first_of(kBlanks) != std::string::npos;
  std::erase_if(text, [&](char c) { return kBlanks.find(c) != std::string_view::npos; });
  const auto decoded = util::base64_decode(text);
  if (!decoded) return "is not base64 of PEM";
  if (has_blanks) return "is base64 with blanks in it, which Kubernetes does not take: write it on one line";
  constexpr std::string_view kBase64OfBegin = "LS0tLS1CRUdJTi";
  if (decoded->starts_with(kBase64OfBegin)) return "is base64 of base64 of PEM: encode it once";
  constexpr char kSequence = '\x30';  // what every certificate and key begins with in DER
  if (decoded->starts_with(kSequence)) return "is base64 of DER; the chart wants base64 of PEM";
  if (decoded->find(kBegin) != std::string::npos)
    return "is base64 of PEM with something before its first BEGIN (a byte order mark?), which Go does not "
           "read";
  return "is not base64 of PEM";
}

void require_pem(CheckContext& context, const Path& path, std::string_view label, const char* what,
                 bool (*can_be_read)(std::string_view)) {
  if (context.text(path).empty()) return;
  const auto pem = pem_at(context, path);
  if (!pem) {
    context.report(path, why_no_pem(context.text(path)));
  } else if (pem->find(label) == std::string::npos) {
    context.report(path, util::filled("is base64 of PEM, but holds no {label}", {{"label", label}}));
  } else if (!can_be_read(*pem)) {
    context.report(path, util::filled("is base64 of PEM, but what it holds is no {what}", {{"what", what}}));
  }
}

bool holds_certificates(std::string_view pem) { return !util::certificates_in(pem).empty(); }

bool is_valid_at(const util::Certificate& certificate, std::time_t now) {
  return certificate.not_before <= now && certificate.not_after >= now;
}

// Hands `judge` every certificate that is in use, and whether its dates decide: those of the first, which is
// the installation's own, and those of authorities where none is valid. One more that is expired may be an
// old root that another one has taken over for.
template <typename Judge>
void judge_validity(const CheckContext& context, const Judge& judge) {
  for_each_pair(context, [&](const Pair& pair) {
    const std::time_t now = context.options().now;
    const auto authorities = util::certificates_in(pem_at(context, pair.authority).value_or(""));
    const bool has_valid =
        std::ranges::any_of(authorities, [&](const auto& one) { return is_valid_at(one, now); });
    for (const auto& certificate : authorities) judge(pair.authority, certificate, !has_valid);
    const auto chain = util::certificates_in(pem_at(context, pair.certificate).value_or(""));
    for (std::size_t i = 0; i < chain.size(); ++i) judge(pair.certificate, chain[i], i == 0);
  });
}

// Whether the dates of both are no finding of their own.
bool are_valid_now(const CheckContext& context, const std::string& certificate,
                   const std::string& authority) {
  const auto is_valid = [&](const auto& one) { return is_valid_at(one, context.options().now); };
  const auto chain = util::certificates_in(certificate);
  return !chain.empty() && is_valid(chain.front()) &&
         std::ranges::any_of(util::certificates_in(authority), is_valid);
}

std::string day_of(std::time_t time) { return util::utc_text(time, "%Y-%m-%d"); }

// Source: Nomad's verify_server_hostname, and server-terraform, shared/modules/tls, which makes it so. The
// clients of 4.0 and 4.1 look at the CA alone (nomad-startup.sh.tpl), hence no error.
void check_nomads_name(CheckContext& context) {
  const Path& path = pairs().back().certificate;
  const auto certificate = pem_at(context, path);
  if (!uses_mtls(context) || !certificate || !holds_certificates(*certificate)) return;
  if (!util::names_host(*certificate, kNomadServerName))
    context.report(path, util::filled("has no name {name}: is it the one of Nomad's server?",
                                      {{"name", std::string(kNomadServerName)}}));
}

// Source: the installation guide of 4.x, phase 1, "Frontend TLS certificates".
void check_tls_names(CheckContext& context) {
  if (!uses_tls(context)) return;
  const auto certificate = pem_at(context, kTlsCertificate);
  const std::string domain = context.text({"global", "domainName"});
  if (!certificate || domain.empty() || !holds_certificates(*certificate)) return;
  for (const std::string& host : {domain, "app." + domain}) {
    if (!util::names_host(*certificate, host))
      context.report(
          kTlsCertificate,
          util::filled("is not for {host}: it must name the domain and app. below it", {{"host", host}}));
  }
}

}  // namespace

void check_tls_pair(CheckContext& context) {
  const bool has_certificate = !context.is_empty(kTlsCertificate);
  if (uses_tls(context) && has_certificate == context.is_empty({"tls", "privateKey"}))
    context.report(Path{"tls"}, has_certificate ? "has a certificate, but no privateKey: give both or none"
                                                : "has a privateKey, but no certificate: give both or none");
}

void check_certificate_texts(CheckContext& context) {
  for_each_pair(context, [&](const Pair& pair) {
    for (const Path& path : {pair.authority, pair.certificate})
      require_pem(context, path, "CERTIFICATE-----", "X.509 certificate", holds_certificates);
    require_pem(context, pair.key, "PRIVATE KEY-----", "private key, or one that wants a passphrase",
                util::holds_private_key);
  });
}

void check_certificate_keys(CheckContext& context) {
  for_each_pair(context, [&](const Pair& pair) {
    const auto certificate = pem_at(context, pair.certificate);
    const auto key = pem_at(context, pair.key);
    if (!certificate || !key || !holds_certificates(*certificate) || !util::holds_private_key(*key)) return;
    if (!util::key_belongs(*key, *certificate))
      context.report(pair.key,
                     util::filled("is not the key of {certificate}, whose first certificate must be its own",
                                  {{"certificate", to_string(pair.certificate)}}));
  });
}

void check_certificate_chains(CheckContext& context) {
  for_each_pair(context, [&](const Pair& pair) {
    const auto certificate = pem_at(context, pair.certificate);
    const auto authority = pem_at(context, pair.authority);
    if (!certificate || !authority) return;
    if (const auto problem = util::chain_problem(*certificate, *authority)) {
      context.report(pair.certificate,
                     util::filled("was not issued by {authority}: {why}",
                                  {{"authority", to_string(pair.authority)}, {"why", *problem}}));
    } else if (are_valid_now(context, *certificate, *authority)) {
      if (const auto late = util::chain_problem(*certificate, *authority, context.options().now))
        context.report(pair.certificate,
                       util::filled("leads to {authority} by way of a certificate that is not valid: {why}",
                                    {{"authority", to_string(pair.authority)}, {"why", *late}}));
    }
    if (holds_certificates(*authority) && !util::holds_authority(*authority))
      context.report(pair.authority,
                     "holds the certificate of no CA: those of Nomad's clients would not lead to it");
  });
}

void check_certificate_names(CheckContext& context) {
  check_nomads_name(context);
  check_tls_names(context);
}

void check_certificate_expired(CheckContext& context) {
  const std::time_t now = context.options().now;
  judge_validity(context, [&](const Path& path, const util::Certificate& certificate, bool decides) {
    if (!decides) return;
    if (certificate.not_after < now)
      context.report(path, util::filled("holds a certificate that expired on {day}",
                                        {{"day", day_of(certificate.not_after)}}));
    if (certificate.not_before > now)
      context.report(path, util::filled("holds a certificate that is valid only from {day}",
                                        {{"day", day_of(certificate.not_before)}}));
  });
}

void check_certificate_expires_soon(CheckContext& context) {
  const std::time_t now = context.options().now;
  judge_validity(context, [&](const Path& path, const util::Certificate& certificate, bool decides) {
    if (certificate.not_after >= now && certificate.not_after < now + kExpiresSoon)
      context.report(path, util::filled("holds a certificate that expires on {day}",
                                        {{"day", day_of(certificate.not_after)}}));
    if (certificate.not_after < now && !decides)
      context.report(
          path,
          util::filled(
              "holds one more certificate, which expired on {day}: take it out unless a client needs it",
              {{"day", day_of(certificate.not_after)}}));
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
