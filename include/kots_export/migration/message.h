#pragma once

#include <kots_export/migration/context.h>
#include <kots_export/migration/names.h>
#include <kots_export/values/value.h>

#include <filesystem>
#include <string>
#include <vector>

namespace kots_export::migration {

struct MessageOptions {
  std::filesystem::path values_file;
  std::filesystem::path migrator_log = {};
  std::string ns;
  std::string release;
  Registry registry;
  std::string target_version = std::string(names::kTargetVersion);
  Commands commands = {};
  HelmForce helm_force = HelmForce::unknown;  // refused: the upgrade is printed without --force
  // The upgrade from 3.x, or one that only applies values and needs no --force.
  enum class Upgrade { from_3x, of_values } upgrade = Upgrade::from_3x;
};

// The steps that are left to the operator, as data: ui/ has the words. Commands are quoted for a POSIX shell.
// What the values do not say is empty.
struct NextSteps {
  std::string values_file;
  std::string domain;          // global.domainName
  std::string cloud_provider;  // see cloud_provider_of
  HelmForce helm_force = HelmForce::unknown;
  std::string migrator_log;   // file
  std::string job_command;    // shows the migrator's Job
  std::string check_command;  // tries, among all else, whether the server takes --force
  std::string validate_command;
  std::string login_command;
  std::string diff_command;
  std::string upgrade_command;
  std::string verify_command;
  std::string pods_command;
  std::string load_balancer_command;  // shows the Service with the one load balancer of 4.x
  std::string nomad_server_endpoint;  // DOMAIN:4647
  std::string nomad_command;          // takes the output of terraform on standard input
  std::string report_command;
  std::string history_command;        // of the release
  std::string helm_rollback_command;  // the revision is to be filled in
  std::string rollback_command;
};

// The flags by which a command of ours means that chart: " --target-version 4.1.3 --dev"; empty for the one
// that it means without them.
[[nodiscard]] std::string chart_flags(const std::string& target_version, const Registry& registry);

// What realitycheck calls the cloud provider: "aws" or "gcp", where the values have the machines for jobs,
// else where they have the bucket; empty where they do not tell. Machines elsewhere, or s3 alone, may be
// MinIO.
[[nodiscard]] std::string cloud_provider_of(const values::Value& values);

// Reads the values file and returns what comes next. Throws Error where the file is missing or not a values
// file.
[[nodiscard]] NextSteps next_steps(const MessageOptions& options);
// The same from values in memory.
[[nodiscard]] NextSteps next_steps(const MessageOptions& options, const values::Value& values);

}  // namespace kots_export::migration
