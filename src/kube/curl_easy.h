#pragma once

#include <kots_export/kube/curl_transport.h>

#include <array>
#include <memory>
#include <string>

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

// The server's URL in parts, as headers and CONNECT_TO want them.
struct ServerAddress {
  std::string scheme;     // "https"
  std::string authority;  // "host:port" or "host", as the Host header has it
  std::string host;       // without port; IPv6 in brackets
  std::string port;       // always set
  std::string prefix;     // "" or "/path"
};
[[nodiscard]] ServerAddress parse_server(const std::string& url);

// Sets URL, TLS, proxy, timeouts and error buffer of `easy` for a request of `path`. `connect_to` must live
// as long as the request; it is set where tls-server-name differs from the server's host.
void configure(CURL* easy, const ResolvedConfig& config, const CurlOptions& options,
               const RequestCredentials& credentials, const std::string& path, HeaderList& connect_to,
               std::array<char, CURL_ERROR_SIZE>& error_buffer);

// The headers of a request: its own, credentials, impersonation, user agent and Host.
[[nodiscard]] Headers all_headers(const Request& request, const ResolvedConfig& config,
                                  const CurlOptions& options, const RequestCredentials& credentials);

// What libcurl's error means, in words. `was_sent`: the request may have reached the server.
[[nodiscard]] TransportFailure failure_of(CURLcode code, const char* detail, const std::string& server,
                                          TransportFailure::Delivered delivered);

}  // namespace kots_export::kube
