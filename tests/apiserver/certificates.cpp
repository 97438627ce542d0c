#include "apiserver/certificates.h"

#include <kots_export/util/openssl.h>

#include <cstdint>
#include <memory>
#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace kots_export::apiserver {
namespace {

using util::openssl::Bio;
using util::openssl::Key;
using Certificate = util::openssl::X509Ptr;
using Extension = util::openssl::Owned<X509_EXTENSION, X509_EXTENSION_free>;

constexpr long kDay = 24L * 60 * 60;

[[noreturn]] void fail(const std::string& what) {
  char reason[256] = {};
  ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
  throw std::runtime_error(what + ": " + reason);
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  if (!key) fail("cannot make a key");
  return key;
}

std::string drain(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

KeyPair to_pem(const Certificate& certificate, const Key& key) {
  const Bio certificate_bio(BIO_new(BIO_s_mem()));
  const Bio key_bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificate_bio.get(), certificate.get()) != 1 ||
      PEM_write_bio_PrivateKey(key_bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    fail("cannot write PEM");
  }
  return {drain(certificate_bio), drain(key_bio)};
}

Certificate read_certificate(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!certificate) fail("cannot read the authority's certificate");
  return certificate;
}

Key read_key(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!key) fail("cannot read the authority's key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) fail("cannot add an extension");
}

void add_name(X509_NAME* name, const char* field, const std::string& value) {
  X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                             static_cast<int>(value.size()), -1, 0);
}

// A certificate with serial, times, subject and key, not signed yet.
Certificate blank(const std::string& common_name, const std::vector<std::string>& organisations,
                  Validity validity, EVP_PKEY* key) {
  Certificate certificate(X509_new());
  if (!certificate) fail("cannot make a certificate");
  X509_set_version(certificate.get(), X509_VERSION_3);
  std::uint32_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), std::uint64_t{serial} + 1);
  long first = -kDay;
  long last = 365 * kDay;
  if (validity == Validity::expired) first = -10 * kDay, last = -kDay;
  if (validity == Validity::not_yet) first = kDay;
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), first);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), last);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  for (const std::string& organisation : organisations) add_name(subject, "O", organisation);
  add_name(subject, "CN", common_name);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

void sign(X509* certificate, EVP_PKEY* key) {
  if (X509_sign(certificate, key, EVP_sha256()) == 0) fail("cannot sign a certificate");
}

std::string alternative_names(const CertificateRequest& request) {
  std::string names;
  for (const std::string& name : request.dns_names) names += (names.empty() ? "DNS:" : ",DNS:") + name;
  for (const std::string& address : request.addresses) names += (names.empty() ? "IP:" : ",IP:") + address;
  return names;
}

}  // namespace

KeyPair make_authority(const std::string& common_name, Validity validity) {
  const Key key = make_key();
  const Certificate certificate = blank(common_name, {}, validity, key.get());
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  add_extension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,digitalSignature");
  add_extension(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash");
  sign(certificate.get(), key.get());
  return to_pem(certificate, key);
}

KeyPair issue(const KeyPair& authority, const CertificateRequest& request) {
  const Certificate issuer = read_certificate(authority.certificate_pem);
  const Key issuer_key = read_key(authority.key_pem);
  const Key key = make_key();
  const Certificate certificate =
      blank(request.common_name, request.organisations, request.validity, key.get());
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
  add_extension(certificate.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), issuer.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(certificate.get(), issuer.get(), NID_authority_key_identifier, "keyid");
  add_extension(certificate.get(), issuer.get(), NID_ext_key_usage,
                request.use == CertificateUse::server ? "serverAuth" : "clientAuth");
  if (const std::string names = alternative_names(request); !names.empty()) {
    add_extension(certificate.get(), issuer.get(), NID_subject_alt_name, names);
  }
  sign(certificate.get(), issuer_key.get());
  return to_pem(certificate, key);
}

}  // namespace kots_export::apiserver
