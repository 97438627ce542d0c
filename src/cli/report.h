#pragma once

#include <kots_export/change/journal_reader.h>
#include <kots_export/ui/run_document.h>

#include "cli/options.h"

namespace kots_export::cli {

// What is to be told of `outlined`, one of `all`: with its journal, and the values files of the folder where
// it is a migration. Without what was found later.
[[nodiscard]] ui::RunReport report_of(const Options& options, const change::RunRecord& outlined,
                                      const change::Runs& all);

}  // namespace kots_export::cli
