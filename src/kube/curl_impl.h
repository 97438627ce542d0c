#pragma once

#include "kube/curl_easy.h"

#include <vector>

namespace kots_export::kube {

class Transfer;

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
  class Run;

  // Transfers are used again: to make one costs more than a request on an open connection.
  std::unique_ptr<Transfer> take_transfer(const RequestCredentials& credentials);
  void give_back(std::unique_ptr<Transfer> transfer);

  // One try with the credentials that it is given.
  WebSocketResult websocket_with(const RequestCredentials& credentials, const Request& request,
                                 std::string_view protocol,
                                 const std::function<Flow(std::string_view)>& on_message);

  ResolvedConfig config_;
  CredentialSource& credentials_;
  CurlOptions options_;
  Endpoint endpoint_;
  CURLM* multi_ = nullptr;
  std::vector<std::unique_ptr<Transfer>> idle_;
  HasAnswered has_answered_ = HasAnswered::no;  // the server, at least once
};

}  // namespace kots_export::kube
