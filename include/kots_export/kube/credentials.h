#pragma once

#include <kots_export/kube/kubeconfig.h>

#include <ctime>
#include <functional>
#include <memory>
#include <optional>

namespace kots_export::kube {

// What a request is sent with. Empty parts are not sent.
struct RequestCredentials {
  std::optional<Secret<std::string>> authorization;  // the header's value
  std::string client_cert_pem;
  Secret<std::string> client_key_pem;
  std::optional<std::time_t> expires = {};  // where the exec plugin says so
  bool is_renewed = false;                  // current() gives new ones in time
};

// Gives credentials, new ones where the old have expired. One thread.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  // Throws Error where no credentials can be had (token file gone, exec plugin missing, failing, hanging).
  virtual RequestCredentials current() = 0;
  // After a 401 for a request that went out with `rejected`: true where current() may now give something
  // else. Runs nothing.
  virtual bool refresh(const RequestCredentials& rejected) = 0;
};

// `interrupted` ends the wait for an exec plugin.
[[nodiscard]] std::unique_ptr<CredentialSource> make_credential_source(
    const ResolvedConfig& config, std::function<bool()> interrupted = {});

}  // namespace kots_export::kube
