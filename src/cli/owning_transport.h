#pragma once

#include <kots_export/kube/credentials.h>
#include <kots_export/kube/curl_transport.h>
#include <kots_export/kube/kubeconfig.h>
#include <kots_export/kube/watched_transport.h>

#include <functional>
#include <memory>
#include <string_view>

namespace kots_export::cli {

// A libcurl transport with the credentials that it refers to. `listener`, which outlives it, hears what goes
// over it.
class OwningTransport : public kube::Transport {
 public:
  OwningTransport(const kube::ResolvedConfig& config, const kube::CurlOptions& options,
                  kube::TrafficListener& listener, kube::WatchedTransport::Keep keep)
      : credentials_(kube::make_credential_source(config)),
        transport_(config, *credentials_, options),
        watched_(transport_, listener, keep) {}

  void run(kube::RequestSource& source) override { watched_.run(source); }
  [[nodiscard]] std::size_t max_in_flight() const override { return transport_.max_in_flight(); }
  kube::WebSocketResult websocket(const kube::Request& request, std::string_view protocol,
                                  const std::function<kube::Flow(std::string_view)>& on_message) override {
    return watched_.websocket(request, protocol, on_message);
  }

 private:
  std::unique_ptr<kube::CredentialSource> credentials_;
  kube::CurlTransport transport_;
  kube::WatchedTransport watched_;
};

}  // namespace kots_export::cli
