#pragma once

#include <kots_export/kube/client.h>
#include <kots_export/kube/credentials.h>
#include <kots_export/kube/curl_transport.h>
#include <kots_export/kube/kubeconfig.h>

#include "apiserver/fixture.h"

#include <chrono>
#include <functional>
#include <memory>

// kube::Client on a real connection to the in-memory API server.
namespace kots_export::test {

// Retries that do not slow a test down.
inline constexpr kube::RetryPolicy kQuickRetries{.attempts = 5,
                                                 .first_delay = std::chrono::milliseconds(1),
                                                 .longest_delay = std::chrono::milliseconds(5)};

// The way to `server` as its admin, as the program takes it: kubeconfig, credentials, libcurl.
class ApiConnection {
 public:
  explicit ApiConnection(const apiserver::ApiServer& server, const kube::CurlOptions& options = {},
                         const kube::KubeconfigOverrides& overrides = {},
                         std::function<bool()> interrupted = {})
      : config_(kube::resolve(with_kubeconfig(overrides, server), kube::Environment::of_process())),
        credentials_(kube::make_credential_source(config_)),
        transport(config_, *credentials_, options),
        client(transport, kQuickRetries, std::move(interrupted)) {}

 private:
  static kube::KubeconfigOverrides with_kubeconfig(kube::KubeconfigOverrides overrides,
                                                   const apiserver::ApiServer& server) {
    overrides.kubeconfig = server.kubeconfig_path().string();
    return overrides;
  }

  kube::ResolvedConfig config_;
  std::unique_ptr<kube::CredentialSource> credentials_;

 public:
  kube::CurlTransport transport;
  kube::Client client;
};

}  // namespace kots_export::test
