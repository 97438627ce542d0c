#pragma once

#include <kots_export/migration/checks.h>
#include <kots_export/migration/pull_secret.h>

#include "migration/finding.h"

#include <optional>
#include <string>
#include <vector>

namespace kots_export::migration {

struct Checking {
  Context& context;
  CheckedCommand command;
  const RunOptions& options;
  const MigrationPlan* plan;  // null before planning
  std::optional<kube::Reply> version =
      std::nullopt;  // the server's answer to GET /version, once it was asked
  std::optional<PullSecret> pull_secret = std::nullopt;   // Secret regcred, once it was read
  std::optional<RegistryClient> registry = std::nullopt;  // once it was asked
  std::string registry_trouble = {};  // the check that the registry did not let through, or not answer

  // Nothing is going to be written now.
  [[nodiscard]] bool only_looks() const { return context.executor.dry_run() != kube::DryRun::none; }
  // What is looked at is what a run would meet that writes.
  [[nodiscard]] bool is_of_writing() const {
    return !only_looks() || options.purpose == RunOptions::Purpose::check;
  }
  // The plan may be carried out by another user than the one who looks at it.
  [[nodiscard]] bool is_preview() const {
    return context.executor.dry_run() == kube::DryRun::client && !is_of_writing();
  }
};

// --- The checks, one file a group ---

// cluster
CheckFinding check_server_version(Checking& checking);
CheckFinding check_clock(Checking& checking);
CheckFinding check_identity(Checking& checking);
CheckFinding check_namespace(Checking& checking);
CheckFinding check_lock(Checking& checking);
// release
CheckFinding check_release(Checking& checking);
CheckFinding check_release_chart(Checking& checking);
CheckFinding check_release_status(Checking& checking);
CheckFinding check_manifest_apis(Checking& checking);
CheckFinding check_helm_force(Checking& checking);
CheckFinding check_not_upgraded(Checking& checking);
// registry
CheckFinding check_pull_secret(Checking& checking);
CheckFinding check_registry_image(Checking& checking);
CheckFinding check_registry_chart(Checking& checking);
// database
CheckFinding check_database(Checking& checking);
CheckFinding check_migrator_job(Checking& checking);
CheckFinding check_sidecars(Checking& checking);
// installation
CheckFinding check_workloads(Checking& checking);
CheckFinding check_volumes(Checking& checking);
CheckFinding check_backup(Checking& checking);
CheckFinding check_kots_cluster_role(Checking& checking);
// plan
CheckFinding check_permissions(Checking& checking);
CheckFinding check_reading(Checking& checking);
CheckFinding check_disk(Checking& checking);
// values
CheckFinding check_values(Checking& checking);
CheckFinding check_own_secrets(Checking& checking);
// postgresql_tls
CheckFinding check_postgresql_tls(Checking& checking);

}  // namespace kots_export::migration
