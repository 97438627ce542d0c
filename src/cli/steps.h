#pragma once

#include <kots_export/migration/run.h>

#include "cli/options.h"

namespace kots_export::cli {

// Declares the argument STEP: a step that changes a cluster, or the whole. `hint` is added to what a typing
// error is told.
CLI::Option* add_step(CLI::App& command, std::string& step, std::string_view hint = {});

// The part that `step` names. Throws UsageError where there is none.
[[nodiscard]] migration::Part part_of(const std::string& step);

// The options of a part of the migration. The license is read (and asked for) only where the part needs it;
// `if_given`: and only where a flag gives it.
enum class License { needed, if_given };
[[nodiscard]] migration::RunOptions run_options(const Options& options, migration::Part part,
                                                License license = License::needed);

// The commands run, fix-manifest, annotate, kots_cleanup, flyway and postgres: plans the part and carries it
// out. Returns the exit code.
int run_part(const Options& options, migration::Part part);

}  // namespace kots_export::cli
