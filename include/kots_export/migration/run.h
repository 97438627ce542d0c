#pragma once

#include <kots_export/migration/annotate.h>
#include <kots_export/migration/context.h>
#include <kots_export/migration/flyway.h>
#include <kots_export/migration/kots_cleanup.h>
#include <kots_export/migration/message.h>
#include <kots_export/util/secret.h>

#include <optional>
#include <string>

namespace kots_export::migration {

struct RunOptions {
  Secret<std::string> license;
  Registry registry;
  Paths paths;
  std::optional<int> revision;
  enum class Annotate { no, yes } annotate = Annotate::yes;  // --annotate 0 leaves the step out
  TakeOwnership take_ownership = TakeOwnership::no;
  DeleteVolumes delete_volumes = DeleteVolumes::no;
  std::chrono::seconds timeout{600};
  std::string target_version = "4.0.0";
};

// The whole migration in order: checks, export, transform, annotate, kots_cleanup, flyway, postgres, message.
// Everything is read and planned before the first write; annotate and kots_cleanup of the same object are one
// patch.
[[nodiscard]] NextSteps run_migration(Context& context, const RunOptions& options);

}  // namespace kots_export::migration
