#pragma once

#include <kots_export/kube/curl_transport.h>

#include <memory>
#include <string>
#include <vector>

#include <curl/curl.h>

// What both faces of libcurl here (multi for HTTP, connect-only for WebSocket) share.
namespace kots_export::kube {

struct EasyCloser {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyCloser>;

struct ListCloser {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListCloser>;

void append(HeaderList& list, const std::string& line);

// Throws Error where libcurl does not take `option`: a setting of security that is dropped in silence is
// none.
void require_ok(CURLcode code, CURLoption option);

template <typename Value>
void set(CURL* easy, CURLoption option, Value value) {
  require_ok(curl_easy_setopt(easy, option, value), option);
}

// The server's URL in parts, as headers and CONNECT_TO want them.
struct ServerAddress {
  std::string scheme;     // "https"
  std::string authority;  // "host:port" or "host", as the Host header has it
  std::string host;       // without port; IPv6 in brackets
  std::string port;       // always set
  std::string prefix;     // "" or "/path"
};
[[nodiscard]] ServerAddress parse_server(const std::string& url);

// The API server as libcurl is told of it: what all requests to it share, worked out once.
class Endpoint {
 public:
  // Both outlive it.
  Endpoint(const ResolvedConfig& config, const CurlOptions& options);

  [[nodiscard]] const std::string& server() const { return config_.server; }
  [[nodiscard]] const ServerAddress& address() const { return address_; }
  // What libcurl is to open for a request of `path`.
  [[nodiscard]] std::string url(const std::string& path) const { return base_url_ + path; }
  // Sets what stays the same from request to request: TLS, proxy, time to connect, and the client certificate
  // of `credentials`. `easy` does not outlive the endpoint.
  void configure(CURL* easy, const RequestCredentials& credentials) const;
  // The lines of a request's header, without line ends: its own, the user agent, credentials, impersonation,
  // and Host where the URL does not tell it.
  [[nodiscard]] std::vector<std::string> header_lines(const Request& request,
                                                      const RequestCredentials& credentials) const;

 private:
  const ResolvedConfig& config_;
  const CurlOptions& options_;
  ServerAddress address_;
  std::string base_url_;
  HeaderList connect_to_;                  // set where tls-server-name is not the server's host
  std::vector<std::string> shared_lines_;  // of every request's header
};

// Whether the server has answered a request before: after that, a connection that ends says nothing of who
// may connect.
enum class HasAnswered { no, yes };

// What libcurl's error means, in words. `delivered`: whether the request may have reached the server.
[[nodiscard]] TransportFailure failure_of(CURLcode code, const char* detail, const std::string& server,
                                          TransportFailure::Delivered delivered, HasAnswered has_answered);

}  // namespace kots_export::kube
