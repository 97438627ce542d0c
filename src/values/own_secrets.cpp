// Secrets that the operator makes himself.
#include "values/own_secrets.h"

#include <kots_export/util/text.h>

#include "values/check_context.h"
#include "values/schema_4x.h"

#include <algorithm>
#include <utility>

namespace kots_export::values {

namespace {

bool always(const Value& /*values*/) { return true; }

bool has_pusher_secret(const Value& values) {
  return find(values, {"pusher", "secret"}) != nullptr;  // without it the chart's example counts
}

bool has_gossip_encryption(const Value& values) {
  return flag_at(values, {"nomad", "server", "gossip", "encryption", "enabled"}, true);
}

bool has_s3_keys(const Value& values) {
  return flag_at(values, {"object_storage", "s3", "enabled"}, false) &&
         is_blank(values, {"object_storage", "s3", "irsaRole"});
}

bool has_gcs_account(const Value& values) {
  return flag_at(values, {"object_storage", "gcs", "enabled"}, false) &&
         is_blank(values, {"object_storage", "gcs", "workloadIdentity"});
}

bool has_machines(const Value& values, const char* cloud) {
  return flag_at(values, {"vm_service", "enabled"}, true) &&
         flag_at(values, {"vm_service", "providers", cloud, "enabled"}, false);
}

bool has_ec2_keys(const Value& values) {
  return has_machines(values, "ec2") && is_blank(values, {"vm_service", "providers", "ec2", "irsaRole"});
}

bool has_gcp_account(const Value& values) {
  return has_machines(values, "gcp") &&
         is_blank(values, {"vm_service", "providers", "gcp", "workloadIdentity"});
}

bool has_autoscaler(const Value& values, const char* cloud) {
  return flag_at(values, {"nomad", "auto_scaler", "enabled"}, false) &&
         flag_at(values, {"nomad", "auto_scaler", cloud, "enabled"}, false);
}

bool has_autoscaler_keys(const Value& values) {
  return has_autoscaler(values, "aws") && is_blank(values, {"nomad", "auto_scaler", "aws", "irsaRole"});
}

bool has_autoscaler_account(const Value& values) {
  return has_autoscaler(values, "gcp") &&
         is_blank(values, {"nomad", "auto_scaler", "gcp", "workloadIdentity"});
}

bool has_github_enterprise(const Value& values) { return flag_at(values, {"github", "enterprise"}, false); }

bool has_github_com(const Value& values) { return !has_github_enterprise(values); }

bool has_tink(const Value& values) { return flag_at(values, {"tink", "enabled"}, false); }

bool is_left_to_the_operator(const OwnSecretRow& row, const Value& values, Target target,
                             bool is_after_tables) {
  if (row.is_of_later_charts && !is_after_tables) return false;
  return row.is_needed(values) && is_in_chart(row.values.front(), target) &&
         std::ranges::all_of(row.values, [&](const Path& path) { return is_blank(values, path); });
}

// The Secrets so far, each once.
class NeededSecrets {
 public:
  void add(NeededSecret secret) {
    if (secret.name.empty()) return;
    const auto present = std::ranges::find(all_, secret.name, &NeededSecret::name);
    if (present == all_.end()) {
      all_.push_back(std::move(secret));
      return;
    }
    for (std::string& key : secret.keys)
      if (std::ranges::find(present->keys, key) == present->keys.end())
        present->keys.push_back(std::move(key));
    if (present->one_of.empty()) present->one_of = std::move(secret.one_of);
  }
  [[nodiscard]] std::vector<NeededSecret> take() { return std::move(all_); }

 private:
  std::vector<NeededSecret> all_;
};

}  // namespace

const std::vector<OwnSecretRow>& own_secret_rows() {
  static const std::vector<OwnSecretRow> rows = {
      // Source: the installation reference of 4.7.
      {{{"global", "license"}}, {"license", {"license"}}, always, true},
      {{{"apiToken"}}, {"api-token", {"api-token"}}, always},
      {{{"sessionCookieKey"}}, {"session-cookie", {"session-cookie-key"}}, always},
      {{{"keyset", "signing"}, {"keyset", "encryption"}},
       {"signing-keys", {"signing-key", "encryption-key"}},
       always},
      {{{"github", "clientId"}, {"github", "clientSecret"}},
       {"github-secret", {"clientId", "clientSecret"}},
       has_github_com},
      {{{"github", "clientId"}, {"github", "clientSecret"}},
       {"github-secret", {"clientId", "clientSecret", "defaultToken"}},
       has_github_enterprise},
      {{{"pusher", "secret"}}, {"pusher", {"secret"}}, has_pusher_secret},
      {{{"nomad", "server", "gossip", "encryption", "key"}},
       {"nomad-gossip-encryption-key", {"gossip-key"}},
       has_gossip_encryption},
      {{{"object_storage", "s3", "accessKey"}, {"object_storage", "s3", "secretKey"}},
       {"object-storage-secret", {"s3AccessKey", "s3SecretKey"}},
       has_s3_keys},
      {{{"object_storage", "gcs", "service_account"}},
       {"object-storage-secret", {"gcs_sa.json"}},
       has_gcs_account},
      {{{"vm_service", "providers", "ec2", "accessKey"}, {"vm_service", "providers", "ec2", "secretKey"}},
       {"vm-service-secret", {"ec2AccessKey", "ec2SecretKey"}},
       has_ec2_keys},
      {{{"vm_service", "providers", "gcp", "service_account"}},
       {"vm-service-secret", {"gcp_sa.json"}},
       has_gcp_account},
      {{{"nomad", "auto_scaler", "aws", "accessKey"}, {"nomad", "auto_scaler", "aws", "secretKey"}},
       {"nomad-autoscaler-secret", {"secret.hcl"}},
       has_autoscaler_keys},
      {{{"nomad", "auto_scaler", "gcp", "service_account"}},
       {"nomad-autoscaler-secret", {"gcp_sa.json", "secret.hcl"}},
       has_autoscaler_account},
      {{{"tink", "keyset"}}, {"tink", {"keyset"}}, has_tink}};
  return rows;
}

// Source: the installation guide of 4.x, phase 2, and the operator's guide, "Configuring external services":
// an external MongoDB's Secret has both keys, and for an external PostgreSQL the guide says postgres-password
// where the reference says password.
std::vector<NeededSecret> needed_secrets(const Value& v4, Target target, bool is_after_tables) {
  NeededSecrets needed;
  for (const OwnSecretRow& row : own_secret_rows())
    if (is_left_to_the_operator(row, v4, target, is_after_tables)) needed.add(row.secret);
  const std::string postgresql = string_at(v4, {"postgresql", "auth", "existingSecret"});
  if (flag_at(v4, {"postgresql", "internal"}, true)) {
    needed.add({.name = postgresql, .keys = {"postgres-password"}});
  } else {
    needed.add({.name = postgresql, .keys = {}, .one_of = {"postgres-password", "password"}});
  }
  needed.add({.name = string_at(v4, {"mongodb", "auth", "existingSecret"}),
              .keys = {"mongodb-root-password", "mongodb-password"}});
  needed.add(
      {.name = string_at(v4, {"rabbitmq", "auth", "existingPasswordSecret"}), .keys = {"rabbitmq-password"}});
  needed.add({.name = string_at(v4, {"rabbitmq", "auth", "existingErlangSecret"}),
              .keys = {"rabbitmq-erlang-cookie"}});
  if (auto tls = postgresql_certificate(v4)) {
    std::vector<std::string> keys = {std::move(tls->certificate), std::move(tls->private_key),
                                     std::move(tls->authority)};
    std::erase(keys, "");
    needed.add({.name = std::move(tls->name), .keys = std::move(keys)});
  }
  return needed.take();
}

std::optional<CertificateSecret> postgresql_certificate(const Value& v4) {
  const Value* values = find(v4, {"postgresql", "tls"});
  if (values == nullptr || !flag_at(v4, {"postgresql", "internal"}, true) ||
      !is_true_at(*values, {"enabled"}) || is_true_at(*values, {"autoGenerated"}) ||
      is_blank(*values, {"certificatesSecret"}))
    return std::nullopt;
  return CertificateSecret{.name = string_at(*values, {"certificatesSecret"}),
                           .certificate = string_at(*values, {"certFilename"}),
                           .private_key = string_at(*values, {"certKeyFilename"}),
                           .authority = string_at(*values, {"certCAFilename"}),
                           .host = string_at(v4, {"postgresql", "postgresqlHost"})};
}

void check_own_secrets(CheckContext& context) {
  std::string blank;
  std::string secrets;
  Path first;
  for (const OwnSecretRow& row : own_secret_rows()) {
    // Half of them check_required sees.
    if (!is_left_to_the_operator(row, context.document().root, context.options().target,
                                 context.options().is_after_tables))
      continue;
    if (first.empty()) first = row.values.front();
    for (const Path& path : row.values) blank += (blank.empty() ? "" : ", ") + to_string(path);
    std::string keys;
    for (const std::string& key : row.secret.keys) keys += (keys.empty() ? "" : ", ") + key;
    secrets += (secrets.empty() ? "" : "; ") + row.secret.name + " (" + keys + ")";
  }
  if (blank.empty()) return;
  context.report(first, util::filled("is left blank, as all of {values}: right only if you make the Secrets "
                                     "yourself, with these keys: {secrets}",
                                     {{"values", blank}, {"secrets", secrets}}));
}

}  // namespace kots_export::values
