#include <kots_export/net/tls.h>
#include <kots_export/util/error.h>
#include <kots_export/util/openssl.h>

#include "net/socket.h"

#include <array>
#include <charconv>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace kots_export::net {

namespace {

using util::openssl::Bio;
using util::openssl::bio_of;
using util::openssl::Key;
using util::openssl::no_passphrase;
using util::openssl::Owned;
using util::openssl::required;
using util::openssl::X509Ptr;
using Context = Owned<SSL_CTX, SSL_CTX_free>;
using Connection = Owned<SSL, SSL_free>;

// What OpenSSL says last; its queue is empty then.
std::string openssl_words(std::string otherwise) {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = error != 0 ? ERR_reason_error_string(error) : nullptr;
  return reason != nullptr ? std::string(reason) : std::move(otherwise);
}

std::string pem_of(X509* certificate) {
  const Bio bio(required(BIO_new(BIO_s_mem())));
  if (PEM_write_bio_X509(bio.get(), certificate) != 1) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

// Keeps the chain that the server shows, and lets the handshake go on whatever it is.
int keep_chain(X509_STORE_CTX* shown, void* into) {
  auto& chain = *static_cast<std::string*>(into);
  const STACK_OF(X509)* certificates = X509_STORE_CTX_get0_untrusted(shown);
  for (int i = 0; i < sk_X509_num(certificates); ++i) chain += pem_of(sk_X509_value(certificates, i));
  return 1;
}

// The pair to show: the first certificate of the text, the others behind it.
void take_pair(SSL_CTX* context, const TlsQuestion& question) {
  if (question.certificate.empty()) return;
  const Bio bio = bio_of(question.certificate);
  const X509Ptr own(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
  const Key key(
      PEM_read_bio_PrivateKey(bio_of(question.key.reveal()).get(), nullptr, no_passphrase, nullptr));
  const bool is_pair = own != nullptr && key != nullptr && SSL_CTX_use_certificate(context, own.get()) == 1 &&
                       SSL_CTX_use_PrivateKey(context, key.get()) == 1;
  if (!is_pair) throw Error("the client certificate cannot be used", openssl_words("it is not of its key"));
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr))
    SSL_CTX_add_extra_chain_cert(context, next);
  ERR_clear_error();  // that there is no further one
}

bool is_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

class Tls {
 public:
  Tls(const Socket& socket, const TlsQuestion& question, const Patience& patience)
      : socket_(socket), patience_(patience), context_(required(SSL_CTX_new(TLS_client_method()))) {
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_set_cert_verify_callback(context_.get(), keep_chain, &chain_);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    take_pair(context_.get(), question);
    connection_.reset(required(SSL_new(context_.get())));
    SSL_set_fd(connection_.get(), socket.descriptor());
    if (!question.server_name.empty() && !is_address(question.server_name))
      SSL_set_tlsext_host_name(connection_.get(), question.server_name.c_str());
  }

  // Nothing where it succeeded, else why not.
  std::optional<std::string> shake_hands() {
    return run([this] { return SSL_connect(connection_.get()); });
  }

  std::optional<std::string> write(const std::string& text) {
    return run([&] { return SSL_write(connection_.get(), text.data(), static_cast<int>(text.size())); });
  }

  // The next line of what comes, without its end; why there is none is in `trouble`.
  std::string read_line(std::optional<std::string>& trouble) {
    constexpr std::size_t kMost = std::size_t{64} << 10;  // of all lines
    std::array<char, 512> piece{};
    while (unread_.find('\n') == std::string::npos) {
      if (read_ >= kMost) {
        trouble = "what it answers is too long";
        return {};
      }
      int size = 0;
      trouble = run([&] {
        size = SSL_read(connection_.get(), piece.data(), static_cast<int>(piece.size()));
        return size;
      });
      if (trouble) return {};
      unread_.append(piece.data(), static_cast<std::size_t>(size));
      read_ += static_cast<std::size_t>(size);
    }
    const auto end = unread_.find('\n');
    std::string line = unread_.substr(0, end);
    unread_.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    return line;
  }

  [[nodiscard]] const std::string& chain() const { return chain_; }

 private:
  // Repeats `call` while it waits for the other side. Nothing where it succeeded, else why not.
  template <typename Call>
  std::optional<std::string> run(const Call& call) {
    for (;;) {
      ERR_clear_error();
      const int result = call();
      if (result > 0) return std::nullopt;
      const int error = SSL_get_error(connection_.get(), result);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        return openssl_words("the server closed the connection");
      const auto what = error == SSL_ERROR_WANT_READ ? Socket::For::reading : Socket::For::writing;
      if (!socket_.wait(what, patience_)) return "no answer in time";
    }
  }

  const Socket& socket_;
  const Patience& patience_;
  std::string chain_;
  Context context_;
  Connection connection_;
  std::string unread_;
  std::size_t read_ = 0;
};

// Of "HTTP/1.1 302 Found"; 0 where it is none. Source: RFC 9112, 4.
int status_in(const std::string& line) {
  const auto blank = line.find(' ');
  int status = 0;
  if (!line.starts_with("HTTP/1.") || blank == std::string::npos) return 0;
  std::from_chars(line.data() + blank + 1, line.data() + line.size(), status);
  return status;
}

// Whether another answer follows that of `status`. Source: RFC 9110, 15.2; after 101 it is no HTTP.
bool is_interim(int status) {
  constexpr int kSwitchingProtocols = 101;
  return status >= 100 && status < 200 && status != kSwitchingProtocols;
}

void ask_http(Tls& tls, const TlsQuestion& question, TlsAnswer& answer) {
  std::optional<std::string> trouble =
      tls.write("GET / HTTP/1.1\r\nHost: " + question.server_name +
                "\r\nUser-Agent: kots-export\r\nAccept: */*\r\nConnection: close\r\n\r\n");
  if (!trouble) answer.http_status = status_in(tls.read_line(trouble));
  while (!trouble && is_interim(answer.http_status)) {
    while (!trouble && !tls.read_line(trouble).empty()) {
    }
    if (trouble) break;
    const std::string line = tls.read_line(trouble);
    if (!trouble) answer.http_status = status_in(line);
  }
  if (answer.http_status > 0) {
    answer.came = TlsAnswer::Came::http;
  } else {
    answer.why = trouble.value_or("what it answers is no HTTP");
  }
}

}  // namespace

TlsAnswer ask(const TlsQuestion& question) {
  using Came = TlsAnswer::Came;
  const Patience patience{.until = std::chrono::steady_clock::now() + question.timeout,
                          .interrupted = question.interrupted};
  std::optional<Socket> socket;
  try {
    socket.emplace(question.host, question.port, patience);
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& error) {
    return {.came = Came::nowhere, .why = error.why()};
  }
  TlsAnswer answer{.came = Came::connected};
  if (question.until == TlsQuestion::Until::connected) return answer;
  if (!socket->send(question.preface, patience)) {
    answer.why = "the server closed the connection";
    return answer;
  }
  Tls tls(*socket, question, patience);
  const auto trouble = tls.shake_hands();
  answer.chain = tls.chain();
  answer.why = trouble.value_or("");
  if (answer.chain.empty()) return answer;
  answer.came = Came::tls;
  if (!trouble && question.until == TlsQuestion::Until::http) ask_http(tls, question, answer);
  return answer;
}

}  // namespace kots_export::net
