#pragma once

#include <array>
#include <string_view>

// The names that the migration lives by, each with its source.
namespace kots_export::migration::names {

// --- Helm: what `helm upgrade` checks before it adopts an object (Helm 3, pkg/action/validate.go) ---
inline constexpr std::string_view kReleaseName = "meta.helm.sh/release-name";
inline constexpr std::string_view kReleaseNamespace = "meta.helm.sh/release-namespace";
inline constexpr std::string_view kManagedBy = "app.kubernetes.io/managed-by";
inline constexpr std::string_view kHelm = "Helm";

// --- KOTS: what it puts on the objects it deploys, and its own objects (Replicated KOTS) ---
inline constexpr std::string_view kAppSlug = "kots.io/app-slug";
inline constexpr std::string_view kBackup = "kots.io/backup";
inline constexpr std::string_view kKotsadm = "kots.io/kotsadm";
inline constexpr std::array<std::string_view, 2> kKotsadmSecrets = {"kotsadm-sessions",
                                                                    "kotsadm-replicated-registry"};
// Jobs whose name contains this were made by the 3.x chart's hook and block the upgrade.
inline constexpr std::string_view kInjectJob = "inject";

// --- CircleCI Server: kots-exporter.sh and the 3.x to 4.x migration guide ---
inline constexpr std::string_view kDefaultNamespace = "circleci-server";
inline constexpr std::string_view kDefaultRelease = "circleci-server";
inline constexpr std::string_view kTargetVersion = "4.0.1";  // of the 4.x chart, as the guide has it
inline constexpr std::string_view kPullSecret = "regcred";
inline constexpr std::string_view kRegistryDomain = ".azurecr.io";
inline constexpr std::string_view kRegistry = "cciserver";
inline constexpr std::string_view kDevRegistry = "devcharts";
inline constexpr std::string_view kChart = "circleci-server";
inline constexpr std::string_view kMigrator = "circle-migrator";
inline constexpr std::string_view kMigratorVersion = "0.1.532114-6a5071e0ed";
inline constexpr std::string_view kMigratorDatabase = "domain";
inline constexpr std::string_view kFrontend = "frontend";
inline constexpr std::string_view kPostgresql = "postgresql";
// The Service with the load balancer of 4.x; with AWS Certificate Manager it has another name.
inline constexpr std::string_view kProxy = "circleci-proxy";
inline constexpr std::string_view kProxyOfAcm = "circleci-proxy-acm";

// The kinds that the script annotates and cleans up, in its order: API group and kind.
struct Kind {
  std::string_view group;
  std::string_view kind;
};
inline constexpr std::array<Kind, 14> kKinds = {{
    {"", "ServiceAccount"},
    {"", "ConfigMap"},
    {"batch", "Job"},
    {"apps", "DaemonSet"},
    {"", "Secret"},
    {"rbac.authorization.k8s.io", "Role"},
    {"rbac.authorization.k8s.io", "RoleBinding"},
    {"", "Service"},
    {"batch", "CronJob"},
    {"apps", "Deployment"},
    {"apps", "StatefulSet"},
    {"networking.k8s.io", "NetworkPolicy"},
    {"", "PersistentVolumeClaim"},
    {"policy", "PodDisruptionBudget"},
}};

}  // namespace kots_export::migration::names
