#include "migration/run_checks.h"

#include <kots_export/util/files.h>

namespace kots_export::migration {

void check_run(Context& context, Part part, const RunOptions& options, CheckOptions::PullSecret pull_secret) {
  if (part == Part::whole && context.executor.dry_run() == kube::DryRun::none) {
    util::require_writable_folder(options.paths.output());
    util::require_writable_folder(options.paths.logs());
  }
  check_installation(context, {.registry = options.registry, .pull_secret = pull_secret});
}

}  // namespace kots_export::migration
