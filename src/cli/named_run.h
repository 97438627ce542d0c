#pragma once

#include <kots_export/change/journal_reader.h>

#include <string>

namespace kots_export::cli {

// The run of that name, or the only one whose name begins so. Throws UsageError where there is none or more
// than one, and the Error of a broken journal where that is the run that is meant.
[[nodiscard]] const change::RunRecord& named_run(const change::Runs& all, const std::string& name);

}  // namespace kots_export::cli
