#include "cli/question.h"

#include <kots_export/migration/effects.h>
#include <kots_export/migration/migration_plan.h>
#include <kots_export/ui/plan_view.h>
#include <kots_export/ui/terminal.h>
#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include "cli/output.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace kots_export::cli {

namespace {

// CI systems set CI, and some of them give their steps a terminal that nobody sits at.
bool is_ci() {
  const char* value = std::getenv("CI");
  const std::string_view ci = value != nullptr ? value : "";
  return !ci.empty() && ci != "false" && ci != "0";
}

[[noreturn]] void refuse(const Options& options, std::size_t changes, const std::string& why) {
  const CommandLine& line = options.line;
  const std::string instead =
      line.plan.empty()
          ? "; --dry-run=client shows the changes"
          : ", or use `" + line.plan + "` and `kots-export apply FILE --yes" + line.places + "`";
  throw UsageError(std::to_string(changes) + (changes == 1 ? " change needs" : " changes need") +
                       " a confirmation, and nobody can be asked",
                   why, "add --yes" + instead);
}

std::string text_of(const ui::PlanHeader& header, const change::Plan& plan, ui::Colour colour, bool whole) {
  std::ostringstream text;
  ui::write_text(text, whole ? ui::document_of(plan, header, ui::Detail::full) : ui::summary_of(plan, header),
                 colour);
  return text.str();
}

}  // namespace

std::string why_nobody_answers(const Options& options) {
  if (options.change.input == ChangeOptions::Input::none) return "--no-input was given";
  const auto format = options.output.format;
  if (format != OutputOptions::Format::text) return "-o " + std::string(to_string(format)) + " asks nothing";
  if (is_ci()) return "the variable CI is set";
  return ui::can_ask() ? "" : "there is no terminal";
}

bool may_ask(const Options& options) {
  return options.change.consent == ChangeOptions::Consent::asked_for && why_nobody_answers(options).empty();
}

bool ask_to_change(const Options& options, const ui::PlanHeader& header, const change::Plan& plan,
                   const std::string& where, Backup backup) {
  if (const std::string why = why_nobody_answers(options); !why.empty())
    refuse(options, plan.changes.size(), why);
  const ui::Colour colour = colour_of(ui::Stream::questions);
  const migration::Irreversible irreversible(plan);
  const bool migrates = std::ranges::any_of(plan.changes, migration::Irreversible::migrates);
  const bool loses_data = std::ranges::any_of(
      plan.changes, [&](const change::Change& change) { return irreversible.loses_data(change); });
  const std::string question =
      util::printable("Change namespace " + options.installation.ns + " on " + where + "?") +
      (migrates ? " The database migration cannot be undone." : "") +
      (loses_data ? " Deleting a claim may delete its volume; that data cannot be restored." : "") +
      (backup == Backup::missing ? " No backup was found: is there one?" : "");
  ui::tell(text_of(header, plan, colour, false));
  for (;;) {
    const ui::Consent consent = ui::ask_consent(question);
    if (consent != ui::Consent::details) return consent == ui::Consent::yes;
    ui::tell(text_of(header, plan, colour, true));
  }
}

}  // namespace kots_export::cli
