#include "kube/curl_easy.h"

#include <kots_export/util/error.h>
#include <kots_export/util/stop_guard.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <array>
#include <string_view>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kots_export::kube {

namespace {

using Kind = TransportFailure::Kind;

curl_blob blob_of(const std::string& bytes) {
  // COPY: libcurl takes the bytes before this returns, so const is kept in fact.
  return {.data = const_cast<char*>(bytes.data()), .len = bytes.size(), .flags = CURL_BLOB_COPY};
}

void set_blob(CURL* easy, CURLoption option, const std::string& bytes) {
  const curl_blob blob = blob_of(bytes);
  set(easy, option, &blob);
}

void configure_tls(CURL* easy, const TlsConfig& tls, const CurlOptions& options,
                   const RequestCredentials& credentials) {
  set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (tls.verify == TlsConfig::Verify::no) {
    set(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  } else if (tls.ca_pem) {
    set_blob(easy, CURLOPT_CAINFO_BLOB, *tls.ca_pem);
    // The system's folder of roots would be trusted beside the cluster's own authority.
    set(easy, CURLOPT_CAPATH, nullptr);
  } else if (!options.system_roots_file.empty()) {
    set(easy, CURLOPT_CAINFO, options.system_roots_file.c_str());
  }
  if (!credentials.client_cert_pem.empty()) {
    set_blob(easy, CURLOPT_SSLCERT_BLOB, credentials.client_cert_pem);
    set_blob(easy, CURLOPT_SSLKEY_BLOB, credentials.client_key_pem.reveal());
    set(easy, CURLOPT_KEYPASSWD, "");  // OpenSSL would ask on the terminal for a locked key's
  }
}

// An https proxy is trusted as the server is: by the cluster's authority, as Go does it, or by the system's.
void configure_proxy(CURL* easy, const TlsConfig& tls, const CurlOptions& options) {
  // Go leaves the name of the server to a SOCKS proxy; libcurl calls that socks5h.
  constexpr std::string_view kSocks = "socks5://";
  const std::string proxy =
      options.proxy.starts_with(kSocks) ? "socks5h://" + options.proxy.substr(kSocks.size()) : options.proxy;
  // Both set even where empty: libcurl would read the proxy environment in a way of its own.
  set(easy, CURLOPT_PROXY, proxy.c_str());
  set(easy, CURLOPT_NOPROXY, "");
  if (!proxy.starts_with("https://")) return;
  set(easy, CURLOPT_PROXY_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (tls.verify == TlsConfig::Verify::no) {
    set(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 0L);
    set(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 0L);
  } else if (tls.ca_pem) {
    set_blob(easy, CURLOPT_PROXY_CAINFO_BLOB, *tls.ca_pem);
  } else if (!options.system_roots_file.empty()) {
    set(easy, CURLOPT_PROXY_CAINFO, options.system_roots_file.c_str());
  }
}

// A peer that is gone without a word (a VPN that went down, a firewall that forgot the connection) is found
// by TCP: by its probes of an idle connection, a stream's too, and by what it cannot deliver. Source: tcp(7).
int watch_peer(void* data, curl_socket_t socket, curlsocktype) {
  const auto& options = *static_cast<const CurlOptions*>(data);
  const auto set_int = [socket](int level, int name, int value) {
    (void)::setsockopt(socket, level, name, &value, sizeof value);
  };
  constexpr int kIdle = 10;     // seconds before the first probe
  constexpr int kInterval = 5;  // between probes
  constexpr int kProbes = 3;
  set_int(SOL_SOCKET, SO_KEEPALIVE, 1);
  set_int(IPPROTO_TCP, TCP_KEEPIDLE,
          std::min(kIdle, std::max(1, static_cast<int>(options.peer_timeout.count() / 2500))));
  set_int(IPPROTO_TCP, TCP_KEEPINTVL,
          std::min(kInterval, std::max(1, static_cast<int>(options.peer_timeout.count() / 5000))));
  set_int(IPPROTO_TCP, TCP_KEEPCNT, kProbes);
  set_int(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(options.peer_timeout.count()));
  return CURL_SOCKOPT_OK;
}

// A socket of ours: it is guarded while the process is stopped, and no child gets it.
curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) {
  const int socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (socket < 0) return CURL_SOCKET_BAD;
  util::stop_guard::add(socket);
  return socket;
}

int close_socket(void*, curl_socket_t socket) {
  util::stop_guard::remove(socket);
  return ::close(socket);
}

TransportFailure tls_failure(const std::string& detail, const std::string& server) {
  const auto has = [&](std::string_view words) { return detail.find(words) != std::string::npos; };
  TransportFailure failure{
      .kind = Kind::tls, .delivered = TransportFailure::Delivered::no, .text = {}, .hint = {}};
  const char* text = nullptr;
  if (has("has expired") || has("certificate expired")) {
    text = has("alert") ? "the server says that the client certificate has expired ({server})"
                        : "the server's certificate has expired ({server})";
    failure.hint = has("alert")
                       ? "Get a new client certificate for the kubeconfig's user."
                       : "The cluster's administrator must renew it; check this machine's clock too.";
  } else if (has("not yet valid")) {
    text = "the server's certificate is not yet valid ({server})";
    failure.hint = "Check this machine's clock.";
  } else if (has("subject name") || has("does not match") || has("mismatch") ||
             has("no alternative certificate")) {
    text = "the server's certificate is for another host ({server})";
    failure.hint = "Check the server's address, or name the certificate's host with --tls-server-name.";
  } else if (has("issuer") || has("self-signed") || has("self signed") || has("unable to get local") ||
             has("certificate signature failure")) {
    text = "the server's certificate is signed by an unknown authority ({server})";
    failure.hint =
        "The kubeconfig's certificate-authority is not this cluster's. Check --context, or give the right "
        "one with --certificate-authority.";
  } else if (has("unsupported protocol") || has("alert protocol version")) {
    text = "the server speaks no TLS 1.2 or later ({server})";
    failure.hint =
        "Older versions are not safe. Something old may stand before the API server; check the address.";
  } else if (has("wrong version number") || has("packet length too long")) {
    text = "the server answers, but not in TLS ({server})";
    failure.hint = "If it speaks plain HTTP, its address starts with http://.";
  } else if (has("alert") && (has("certificate") || has("unknown ca") || has("handshake failure"))) {
    text = "the server refused the client certificate, or wants one: {why} ({server})";
    failure.hint = "Check the kubeconfig user's client certificate and key.";
  } else {
    text = "no TLS connection: {why} ({server})";
  }
  failure.text = util::filled(text, {{"why", detail}, {"server", server}});
  return failure;
}

// Whether a TLS handshake failed since its connection was gone, as libcurl and OpenSSL say it.
bool is_cut(const std::string& detail) {
  constexpr std::array<std::string_view, 4> kWords = {"Broken pipe", "Connection reset", "SSL_ERROR_SYSCALL",
                                                      "unexpected eof"};
  return std::ranges::any_of(kWords,
                             [&](std::string_view words) { return detail.find(words) != std::string::npos; });
}

}  // namespace

void require_ok(CURLcode code, CURLoption option) {
  if (code == CURLE_OK) return;
  throw Error(util::filled("libcurl does not take option {option}", {{"option", static_cast<int>(option)}}),
              curl_easy_strerror(code), "Install libcurl 7.85 or later, built with OpenSSL.");
}

void append(HeaderList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw Error("out of memory");
  (void)list.release();
  list.reset(longer);
}

ServerAddress parse_server(const std::string& url) {
  ServerAddress address;
  const auto scheme_end = url.find("://");
  address.scheme = scheme_end == std::string::npos ? "https" : url.substr(0, scheme_end);
  const std::string rest = scheme_end == std::string::npos ? url : url.substr(scheme_end + 3);
  const auto slash = rest.find('/');
  address.authority = rest.substr(0, slash);
  address.prefix = slash == std::string::npos ? "" : rest.substr(slash);
  while (address.prefix.ends_with('/')) address.prefix.pop_back();
  const auto colon = address.authority.rfind(':');
  const bool has_port = colon != std::string::npos && address.authority.find(']', colon) == std::string::npos;
  address.host = has_port ? address.authority.substr(0, colon) : address.authority;
  address.port = has_port ? address.authority.substr(colon + 1) : (address.scheme == "http" ? "80" : "443");
  return address;
}

Endpoint::Endpoint(const ResolvedConfig& config, const CurlOptions& options)
    : config_(config), options_(options), address_(parse_server(config.server)) {
  const std::string& name = config.tls.server_name;
  std::string authority = address_.authority;
  if (!name.empty() && address_.scheme == "https") {
    // libcurl takes the name for SNI and verification from the URL: the URL names it, CONNECT_TO says where
    // it is.
    authority = name + ":" + address_.port;
    append(connect_to_, authority + ":" + address_.host + ":" + address_.port);
  }
  base_url_ = address_.scheme + "://" + authority + address_.prefix;
  shared_lines_.push_back("User-Agent: " + options.user_agent);
  if (!name.empty()) shared_lines_.push_back("Host: " + address_.authority);
  const Impersonation& as = config.impersonation;
  if (!as.user.empty()) shared_lines_.push_back("Impersonate-User: " + as.user);
  if (!as.uid.empty()) shared_lines_.push_back("Impersonate-Uid: " + as.uid);
  for (const auto& group : as.groups) shared_lines_.push_back("Impersonate-Group: " + group);
  for (const auto& [key, value] : as.extra)
    shared_lines_.push_back("Impersonate-Extra-" + util::percent_encode(key) + ": " + value);
}

void Endpoint::configure(CURL* easy, const RequestCredentials& credentials) const {
  if (connect_to_) set(easy, CURLOPT_CONNECT_TO, connect_to_.get());
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
  // Ctrl-C does not wait for a name server that does not answer: libcurl would wait for its thread.
  (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
  set(easy, CURLOPT_SOCKOPTFUNCTION, &watch_peer);
  set(easy, CURLOPT_SOCKOPTDATA, &options_);
  set(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(easy, CURLOPT_CLOSESOCKETFUNCTION, &close_socket);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  configure_proxy(easy, config_.tls, options_);
  configure_tls(easy, config_.tls, options_, credentials);
}

std::vector<std::string> Endpoint::header_lines(const Request& request,
                                                const RequestCredentials& credentials) const {
  std::vector<std::string> lines = shared_lines_;
  for (const auto& [name, value] : request.headers) lines.push_back(name + ": " + value);
  if (credentials.authorization) lines.push_back("Authorization: " + credentials.authorization->reveal());
  return lines;
}

TransportFailure failure_of(CURLcode code, const char* detail, const std::string& server,
                            TransportFailure::Delivered delivered, HasAnswered has_answered) {
  const std::string text =
      util::printable(detail != nullptr && *detail != '\0' ? detail : curl_easy_strerror(code));
  const std::string where_to_look =
      "Check the server's address in the kubeconfig, the network and --context.";
  using Delivered = TransportFailure::Delivered;
  const auto cut = [&server](Delivered may_have_arrived) -> TransportFailure {
    return {Kind::reset, may_have_arrived,
            util::filled("the connection to {server} was cut", {{"server", server}}),
            "Run the command again."};
  };
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {Kind::resolve, Delivered::no,
              util::filled("the name of the server {server} is not known", {{"server", server}}),
              where_to_look};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {Kind::resolve, Delivered::no, "the name of the proxy is not known",
              "Check proxy-url and HTTPS_PROXY."};
    case CURLE_COULDNT_CONNECT:
      return {Kind::connect, Delivered::no,
              util::filled("no connection to {server} ({why})", {{"server", server}, {"why", text}}),
              where_to_look};
    case CURLE_OPERATION_TIMEDOUT:
      return {Kind::timeout, delivered,
              util::filled("no answer from {server} in time ({why})", {{"server", server}, {"why", text}}),
              where_to_look};
    case CURLE_SSL_CERTPROBLEM:
      return {Kind::tls, Delivered::no,
              "the client certificate and its key do not belong together, or one of them is damaged",
              "Check the client certificate and key of the kubeconfig's user."};
    case CURLE_SSL_CACERT_BADFILE:
      return {Kind::tls, Delivered::no,
              util::filled("the certificate-authority cannot be read ({why})", {{"why", text}}),
              "It must hold certificates in PEM form."};
    case CURLE_SSL_CONNECT_ERROR:
      // A server that has spoken TLS before does so again; only its connection was cut.
      if (has_answered == HasAnswered::yes && is_cut(text)) return cut(Delivered::no);
      return tls_failure(text, server);
    case CURLE_PEER_FAILED_VERIFICATION:
      return tls_failure(text, server);
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      // With TLS 1.3 a server refuses a client certificate only after the handshake, on the first read.
      if (has_answered == HasAnswered::no && text.find("alert") != std::string::npos)
        return tls_failure(text, server);
      // libcurl 7.85 and 7.88 word it differently.
      if (text.find("from proxy") != std::string::npos ||
          text.find("CONNECT tunnel failed") != std::string::npos)
        return {Kind::connect, Delivered::no,
                util::filled("the proxy lets nobody through: {why}", {{"why", text}}),
                "Check proxy-url and HTTPS_PROXY, with user name and password."};
      return cut(delivered);
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    // libcurl wanted to send it again; whether the first try arrived is not known.
    case CURLE_SEND_FAIL_REWIND:
      return cut(delivered);
    default:
      return {
          Kind::other, delivered, util::filled("{why} ({server})", {{"why", text}, {"server", server}}), {}};
  }
}

}  // namespace kots_export::kube
