#include "cli/named_run.h"

#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include <algorithm>

namespace kots_export::cli {

const change::RunRecord& named_run(const change::Runs& all, const std::string& name) {
  const UsageError ambiguous(util::filled("more than one run begins with {run}", {{"run", name}}), {},
                             "kots-export runs lists them.");
  const change::RunRecord* found = nullptr;
  for (const change::RunRecord& run : all.runs) {
    if (run.header.run == name) return run;
    if (!run.header.run.starts_with(name)) continue;
    if (found != nullptr) throw ambiguous;
    found = &run;
  }
  const auto is_meant = [&](const change::BrokenJournal& journal) { return journal.run.starts_with(name); };
  if (const auto broken = std::ranges::find_if(all.broken, is_meant); broken != all.broken.end()) {
    if (found == nullptr || broken->run == name) throw broken->error;
    throw ambiguous;
  }
  if (found == nullptr)
    throw UsageError(util::filled("there is no run {run}", {{"run", name}}), {},
                     "kots-export runs lists them.");
  return *found;
}

}  // namespace kots_export::cli
