#pragma once

#include <kots_export/kube/credentials.h>
#include <kots_export/kube/kubeconfig.h>

#include <chrono>
#include <functional>
#include <optional>

namespace kots_export::kube {

// What an exec plugin answered (client.authentication.k8s.io ExecCredential, status).
struct ExecCredential {
  Secret<std::string> token;
  std::string client_cert_pem;
  Secret<std::string> client_key_pem;
  std::optional<std::chrono::system_clock::time_point> expires;
};

// Runs the plugin without a shell; its standard error is the operator's. Throws Error where it is missing
// (with its install hint), ends with an error, takes longer than `timeout`, or prints something else than an
// ExecCredential.
[[nodiscard]] ExecCredential run_exec_plugin(const ExecPlugin& plugin, const ResolvedConfig& config,
                                             std::chrono::seconds timeout,
                                             const std::function<bool()>& interrupted);

}  // namespace kots_export::kube
