#pragma once

#include <kots_export/migration/run.h>

#include "cli/flags.h"

namespace kots_export::cli {

// The options of a part of the migration; the licence is read (and asked for) only where the part needs it.
[[nodiscard]] migration::RunOptions run_options(const Flags& flags, migration::Part part);

// The commands run, annotate, kots_cleanup, flyway and postgres: plans the part and carries it out. Returns
// the exit code.
int run_part(Flags& flags, migration::Part part);

}  // namespace kots_export::cli
