#include <kots_export/util/certificate.h>
#include <kots_export/util/openssl.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <time.h>

namespace kots_export::util {

namespace {

using openssl::Bio;
using openssl::bio_of;
using openssl::Key;
using openssl::no_passphrase;
using openssl::Owned;
using openssl::required;
using openssl::X509Ptr;
using Store = Owned<X509_STORE, X509_STORE_free>;
using StoreContext = Owned<X509_STORE_CTX, X509_STORE_CTX_free>;

// The error queue is the thread's: what is wrong with a foreign file is no concern of the next caller.
class OwnErrors {
 public:
  OwnErrors() { ERR_set_mark(); }
  OwnErrors(const OwnErrors&) = delete;
  OwnErrors& operator=(const OwnErrors&) = delete;
  ~OwnErrors() { ERR_pop_to_mark(); }
};

// All certificates of `pem`; nothing where one of them is broken.
std::vector<X509Ptr> read_all(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  std::size_t expected = 0;
  for (std::size_t at = pem.find(kBegin); at != std::string_view::npos; at = pem.find(kBegin, at + 1))
    ++expected;
  const Bio bio = bio_of(pem);
  std::vector<X509Ptr> all;
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) all.emplace_back(next);
  if (all.size() != expected) all.clear();
  return all;
}

Key read_key(std::string_view pem) {
  return Key(PEM_read_bio_PrivateKey(bio_of(pem).get(), nullptr, no_passphrase, nullptr));
}

std::optional<std::time_t> time_of(const ASN1_TIME* time) {
  std::tm utc{};
  if (ASN1_TIME_to_tm(time, &utc) == 0) return std::nullopt;
  return ::timegm(&utc);
}

std::string text_of(const X509_NAME_ENTRY* entry) {
  unsigned char* text = nullptr;
  const int length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
  if (length < 0) return {};
  std::string copy(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
  OPENSSL_free(text);
  return copy;
}

void read_subject(const X509_NAME* subject, Certificate& certificate) {
  for (int i = 0; i < X509_NAME_entry_count(subject); ++i) {
    const X509_NAME_ENTRY* const entry = X509_NAME_get_entry(subject, i);
    const int kind = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    if (kind == NID_commonName) certificate.common_name = text_of(entry);
    if (kind == NID_organizationName) certificate.organizations.push_back(text_of(entry));
  }
}

// Where the distributions keep the roots that they trust. Source: Go, crypto/x509, root_linux.go. OpenSSL's
// own default is that of the machine on which it was built.
constexpr std::array kRootFiles = {"/etc/ssl/certs/ca-certificates.crt",
                                   "/etc/pki/tls/certs/ca-bundle.crt",
                                   "/etc/ssl/ca-bundle.pem",
                                   "/etc/pki/tls/cacert.pem",
                                   "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                                   "/etc/ssl/cert.pem"};

// What is wrong with the roots; nothing where there are some.
std::optional<std::string> trust_system_roots(X509_STORE& store) {
  if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0') {
    if (X509_STORE_load_file(&store, file) == 1) return std::nullopt;
    return filled("no root can be read from {file} (SSL_CERT_FILE)", {{"file", file}});
  }
  for (const char* file : kRootFiles)
    if (X509_STORE_load_file(&store, file) == 1) return std::nullopt;
  return "it has no file of roots that it trusts";
}

enum class For { any_use, server };

// Why the first certificate of `chain` does not lead to one of `store`; without `at` at any time.
std::optional<std::string> chain_problem(const std::vector<X509Ptr>& chain, X509_STORE& store, For use,
                                         std::optional<std::time_t> at) {
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> others(
      required(sk_X509_new_null()), [](STACK_OF(X509) * stack) { sk_X509_free(stack); });
  for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(others.get(), chain[i].get());
  const StoreContext context(required(X509_STORE_CTX_new()));
  if (X509_STORE_CTX_init(context.get(), &store, chain.front().get(), others.get()) == 0)
    throw std::bad_alloc();
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_PARTIAL_CHAIN);
  if (at) {
    X509_STORE_CTX_set_time(context.get(), 0, *at);
  } else {
    X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_NO_CHECK_TIME);
  }
  if (use == For::server) X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
  if (X509_verify_cert(context.get()) == 1) return std::nullopt;
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

}  // namespace

std::vector<Certificate> certificates_in(std::string_view pem) {
  const OwnErrors errors;
  std::vector<Certificate> all;
  for (const X509Ptr& one : read_all(pem)) {
    const auto not_before = time_of(X509_get0_notBefore(one.get()));
    const auto not_after = time_of(X509_get0_notAfter(one.get()));
    if (!not_before || !not_after) return {};
    Certificate certificate{.not_before = *not_before, .not_after = *not_after};
    read_subject(X509_get_subject_name(one.get()), certificate);
    all.push_back(std::move(certificate));
  }
  return all;
}

bool holds_private_key(std::string_view pem) {
  const OwnErrors errors;
  return read_key(pem) != nullptr;
}

bool key_belongs(std::string_view key_pem, std::string_view pem) {
  const OwnErrors errors;
  const auto chain = read_all(pem);
  const Key key = read_key(key_pem);
  return !chain.empty() && key != nullptr && X509_check_private_key(chain.front().get(), key.get()) == 1;
}

std::optional<std::string> chain_problem(std::string_view pem, std::string_view authorities_pem,
                                         std::optional<std::time_t> at) {
  const OwnErrors errors;
  const auto chain = read_all(pem);
  const auto authorities = read_all(authorities_pem);
  if (chain.empty() || authorities.empty()) return std::nullopt;
  const Store store(required(X509_STORE_new()));
  for (const X509Ptr& authority : authorities) X509_STORE_add_cert(store.get(), authority.get());
  return chain_problem(chain, *store, For::any_use, at);
}

std::optional<std::string> system_chain_problem(std::string_view pem) {
  const OwnErrors errors;
  const auto chain = read_all(pem);
  if (chain.empty()) return std::nullopt;
  const Store store(required(X509_STORE_new()));
  if (auto problem = trust_system_roots(*store)) return problem;
  return chain_problem(chain, *store, For::server, std::time(nullptr));
}

bool holds_authority(std::string_view pem) {
  const OwnErrors errors;
  return std::ranges::any_of(read_all(pem), [](const X509Ptr& one) { return X509_check_ca(one.get()) != 0; });
}

bool is_self_signed(std::string_view pem) {
  const OwnErrors errors;
  const auto chain = read_all(pem);
  return !chain.empty() && X509_self_signed(chain.front().get(), 1) == 1;
}

bool names_host(std::string_view pem, const std::string& host) {
  const OwnErrors errors;
  const auto chain = read_all(pem);
  if (chain.empty()) return false;
  X509* const own = chain.front().get();
  return X509_check_host(own, host.data(), host.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1 ||
         X509_check_ip_asc(own, host.c_str(), 0) == 1;
}

}  // namespace kots_export::util
