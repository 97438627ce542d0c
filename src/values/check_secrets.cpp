// Keys, keysets and certificates: what they are made of.
#include <kots_export/util/base64.h>
#include <kots_export/util/certificate.h>
#include <kots_export/util/error.h>
#include <kots_export/util/time.h>
#include <kots_export/values/json.h>

#include "values/check_context.h"

#include <algorithm>

namespace kots_export::values {

namespace {

constexpr std::time_t kSoon = std::time_t{30} * 24 * 60 * 60;

const std::vector<Path>& certificates() {
  static const std::vector<Path> all = {{"tls", "certificate"},
                                        {"nomad", "server", "rpc", "mTLS", "CACertificate"},
                                        {"nomad", "server", "rpc", "mTLS", "certificate"}};
  return all;
}

const std::vector<Path>& private_keys() {
  static const std::vector<Path> all = {{"tls", "privateKey"},
                                        {"nomad", "server", "rpc", "mTLS", "privateKey"}};
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

void require_pem(CheckContext& context, const Path& path, std::string_view label) {
  if (context.text(path).empty()) return;
  const auto pem = pem_at(context, path);
  if (context.text(path).find("-----BEGIN ") != std::string::npos) {
    context.report(path, "is PEM; the chart wants base64 of it (base64 -w0 FILE)");
  } else if (!pem) {
    context.report(path, "is not base64 of PEM");
  } else if (pem->find(label) == std::string::npos) {
    context.report(path, "is base64 of PEM, but holds no " + std::string(label));
  } else if (label == "CERTIFICATE-----" && util::certificates_in(*pem).empty()) {
    context.report(path, "is base64 of PEM, but what it holds is no X.509 certificate");
  }
}

template <typename Judge>
void judge_validity(CheckContext& context, const Judge& judge) {
  for (const Path& path : certificates()) {
    const auto pem = pem_at(context, path);
    if (!pem) continue;
    for (const auto& certificate : util::certificates_in(*pem)) judge(path, certificate);
  }
}

std::string day_of(std::time_t time) { return util::utc_text(time, "%Y-%m-%d"); }

}  // namespace

void check_session_cookie_key(CheckContext& context) {
  const Path path{"sessionCookieKey"};
  constexpr std::size_t kBytes = 16;
  const std::size_t size = context.text(path).size();
  if (size != 0 && size != kBytes)
    context.report(path, "has " + std::to_string(size) + " bytes; it must have 16");
}

void check_keysets(CheckContext& context) {
  for (const Path& path : {Path{"keyset", "signing"}, Path{"keyset", "encryption"}, Path{"tink", "keyset"}}) {
    const std::string text = context.text(path);
    if (text.empty()) continue;
    try {
      const Value keyset = parse_json(text, "keyset");
      if (!keyset.is_map() || find(keyset, {"primaryKeyId"}) == nullptr || find(keyset, {"key"}) == nullptr)
        context.report(path, "is JSON, but no keyset: it has no primaryKeyId and key");
    } catch (const Error&) {
      context.report(path, "is not JSON");
    }
  }
}

void check_certificate_texts(CheckContext& context) {
  for (const Path& path : certificates()) require_pem(context, path, "CERTIFICATE-----");
  for (const Path& path : private_keys()) require_pem(context, path, "PRIVATE KEY-----");
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

}  // namespace kots_export::values
