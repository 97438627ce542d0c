// Secrets that the operator makes himself.
#include "values/own_secrets.h"

#include "values/check_context.h"

#include <algorithm>

namespace kots_export::values {

namespace {

bool flag_at(const Value& values, const Path& path, bool chart_default) {
  const Value* value = find(values, path);
  return value != nullptr && value->is_bool() ? value->as_bool() : chart_default;
}

bool is_blank(const Value& values, const Path& path) {
  const Value* value = find(values, path);
  return value == nullptr || value->is_null() || (value->is_string() && value->as_string().empty());
}

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

}  // namespace

const std::vector<OwnSecretRow>& own_secret_rows() {
  static const std::vector<OwnSecretRow> rows = {
      {{{"apiToken"}}, {"api-token", {"api-token"}}, always},
      {{{"sessionCookieKey"}}, {"session-cookie", {"session-cookie-key"}}, always},
      {{{"keyset", "signing"}, {"keyset", "encryption"}},
       {"signing-keys", {"signing-key", "encryption-key"}},
       always},
      {{{"github", "clientId"}, {"github", "clientSecret"}},
       {"github-secret", {"clientId", "clientSecret"}},
       always},
      {{{"pusher", "secret"}}, {"pusher", {"secret"}}, has_pusher_secret},
      {{{"nomad", "server", "gossip", "encryption", "key"}},
       {"nomad-gossip-encryption-key", {"gossip-key"}},
       has_gossip_encryption},
      {{{"object_storage", "s3", "accessKey"}, {"object_storage", "s3", "secretKey"}},
       {"object-storage-secret", {"s3AccessKey", "s3SecretKey"}},
       has_s3_keys},
      {{{"object_storage", "gcs", "service_account"}},
       {"object-storage-secret", {"gcs_sa.json"}},
       has_gcs_account}};
  return rows;
}

std::vector<NeededSecret> needed_secrets(const Value& v4) {
  std::vector<NeededSecret> needed;
  for (const OwnSecretRow& row : own_secret_rows()) {
    const bool blank = std::ranges::all_of(row.values, [&](const Path& path) { return is_blank(v4, path); });
    if (blank && row.is_needed(v4)) needed.push_back(row.secret);
  }
  const auto add_existing = [&](const Path& path, std::vector<std::string> keys) {
    if (const std::string name = string_at(v4, path); !name.empty())
      needed.push_back({.name = name, .keys = std::move(keys)});
  };
  add_existing({"postgresql", "auth", "existingSecret"}, {"postgres-password"});
  const bool mongodb_inside = flag_at(v4, {"mongodb", "internal"}, true);
  add_existing({"mongodb", "auth", "existingSecret"},
               mongodb_inside ? std::vector<std::string>{"mongodb-root-password", "mongodb-password"}
                              : std::vector<std::string>{"mongodb-password"});
  add_existing({"rabbitmq", "auth", "existingPasswordSecret"}, {"rabbitmq-password"});
  add_existing({"rabbitmq", "auth", "existingErlangSecret"}, {"rabbitmq-erlang-cookie"});
  return needed;
}

void check_own_secrets(CheckContext& context) {
  std::string blank;
  std::string secrets;
  Path first;
  for (const OwnSecretRow& row : own_secret_rows()) {
    if (!row.is_needed(context.document().root)) continue;
    const auto empty =
        std::ranges::count_if(row.values, [&](const Path& path) { return context.is_empty(path); });
    if (empty != std::ranges::ssize(row.values)) continue;  // check_required sees half of them
    if (first.empty()) first = row.values.front();
    for (const Path& path : row.values) blank += (blank.empty() ? "" : ", ") + to_string(path);
    std::string keys;
    for (const std::string& key : row.secret.keys) keys += (keys.empty() ? "" : ", ") + key;
    secrets += (secrets.empty() ? "" : "; ") + row.secret.name + " (" + keys + ")";
  }
  if (blank.empty()) return;
  context.report(first, "is left blank, as all of " + blank +
                            ": right only if you make the Secrets yourself, with these keys: " + secrets);
}

}  // namespace kots_export::values
