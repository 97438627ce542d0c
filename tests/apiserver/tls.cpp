#include "apiserver/tls.h"

#include <stdexcept>
#include <string_view>

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace kots_export::apiserver {
namespace {

constexpr unsigned char kHttp11[] = "\x08http/1.1";
constexpr unsigned char kHttp2First[] = "\x02h2\x08http/1.1";

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_length,
                    const unsigned char* offered, unsigned int offered_length, void* http2) {
  unsigned char* answer = nullptr;
  const unsigned char* ours = http2 != nullptr ? kHttp2First : kHttp11;
  const unsigned int size = http2 != nullptr ? sizeof kHttp2First - 1 : sizeof kHttp11 - 1;
  if (SSL_select_next_proto(&answer, chosen_length, ours, size, offered, offered_length) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *chosen = answer;
  return SSL_TLSEXT_ERR_OK;
}

int accept_any_certificate(int, X509_STORE_CTX*) { return 1; }

std::vector<std::string> names_of(X509_NAME* name, int nid) {
  std::vector<std::string> values;
  for (int at = X509_NAME_get_index_by_NID(name, nid, -1); at >= 0;
       at = X509_NAME_get_index_by_NID(name, nid, at)) {
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0) continue;
    values.emplace_back(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
  }
  return values;
}

TlsPeer describe_peer(SSL* ssl) {
  TlsPeer peer;
  if (const char* sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) peer.sni = sni;
  X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr) return peer;
  X509_NAME* subject = X509_get_subject_name(certificate);
  if (auto names = names_of(subject, NID_commonName); !names.empty()) peer.common_name = names.front();
  peer.organisations = names_of(subject, NID_organizationName);
  peer.subject = "CN=" + peer.common_name;
  for (const std::string& organisation : peer.organisations) peer.subject += ",O=" + organisation;
  peer.verified = SSL_get_verify_result(ssl) == X509_V_OK;
  return peer;
}

class TlsStream final : public Stream {
 public:
  TlsStream(int fd, SSL* ssl) : Stream(fd), ssl_(ssl) {}
  ~TlsStream() override { SSL_free(ssl_); }

  void handshake() override {
    ERR_clear_error();
    if (SSL_accept(ssl_) != 1) throw ConnectionLost();
    peer_ = describe_peer(ssl_);
  }

  std::size_t read(char* into, std::size_t size) override {
    ERR_clear_error();
    std::size_t count = 0;
    if (SSL_read_ex(ssl_, into, size, &count) == 1) return count;
    if (SSL_get_error(ssl_, 0) == SSL_ERROR_ZERO_RETURN) return 0;
    throw ConnectionLost();
  }

  void write(std::string_view bytes) override {
    ERR_clear_error();
    std::size_t count = 0;
    if (!bytes.empty() && SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count) != 1) throw ConnectionLost();
  }

  [[nodiscard]] std::string protocol() const override {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }

  void make_non_blocking() override {
    ::fcntl(fd(), F_SETFL, ::fcntl(fd(), F_GETFL) | O_NONBLOCK);
    SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }

  [[nodiscard]] std::optional<std::size_t> try_read(char* into, std::size_t size) override {
    ERR_clear_error();
    std::size_t count = 0;
    if (SSL_read_ex(ssl_, into, size, &count) == 1) return count;
    const int error = SSL_get_error(ssl_, 0);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return std::nullopt;
    if (error == SSL_ERROR_ZERO_RETURN) return 0;
    throw ConnectionLost();
  }

  [[nodiscard]] std::size_t try_write(std::string_view bytes) override {
    ERR_clear_error();
    std::size_t count = 0;
    if (SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count) == 1) return count;
    const int error = SSL_get_error(ssl_, 0);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return 0;
    throw ConnectionLost();
  }

  void finish() override {
    ERR_clear_error();
    SSL_shutdown(ssl_);
  }

  [[nodiscard]] bool wait_readable(int milliseconds) const override {
    return SSL_has_pending(ssl_) == 1 || Stream::wait_readable(milliseconds);
  }

  [[nodiscard]] const TlsPeer* peer() const override { return &peer_; }

 private:
  SSL* ssl_;
  TlsPeer peer_;
};

}  // namespace

struct TlsContext::Impl {
  SSL_CTX* context = nullptr;
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { SSL_CTX_free(context); }
};

TlsContext::TlsContext(const KeyPair& server, const std::string& client_authority_pem, HttpVersions versions)
    : impl_(std::make_unique<Impl>()) {
  SSL_CTX* context = impl_->context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr) throw std::runtime_error("cannot make a TLS context");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol,
                             versions == HttpVersions::http1_and_http2 ? context : nullptr);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_any_certificate);

  BIO* bio = BIO_new_mem_buf(server.certificate_pem.data(), static_cast<int>(server.certificate_pem.size()));
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  bio = BIO_new_mem_buf(server.key_pem.data(), static_cast<int>(server.key_pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  bio = BIO_new_mem_buf(client_authority_pem.data(), static_cast<int>(client_authority_pem.size()));
  X509* authority = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  const bool usable = SSL_CTX_use_certificate(context, certificate) == 1 &&
                      SSL_CTX_use_PrivateKey(context, key) == 1 &&
                      X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority) == 1 &&
                      SSL_CTX_add_client_CA(context, authority) == 1;
  X509_free(certificate);
  EVP_PKEY_free(key);
  X509_free(authority);
  if (!usable) throw std::runtime_error("cannot use the server's certificate");
}

TlsContext::~TlsContext() = default;

std::unique_ptr<Stream> TlsContext::wrap(int fd) const {
  SSL* ssl = SSL_new(impl_->context);
  auto stream = std::make_unique<TlsStream>(fd, ssl);
  if (ssl == nullptr || SSL_set_fd(ssl, fd) != 1) throw ConnectionLost();
  return stream;
}

}  // namespace kots_export::apiserver
