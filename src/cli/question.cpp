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
  const char* what = changes == 1 ? "{count} change needs a confirmation, and nobody can be asked"
                                  : "{count} changes need a confirmation, and nobody can be asked";
  const char* instead = line.plan.empty()
                            ? "add --yes; --dry-run=client shows the changes"
                            : "add --yes, or use `{plan}` and `kots-export apply FILE --yes{flags}`";
  throw UsageError(util::filled(what, {{"count", changes}}), why,
                   util::filled(instead, {{"plan", line.plan}, {"flags", line.places}}));
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
  if (format != OutputOptions::Format::text)
    return util::filled("-o {format} asks nothing", {{"format", to_string(format)}});
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
  const bool cuts = std::ranges::any_of(plan.changes, migration::Irreversible::cuts_migration);
  const bool loses_data = std::ranges::any_of(
      plan.changes, [&](const change::Change& change) { return irreversible.loses_data(change); });
  const std::string question =
      util::printable(util::filled("Change namespace {namespace} on {cluster}?",
                                   {{"namespace", options.installation.ns}, {"cluster", where}})) +
      (migrates ? " The database migration cannot be undone." : "") +
      (cuts ? " It stops the database migration half-way: only a backup brings the database back." : "") +
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
