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
  std::string ns;
  std::string release;
  Registry registry;
  std::string target_version = std::string(names::kTargetVersion);
  Commands commands = {};
  HelmForce helm_force = HelmForce::unknown;  // refused: the upgrade is printed without --force
};

// The steps that are left to the operator, as data: ui/ has the words. Commands are quoted for a POSIX shell.
struct NextSteps {
  std::string values_file;
  std::string login_command;
  std::string diff_command;
  std::string upgrade_command;
  std::string nomad_server_endpoint;  // DOMAIN:4647; empty where the values name no domain
};

// Reads the values file and returns what comes next. Throws Error where the file is missing or not a values
// file.
[[nodiscard]] NextSteps next_steps(const MessageOptions& options);
// The same from values in memory.
[[nodiscard]] NextSteps next_steps(const MessageOptions& options, const values::Value& values);

}  // namespace kots_export::migration
