#pragma once

#include "kube/curl_easy.h"

namespace kots_export::kube {

// What CurlTransport keeps between runs.
class CurlTransport::Impl {
 public:
  Impl(ResolvedConfig config, CredentialSource& credentials, CurlOptions options);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void run(RequestSource& source);
  WebSocketResult websocket(const Request& request, std::string_view protocol,
                            const std::function<Flow(std::string_view)>& on_message);
  [[nodiscard]] std::size_t max_in_flight() const { return options_.max_in_flight; }

 private:
  struct Transfer;
  class Run;

  ResolvedConfig config_;
  CredentialSource& credentials_;
  CurlOptions options_;
  CURLM* multi_ = nullptr;
};

}  // namespace kots_export::kube
