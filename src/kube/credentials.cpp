#include <kots_export/kube/credentials.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>

#include "kube/exec_plugin.h"

namespace kots_export::kube {

namespace {

constexpr std::chrono::seconds kPluginTimeout{60};
// Service account tokens rotate long before they expire; client-go reads them again each minute.
constexpr std::chrono::seconds kTokenFileAge{60};

Secret<std::string> bearer(const std::string& token) { return Secret<std::string>("Bearer " + token); }

// Token, basic authentication, client certificate: they do not change.
class FixedCredentials : public CredentialSource {
 public:
  explicit FixedCredentials(RequestCredentials credentials) : credentials_(std::move(credentials)) {}
  RequestCredentials current() override { return credentials_; }
  bool refresh() override { return false; }

 private:
  RequestCredentials credentials_;
};

class TokenFileCredentials : public CredentialSource {
 public:
  TokenFileCredentials(RequestCredentials base, std::filesystem::path file)
      : base_(std::move(base)), file_(std::move(file)) {}

  RequestCredentials current() override {
    const auto now = std::chrono::steady_clock::now();
    if (!base_.authorization || now - read_at_ > kTokenFileAge) {
      const std::string token(util::trim(util::read_file(file_)));
      if (token.empty()) throw Error("cannot read the token file " + file_.string(), "it is empty");
      base_.authorization = bearer(token);
      read_at_ = now;
    }
    return base_;
  }

  bool refresh() override {
    const auto rejected = base_.authorization;
    base_.authorization.reset();
    return current().authorization != rejected;
  }

 private:
  RequestCredentials base_;
  std::filesystem::path file_;
  std::chrono::steady_clock::time_point read_at_;
};

class ExecCredentials : public CredentialSource {
 public:
  ExecCredentials(ResolvedConfig config, std::function<bool()> interrupted)
      : config_(std::move(config)), interrupted_(std::move(interrupted)) {}

  RequestCredentials current() override {
    if (!credential_ || (credential_->expires && *credential_->expires <= std::chrono::system_clock::now())) {
      credential_ = run_exec_plugin(*config_.auth.exec, config_, kPluginTimeout, interrupted_);
    }
    RequestCredentials result{.authorization = std::nullopt,
                              .client_cert_pem = credential_->client_cert_pem,
                              .client_key_pem = credential_->client_key_pem};
    if (!credential_->token.empty()) result.authorization = bearer(credential_->token.reveal());
    return result;
  }

  bool refresh() override {
    credential_.reset();
    return true;
  }

 private:
  ResolvedConfig config_;
  std::function<bool()> interrupted_;
  std::optional<ExecCredential> credential_;
};

}  // namespace

std::unique_ptr<CredentialSource> make_credential_source(const ResolvedConfig& config,
                                                         std::function<bool()> interrupted) {
  RequestCredentials fixed{.authorization = std::nullopt,
                           .client_cert_pem = config.tls.client_cert_pem,
                           .client_key_pem = config.tls.client_key_pem};
  // client-go's order: tokenFile over token, and either over an exec plugin.
  if (!config.auth.token_file.empty())
    return std::make_unique<TokenFileCredentials>(std::move(fixed), config.auth.token_file);
  if (!config.auth.token.empty()) {
    fixed.authorization = bearer(config.auth.token.reveal());
  } else if (!config.auth.username.empty()) {
    fixed.authorization = Secret<std::string>(
        "Basic " + util::base64_encode(config.auth.username + ":" + config.auth.password.reveal()));
  } else if (config.auth.exec) {
    return std::make_unique<ExecCredentials>(config, std::move(interrupted));
  }
  return std::make_unique<FixedCredentials>(std::move(fixed));
}

}  // namespace kots_export::kube
