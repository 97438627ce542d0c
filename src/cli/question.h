#pragma once

#include <kots_export/change/change.h>
#include <kots_export/ui/plan_header.h>

#include "cli/options.h"

#include <string>

// Whether and how a command asks the person before it.
namespace kots_export::cli {

// Why there is nobody to ask: no terminal, --no-input, CI, -o. Empty where there is somebody.
[[nodiscard]] std::string why_nobody_answers(const Options& options);

// True where what is missing may be asked for: somebody is there, and --yes was not given.
[[nodiscard]] bool may_ask(const Options& options);

// missing: none was found, and nobody has confirmed one; the question asks for it.
enum class Backup { missing, not_asked_for };

// Shows `header` and what `plan` changes, and asks whether to go on; `where` names the cluster ("context
// prod"). Throws UsageError where nobody can be asked, Interrupted.
[[nodiscard]] bool ask_to_change(const Options& options, const ui::PlanHeader& header,
                                 const change::Plan& plan, const std::string& where, Backup backup);

}  // namespace kots_export::cli
