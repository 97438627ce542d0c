#include "migration/migrator_job.h"

#include <kots_export/migration/names.h>
#include <kots_export/util/base64.h>
#include <kots_export/util/json.h>

#include <algorithm>

namespace kots_export::migration {

using nlohmann::json;

namespace {

// A finished Job and its Pod go by themselves after a day (the script's value).
constexpr int kTtlSeconds = 86400;

constexpr std::string_view kHost = "POSTGRESQL_HOST";
constexpr std::string_view kPort = "POSTGRESQL_PORT";

json metadata(const Context& context, std::string_view name) {
  return {{"name", name},
          {"namespace", context.ns.name},
          {"labels", {{"app", names::kMigrator}, {"layer", "application"}}}};
}

json from_secret(std::string_view name) {
  return {{"name", name}, {"valueFrom", {{"secretKeyRef", {{"name", kMigratorSecret}, {"key", name}}}}}};
}

json plain(std::string_view name, std::string_view value) {
  // The kubelet expands $(NAME) in values: $$ keeps a dollar sign a dollar sign.
  std::string escaped;
  for (const char c : value) escaped.append(c == '$' ? 2 : 1, c);
  return {{"name", name}, {"value", escaped}};
}

}  // namespace

bool names_database(const json& job, const DatabaseAccess& access) {
  const json* env = util::find_at(job, {"spec", "template", "spec", "containers"});
  if (env == nullptr || !env->is_array() || env->empty()) return false;
  env = util::find_at(env->front(), {"env"});
  if (env == nullptr || !env->is_array()) return false;
  const auto has = [env](const json& wanted) { return std::ranges::find(*env, wanted) != env->end(); };
  return has(plain(kHost, access.host)) && has(plain(kPort, access.port));
}

std::string migrator_image(const Registry& registry) {
  return registry.host() + "/" + std::string(names::kMigrator) + ":" + std::string(names::kMigratorVersion);
}

json migrator_secret(const Context& context, const DatabaseAccess& access) {
  return {{"apiVersion", "v1"},
          {"kind", "Secret"},
          {"metadata", metadata(context, kMigratorSecret)},
          {"type", "Opaque"},
          {"data",
           {{"POSTGRESQL_USERNAME", util::base64_encode(access.username)},
            {"POSTGRESQL_PASSWORD", util::base64_encode(access.password.reveal())},
            {"DATABASE_URL", util::base64_encode(jdbc_url(access).reveal())}}}};
}

json migrator_job(const Context& context, const DatabaseAccess& access, const Registry& registry) {
  const json container{
      {"name", names::kMigrator},
      {"image", migrator_image(registry)},
      {"env",
       {plain("FLYWAY_BASELINE_ON_MIGRATE", "true"), plain(kHost, access.host), plain(kPort, access.port),
        from_secret("POSTGRESQL_USERNAME"), from_secret("POSTGRESQL_PASSWORD"), from_secret("DATABASE_URL")}},
      {"resources",
       {{"limits", {{"cpu", "1"}, {"memory", "100Mi"}}},  // as the server writes 1000m
        {"requests", {{"cpu", "2m"}, {"memory", "10Mi"}}}}}};
  const json pod_spec{{"restartPolicy", "Never"},
                      {"imagePullSecrets", json::array({{{"name", names::kPullSecret}}})},
                      {"containers", json::array({container})}};
  // A sidecar would keep the Pod running when the migration is done. Istio reads the label (1.10 and later)
  // and the annotation, Linkerd its own annotation.
  const json pod_metadata{
      {"labels", {{"app", names::kMigrator}, {"sidecar.istio.io/inject", "false"}}},
      {"annotations", {{"sidecar.istio.io/inject", "false"}, {"linkerd.io/inject", "disabled"}}}};
  return {{"apiVersion", "batch/v1"},
          {"kind", "Job"},
          {"metadata", metadata(context, names::kMigrator)},
          {"spec",
           {{"ttlSecondsAfterFinished", kTtlSeconds},
            // The script leaves Kubernetes' default, 6 retries with growing pauses: more than ten minutes
            // until the Job counts as failed, each on a database that the last one left half migrated. Here a
            // failure is seen at once, and a person looks at it before it runs again.
            {"backoffLimit", 0},
            {"template", {{"metadata", pod_metadata}, {"spec", pod_spec}}}}}};
}

}  // namespace kots_export::migration
