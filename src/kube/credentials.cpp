#include <kots_export/kube/credentials.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>

#include "kube/exec_plugin.h"

#include <algorithm>

namespace kots_export::kube {

namespace {

constexpr std::chrono::seconds kPluginTimeout{60};
// Service account tokens rotate long before they expire; client-go reads them again each minute.
constexpr std::chrono::seconds kTokenFileAge{60};

// Throws Error where `token` would break the header; its text stays unsaid.
Secret<std::string> bearer(const std::string& token) {
  const auto breaks = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(token, breaks))
    throw Error("cannot log in with the token", "it holds a line break or another control character",
                "Give the token alone, on one line.");
  // A header ends with its last visible character.
  return Secret<std::string>("Bearer " + token.substr(0, token.find_last_not_of(' ') + 1));
}

// Token, basic authentication, client certificate: they do not change.
class FixedCredentials : public CredentialSource {
 public:
  explicit FixedCredentials(RequestCredentials credentials) : credentials_(std::move(credentials)) {}
  RequestCredentials current() override { return credentials_; }
  bool refresh(const RequestCredentials& /*rejected*/) override { return false; }

 private:
  RequestCredentials credentials_;
};

// A token file, read again when it is a minute old. While it cannot be read, the last token that was known
// counts (the kubeconfig's own `token` at first), as in client-go's cachingTokenSource.
class TokenFileCredentials : public CredentialSource {
 public:
  TokenFileCredentials(RequestCredentials base, std::filesystem::path file)
      : base_(std::move(base)), file_(std::move(file)) {
    base_.is_renewed = true;
  }

  RequestCredentials current() override {
    const auto now = std::chrono::steady_clock::now();
    if (!read_at_ || now - *read_at_ > kTokenFileAge) {
      read();
      read_at_ = now;
    }
    return base_;
  }

  bool refresh(const RequestCredentials& rejected) override {
    read_at_.reset();
    return current().authorization != rejected.authorization;
  }

 private:
  void read() {
    try {
      const Secret<std::string> content(util::read_file(file_));
      const std::string token(util::trim(content.reveal()));
      if (token.empty())
        throw Error(util::filled("cannot read the token file {file}", {{"file", file_}}), "it is empty");
      base_.authorization = bearer(token);
    } catch (const Error&) {
      if (!base_.authorization) throw;
    }
  }

  RequestCredentials base_;
  std::filesystem::path file_;
  std::optional<std::chrono::steady_clock::time_point> read_at_;
};

class ExecCredentials : public CredentialSource {
 public:
  ExecCredentials(ResolvedConfig config, std::function<bool()> interrupted)
      : config_(std::move(config)), interrupted_(std::move(interrupted)) {}

  RequestCredentials current() override {
    if (!credential_ || (credential_->expires && *credential_->expires <= std::chrono::system_clock::now())) {
      credential_ = run_exec_plugin(*config_.auth.exec, config_, kPluginTimeout, interrupted_);
    }
    return known();
  }

  bool refresh(const RequestCredentials& rejected) override {
    if (!credential_) return true;
    const RequestCredentials newest = known();
    // Of many requests in flight, all refused, the first has the plugin run; the others carried the old
    // answer.
    if (newest.authorization == rejected.authorization && newest.client_cert_pem == rejected.client_cert_pem)
      credential_.reset();
    return true;
  }

 private:
  [[nodiscard]] RequestCredentials known() const {
    RequestCredentials result{.authorization = std::nullopt,
                              .client_cert_pem = config_.tls.client_cert_pem,
                              .client_key_pem = config_.tls.client_key_pem};
    if (!credential_->client_cert_pem.empty()) {
      result.client_cert_pem = credential_->client_cert_pem;
      result.client_key_pem = credential_->client_key_pem;
    }
    if (!credential_->token.empty()) result.authorization = bearer(credential_->token.reveal());
    result.is_renewed = true;
    if (credential_->expires) result.expires = std::chrono::system_clock::to_time_t(*credential_->expires);
    return result;
  }

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
  const Auth& auth = config.auth;
  if (!auth.token.empty()) fixed.authorization = bearer(auth.token.reveal());
  // client-go's order: tokenFile over token, and either over basic authentication and an exec plugin.
  if (!auth.token_file.empty())
    return std::make_unique<TokenFileCredentials>(std::move(fixed), auth.token_file);
  if (fixed.authorization) return std::make_unique<FixedCredentials>(std::move(fixed));
  if (!auth.username.empty() || !auth.password.empty()) {
    fixed.authorization =
        Secret<std::string>("Basic " + util::base64_encode(auth.username + ":" + auth.password.reveal()));
  } else if (auth.exec) {
    return std::make_unique<ExecCredentials>(config, std::move(interrupted));
  }
  return std::make_unique<FixedCredentials>(std::move(fixed));
}

}  // namespace kots_export::kube
