#pragma once

#include <kots_export/migration/checks.h>
#include <kots_export/migration/run.h>

namespace kots_export::migration {

// What must hold before a part of the migration is planned, and again before a saved plan of it is carried
// out: the folders that the whole migration writes to (not in a dry run), and the installation. Throws what
// require_writable_folder and check_installation throw.
void check_run(Context& context, Part part, const RunOptions& options, CheckOptions::PullSecret pull_secret);

}  // namespace kots_export::migration
