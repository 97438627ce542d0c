#include <kots_export/migration/checks.h>
#include <kots_export/ui/messages.h>
#include <kots_export/ui/next_steps.h>
#include <kots_export/ui/plan_view.h>
#include <kots_export/util/interrupt.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "cli/output.h"
#include "cli/session.h"

#include <iostream>

#include <nlohmann/json.hpp>

// How a session ends: done, stopped by an error, or by a second signal; and what it says then.
namespace kots_export::cli {

namespace {

bool is_pending(const change::PlanSummary& summary) {
  return summary.create + summary.patch + summary.remove > 0;
}

}  // namespace

// Of a run that a second signal ends. As an event it has no time: nobody knows yet when that will be.
std::string Session::last_words(const std::filesystem::path& journal) const {
  const std::string log = log_ ? log_file().string() : "";
  const char* words = rolls_back_.empty() ? "Run the same command again to go on, or `{command}` to go back."
                                          : "Run the same command again to go on.";
  const std::string ways =
      util::filled(words, {{"command", context_.commands.kots_export("rollback " + run_)}});
  if (options_.output.log == OutputOptions::Log::json) {
    const nlohmann::json event{
        {"event", "endedAtOnce"}, {"journal", journal.string()}, {"log", log}, {"hint", ways}};
    return event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  const std::string where = util::filled("ended at once; what was sent, or may have been, is in {journal}",
                                         {{"journal", util::printable(journal.string())}});
  return "\n" + where + util::printable(line_of_log()) + "\n" + ways + "\n";
}

// Of a server's dry run: also whether what is not refused was tried at all.
std::string Session::remark_on_dry_run() const {
  const change::OutcomeCounts& counts = executor_.counts();
  const change::PlanSummary& totals = executor_.totals();
  if (executor_.dry_run() != kube::DryRun::server || !is_pending(totals))
    return "dry run: nothing was changed";
  const char* words =
      counts.not_tried > 0
          ? "the server takes {taken} of {count}, {untried} cannot be tried; dry run: nothing was changed"
          : "the server takes {taken} of {count}; dry run: nothing was changed";
  return util::filled(words, {{"taken", counts.done + counts.gone},
                              {"count", totals.create + totals.patch + totals.remove},
                              {"untried", counts.not_tried}});
}

void Session::print_end() {
  const change::PlanSummary& totals = executor_.totals();
  views_.end();
  if (executor_.dry_run() != kube::DryRun::none) {
    if (options_.output.document != nullptr) return;
    return views_.show(ui::end_of(totals, {{remark_on_dry_run()}}));
  }
  std::ostream& lines = views_.result_lines();
  const std::size_t gone = executor_.counts().gone;
  const char* words = is_pending(totals) && gone > 0 ? "done: {changes}, {gone} gone already ({time})"
                      : is_pending(totals)           ? "done: {changes} ({time})"
                      : gone > 0 ? "nothing to do: {changes}, {gone} gone already ({time})"
                                 : "nothing to do: {changes} ({time})";
  lines << util::filled(words, {{"changes", ui::text_of(totals, ui::Tense::done)},
                                {"gone", gone},
                                {"time", util::elapsed_text(views_.elapsed())}})
        << std::endl;
  if (!executor_.journal_path().empty()) lines << "journal: " << executor_.journal_path() << std::endl;
  if (log_) lines << "log: " << log_file().string() << std::endl;
  views_.tell("done", {{"patched", totals.patch},
                       {"deleted", totals.remove},
                       {"created", totals.create},
                       {"alreadyRight", totals.already_right},
                       {"gone", gone},
                       {"milliseconds", views_.elapsed().count()},
                       {"journal", executor_.journal_path()},
                       {"log", log_ ? log_file().string() : ""}});
}

// What streams goes out before all is known.
change::RunDetails::Left Session::left() const {
  using Left = change::RunDetails::Left;
  const bool is_known = !executor_.has_streamed() || executor_.counts_with_rest().not_sent == 0;
  return is_known ? Left::known : Left::expected;
}

std::string Session::how_it_stopped() const {
  const change::OutcomeCounts counts = executor_.counts_with_rest();
  const bool all_are_known = left() == change::RunDetails::Left::known;
  return ui::text_of(change::Notice{.id = all_are_known ? "run.stopped" : "run.stopped-early",
                                    .args = {{"done", std::to_string(counts.done + counts.gone)},
                                             {"refused", std::to_string(counts.refused)},
                                             {"unknown", std::to_string(counts.unknown)},
                                             {"left", std::to_string(counts.not_sent)},
                                             {"time", util::elapsed_text(views_.elapsed())}}});
}

void Session::failed(Error& error) noexcept {
  views_.stopped();
  if (executor_.journal_path().empty()) return;
  try {
    executor_.end(util::interrupted() ? change::RunEnd::interrupted : change::RunEnd::failed);
  } catch (const Error&) {
    // Of a disk that is full the error itself tells.
  }
  // A run that has done nothing has no way back of its own: another's would be undone.
  const bool has_written = executor_.counts().done + executor_.counts().unknown > 0;
  const bool can_go_back = rolls_back_.empty() && error.leaves_way_back() && has_written;
  keep_details(change::RunDetails::End{.step = details_.step_at_work(),
                                       .why = error.what(),
                                       .hint = error.hint(),
                                       .can_go_on = !error.tells_way_on(),
                                       .can_go_back = can_go_back});
  error.set_state(how_it_stopped() + "\njournal: " + executor_.journal_path() + line_of_log());
  std::string hint = error.hint();
  const auto add = [&hint](const std::string& sentence) { hint += (hint.empty() ? "" : " ") + sentence; };
  if (!error.tells_way_on()) add("Run the same command again to go on: it does only what is left.");
  if (can_go_back)
    add(util::filled("To go back to what was there before: `{command}`.",
                     {{"command", context_.commands.kots_export("rollback " + run_)}}));
  error.set_hint(hint);
}

// Nothing depends on it: where it cannot be written, a report goes without times and checks.
void Session::keep_details(std::optional<change::RunDetails::End> end) noexcept {
  if (executor_.journal_path().empty()) return;
  try {
    change::RunDetails details = details_.details();
    details.chart = header().chart;
    details.target_version = header().target_version;
    details.left = left();
    details.helm_force = ui::word_of(context_.helm_force);
    details.end = std::move(end);
    change::write_run_details(std::filesystem::path(executor_.journal_path()).parent_path(), details);
  } catch (const std::exception&) {
    return;
  }
}

int Session::finish_checks() {
  views_.end();
  migration::throw_if_checks_failed(context_);
  if (options_.output.document == nullptr) std::cout << "\nNo check failed." << std::endl;
  return static_cast<int>(ExitCode::done);
}

int Session::finish(const std::optional<migration::NextSteps>& next) {
  executor_.end(change::RunEnd::complete);
  keep_details();
  lock_.release();
  print_end();
  if (options_.output.document != nullptr)
    options_.output.document->already_right(executor_.totals().already_right);
  if (next && options_.output.format == OutputOptions::Format::text) std::cout << '\n';
  if (next) show(options_.output, *next);
  const bool is_dry_run = executor_.dry_run() != kube::DryRun::none;
  if (is_dry_run && executor_.counts().failed() > 0) {
    throw Error(
        util::filled("the server refuses {count} of these changes", {{"count", executor_.counts().failed()}}),
        {}, "Fix the causes that are shown above, then try again with --dry-run=server.");
  }
  migration::throw_if_checks_failed(context_);
  const bool asks = is_dry_run && options_.change.detailed_exit_code == ChangeOptions::DetailedExitCode::yes;
  return static_cast<int>(asks && is_pending(executor_.totals()) ? ExitCode::changes_pending
                                                                 : ExitCode::done);
}

}  // namespace kots_export::cli
