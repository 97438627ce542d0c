#pragma once

#include <kots_export/change/journal_reader.h>
#include <kots_export/change/run_details.h>
#include <kots_export/migration/message.h>
#include <kots_export/ui/document.h>
#include <kots_export/values/diff.h>

#include <optional>
#include <string>
#include <vector>

namespace kots_export::ui {

// What is told of a run, for a change ticket and the team.
struct RunReport {
  change::RunRecord run;  // with all of its Changes
  change::RunState state = change::RunState::complete;
  std::optional<change::RunDetails> details = std::nullopt;
  // What differs between the values of 3.x and of 4.x, masked, and the file of the latter.
  struct Values {
    std::string file;
    std::vector<values::Difference> differences;
  };
  std::optional<Values> values = std::nullopt;
  std::optional<change::Verified> verified = std::nullopt;  // after the upgrade
  // What a whole migration leaves to do, where that is known.
  std::optional<migration::NextSteps> next = std::nullopt;
  // Of the runs of this folder on the same installation.
  bool is_newest = true;
  bool is_going_back = false;  // another one rolls it back, and is not complete
  std::string status_command = {};
  std::string rollback_command = {};  // of this run; of a rollback, the same again
};

// Who ran it, when and on what; how long its steps took; what changed, by kind and by object; values before
// and after; checks; what is left: the steps after a migration that is complete, else how to go on or back.
// Secrets are masked.
[[nodiscard]] Document document_of(const RunReport& report);

// How much of each kind a plan changes, for a report of it; nothing where it changes nothing.
[[nodiscard]] std::vector<Block> kinds_of(const change::Plan& plan);

}  // namespace kots_export::ui
