#pragma once

#include <kots_export/kube/credentials.h>
#include <kots_export/kube/kubeconfig.h>
#include <kots_export/kube/transport.h>

#include <chrono>
#include <memory>
#include <string>

namespace kots_export::kube {

struct CurlOptions {
  std::size_t max_in_flight = 64;
  std::chrono::milliseconds connect_timeout{10'000};
  // Of one try of a request that is no stream, unless the request has less; zero: none.
  std::chrono::milliseconds try_timeout{60'000};
  // How long a peer may leave what was sent, or a probe of an idle connection, without an acknowledgement.
  std::chrono::milliseconds peer_timeout{25'000};
  std::string proxy;  // URL; empty: none
  // File of the roots that are trusted where the cluster names no authority, in place of the system's:
  // SSL_CERT_FILE, as Go (and so kubectl) reads it. Empty: the system's.
  std::string system_roots_file;
  std::string user_agent = "kots-export";
  std::size_t longest_body = std::size_t{512} << 20;
};

// The Transport on libcurl's multi interface: one thread, HTTP/2 with all requests as streams of one
// connection where the server speaks it, else a pool of at most 16 HTTP/1.1 connections. TLS 1.2 at least.
// A 401 refreshes the credentials once and sends the request again.
class CurlTransport : public Transport {
 public:
  // `credentials` outlives the transport.
  CurlTransport(ResolvedConfig config, CredentialSource& credentials, CurlOptions options = {});
  ~CurlTransport() override;

  void run(RequestSource& source) override;
  [[nodiscard]] std::size_t max_in_flight() const override;
  WebSocketResult websocket(const Request& request, std::string_view protocol,
                            const std::function<Flow(std::string_view)>& on_message) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// "7.88.1": of the library that is loaded. Throws Error where there is none.
[[nodiscard]] std::string libcurl_version();

}  // namespace kots_export::kube
