#include <kots_export/migration/effects.h>
#include <kots_export/ui/filled_line.h>
#include <kots_export/ui/messages.h>
#include <kots_export/ui/next_steps.h>
#include <kots_export/ui/plan_view.h>
#include <kots_export/ui/run_document.h>
#include <kots_export/ui/values_text.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "ui/prose.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <sstream>
#include <utility>

namespace kots_export::ui {

namespace {

using change::ChangeOutcome;
using change::JournalEntry;
using change::RunDetails;
using change::RunRecord;
using change::Verb;

std::string ended(const RunRecord& run) {
  const auto took = change::duration_of(run);
  return took ? run.ended + " (" + util::duration_text(*took) + ")" : run.ended;
}

Fields about(const RunReport& report) {
  const change::RunHeader& header = report.run.header;
  Fields fields;
  const auto add = [&fields](const char* name, const std::string& value) {
    if (!value.empty()) fields.lines.push_back({{name, value}});
  };
  add("run", header.run);
  add("state", std::string(to_string(report.state)));
  add("rolls back", header.rolls_back);
  add("user", header.user);
  add("cluster", header.server);
  add("context", header.context);
  add("namespace", header.ns);
  add("release", header.release);
  add("started", header.started);
  add("ended", ended(report.run));
  if (report.run.left > 0) {
    const bool is_estimate = report.details && report.details->left == RunDetails::Left::expected;
    add("not begun", util::filled(is_estimate ? "about {changes}" : "{changes}",
                                  {{"changes", util::counted(report.run.left, "change")}}));
  }
  if (report.details && !report.details->chart.empty() && header.rolls_back.empty())
    add("chart", report.details->chart + " -> " + report.details->target_version);
  add("version", util::filled("kots-export {version}", {{"version", header.version}}));
  add("journal", report.run.path.string());
  return fields;
}

void add_times(Document& document, const RunDetails& details) {
  Bars bars{.label = "How long each step took", .bars = {}};
  for (const RunDetails::Step& step : details.steps) {
    bars.bars.push_back({.name = step.name,
                         .value = static_cast<double>(step.took.count()),
                         .text = util::duration_text(step.took)});
  }
  if (bars.bars.empty()) return;
  document.blocks.emplace_back(Heading{"time"});
  document.blocks.emplace_back(std::move(bars));
}

// Done, or there already as it was to be.
bool is_done(const JournalEntry& entry) {
  return entry.outcome.status == ChangeOutcome::Status::done ||
         entry.outcome.status == ChangeOutcome::Status::gone;
}

struct KindCounts {
  std::size_t create = 0;
  std::size_t patch = 0;
  std::size_t remove = 0;
  std::size_t not_done = 0;

  std::size_t& of(Verb verb) { return verb == Verb::create ? create : verb == Verb::patch ? patch : remove; }
};
using Kinds = std::map<std::string, KindCounts>;

// `header` is that of its first four columns.
Table table_of(const Kinds& kinds, std::vector<std::string> header) {
  const bool all_done =
      std::ranges::all_of(kinds, [](const auto& kind) { return kind.second.not_done == 0; });
  Table table{.header = std::move(header), .rows = {}};
  if (!all_done) table.header.emplace_back("not done");
  for (const auto& [kind, counts] : kinds) {
    table.rows.push_back(
        {kind, std::to_string(counts.create), std::to_string(counts.patch), std::to_string(counts.remove)});
    if (!all_done) table.rows.back().push_back(std::to_string(counts.not_done));
  }
  return table;
}

void add_kinds(Document& document, const RunRecord& run) {
  Kinds kinds;
  for (const JournalEntry& entry : run.entries) {
    KindCounts& counts = kinds[entry.change.object.kind];
    ++(is_done(entry) ? counts.of(entry.change.verb) : counts.not_done);
  }
  document.blocks.emplace_back(Heading{"what changed, by kind"});
  if (kinds.empty()) {
    document.blocks.emplace_back(Paragraph{{{"Nothing."}}});
    return;
  }
  document.blocks.emplace_back(table_of(kinds, {"kind", "created", "patched", "deleted"}));
}

void add_objects(Document& document, const RunRecord& run) {
  change::Plan done;
  List others;
  for (const JournalEntry& entry : run.entries) {
    if (is_done(entry)) {
      done.changes.push_back(entry.change);
      continue;
    }
    Item item{.text = {{std::string(to_string(entry.outcome.status)), Style::strong},
                       {" "},
                       {util::filled("{verb} {object}", {{"verb", to_string(entry.change.verb)},
                                                         {"object", kube::describe(entry.change.object)}}),
                        Style::name}},
              .note = entry.change.step};
    if (!entry.outcome.error.empty()) item.detail.push_back(entry.outcome.error);
    others.items.push_back(std::move(item));
  }
  if (!others.items.empty()) {
    document.blocks.emplace_back(Heading{"not done"});
    document.blocks.emplace_back(std::move(others));
  }
  if (done.empty()) return;
  document.blocks.emplace_back(Heading{"objects"});
  document.blocks.emplace_back(list_of(done, Detail::normal));
}

void add_values(Document& document, const RunReport::Values& values) {
  Code diff{.language = "diff", .lines = {}};
  std::istringstream lines(text_of(values.differences, Colour::no));
  for (std::string line; std::getline(lines, line);) diff.lines.push_back(line);
  document.blocks.emplace_back(Heading{"values, from 3.x to 4.x"});
  document.blocks.emplace_back(
      Paragraph{filled_line("As they are now in {file}.", {{"file", {values.file, Style::name}}})});
  document.blocks.emplace_back(std::move(diff));
}

Style style_of(const std::string& status) {
  return status == "failed" ? Style::removed : status == "warning" ? Style::changed : Style::strong;
}

// Those that found something have a line each, the others are counted.
void add_checks(Document& document, const std::string& heading,
                const std::vector<change::CheckLine>& checks) {
  if (checks.empty()) return;
  List list;
  std::size_t fine = 0;
  std::size_t skipped = 0;
  for (const change::CheckLine& check : checks) {
    fine += check.status == "ok" ? 1 : 0;
    skipped += check.status == "skipped" ? 1 : 0;
    if (check.status == "ok" || check.status == "skipped") continue;
    Item item{.text = {{check.status, style_of(check.status)},
                       {" "},
                       {check.id, Style::name},
                       {": "},
                       {check.detail, Style::name}},
              .note = {}};
    if (!check.remedy.empty()) item.items.push_back({.text = line_of(check.remedy), .note = {}});
    list.items.push_back(std::move(item));
  }
  document.blocks.emplace_back(Heading{heading});
  document.blocks.emplace_back(Paragraph{{{util::filled(
      "{count} of {checks} ok, {skipped} skipped.",
      {{"count", fine}, {"checks", util::counted(checks.size(), "check")}, {"skipped", skipped}})}}});
  if (!list.items.empty()) document.blocks.emplace_back(std::move(list));
}

// What the run said besides, as it was printed.
void add_warnings(Document& document, const RunDetails& details) {
  if (details.warnings.empty()) return;
  List list;
  for (const change::Notice& warning : details.warnings)
    list.items.push_back({.text = line_of(text_of(warning)), .note = {}});
  document.blocks.emplace_back(Heading{"warnings"});
  document.blocks.emplace_back(std::move(list));
}

void add_end(Document& document, const RunDetails& details) {
  if (!details.end) return;
  const RunDetails::End& end = *details.end;
  document.blocks.emplace_back(Heading{"why it ended"});
  document.blocks.emplace_back(Paragraph{{{end.why, Style::name}}});
  if (!end.step.empty())
    document.blocks.emplace_back(
        Paragraph{filled_line("That was in step {step}.", {{"step", {end.step, Style::name}}})});
  if (!end.hint.empty()) document.blocks.emplace_back(Paragraph{line_of(end.hint)});
}

// Whether `verify` found each thing of a check right, and found something.
bool is_ok(const RunReport& report, std::string_view check) {
  if (!report.verified) return false;
  bool is_there = false;
  for (const change::CheckLine& line : report.verified->checks) {
    if (line.id != check) continue;
    if (line.status != "ok") return false;
    is_there = true;
  }
  return is_there;
}

bool migrates_database(const RunRecord& run) {
  return std::ranges::any_of(run.entries, [](const JournalEntry& entry) {
    return migration::Irreversible::migrates(entry.change) && change::may_have_happened(entry);
  });
}

Step status_step(const RunReport& report, std::string text) {
  return {.number = {},
          .title = "See where the installation stands",
          .parts = {{.text = {{std::move(text)}}, .lines = {report.status_command}}}};
}

// Whether a rollback has something to put back. A run that was killed left no word of its end.
bool has_way_back(const RunReport& report) {
  const auto& end = report.details ? report.details->end : std::nullopt;
  return report.run.header.rolls_back.empty() && (!end || end->can_go_back) &&
         std::ranges::any_of(report.run.entries, change::may_have_happened);
}

bool can_go_on(const RunReport& report) {
  return !report.details || !report.details->end || report.details->end->can_go_on;
}

// Of the newest run, which did not come to its end.
Step go_on_step(const RunReport& report) {
  const bool can_go_back = has_way_back(report);
  Step step{.number = {}, .title = can_go_back ? "Go on, or go back" : "Go on", .parts = {}};
  step.parts.push_back(
      {.text = {{can_go_on(report) ? "The same command again goes on: it does only what is left."
                                   : "See above how to go on."}},
       .lines = {}});
  if (can_go_back)
    step.parts.push_back(
        {.text = {{"This goes back to what was there before."}}, .lines = {report.rollback_command}});
  return step;
}

// Of the newest run, a rollback that did not come to its end.
Step roll_back_on_step(const RunReport& report) {
  const char* words = can_go_on(report) ? "This goes on: it puts back only what is left."
                                        : "See above what it takes; then this puts back what is left.";
  return {.number = {}, .title = "Go on", .parts = {{.text = {{words}}, .lines = {report.rollback_command}}}};
}

// Of a run with a rollback that did not come to its end.
Step go_back_on_step(const RunReport& report) {
  return {.number = {},
          .title = "Go on with the rollback",
          .parts = {{.text = {{"A rollback of this run was begun, and is not complete: this puts back what "
                               "is left."}},
                     .lines = {report.rollback_command}}}};
}

// Of a run that did not come to its end, and was followed by others.
void add_left_of_earlier(Document& document, const RunReport& report) {
  document.blocks.emplace_back(
      status_step(report, "A later run came after this one: this shows what is done, and what comes next."));
  if (!has_way_back(report)) return;
  document.blocks.emplace_back(Step{.number = {},
                                    .title = "Go back",
                                    .parts = {{.text = {{"This undoes this run alone, not the later one."}},
                                               .lines = {report.rollback_command}}}});
}

void add_left_of_unfinished(Document& document, const RunReport& report) {
  if (!report.is_newest) return add_left_of_earlier(document, report);
  document.blocks.emplace_back(report.run.header.rolls_back.empty() ? go_on_step(report)
                                                                    : roll_back_on_step(report));
}

void add_left(Document& document, const RunReport& report) {
  using change::RunState;
  const StepsOver over{.has_upgraded = is_ok(report, "release"),
                       .is_up = is_ok(report, "release") && is_ok(report, "workloads"),
                       .has_dns = is_ok(report, "dns")};
  const bool is_whole = report.state == RunState::complete && !report.is_going_back;
  if (report.next && (is_whole || over.has_upgraded)) {
    std::ranges::move(document_of(*report.next, over).blocks, std::back_inserter(document.blocks));
    return;
  }
  if (report.state == RunState::running || over.has_upgraded) return;
  document.blocks.emplace_back(Heading{"what is left"});
  if (report.is_going_back) {
    document.blocks.emplace_back(go_back_on_step(report));
    document.blocks.emplace_back(
        status_step(report, "This shows which steps of the migration are done, and what comes next."));
    return;
  }
  if (report.state == RunState::failed || report.state == RunState::interrupted)
    add_left_of_unfinished(document, report);
  if (report.state == RunState::rolled_back)
    document.blocks.emplace_back(status_step(
        report,
        migrates_database(report.run)
            ? "This run was rolled back, but for its migration of the database: restore that from its "
              "backup where the old version needs it."
            : "This run was rolled back."));
  if (report.state == RunState::complete)
    document.blocks.emplace_back(
        status_step(report, report.run.header.rolls_back.empty()
                                ? "This shows which steps of the migration are done, and what comes next."
                                : "What that run had changed is as it was, but for what is named above."));
}

}  // namespace

std::vector<Block> kinds_of(const change::Plan& plan) {
  Kinds kinds;
  for (const change::Change& change : plan.changes) ++kinds[change.object.kind].of(change.verb);
  if (kinds.empty()) return {};
  return {Heading{"what changes, by kind"}, table_of(kinds, {"kind", "to create", "to patch", "to delete"})};
}

Document document_of(const RunReport& report) {
  const change::RunHeader& header = report.run.header;
  const char* title = header.rolls_back.empty() ? "run on {namespace}" : "rollback on {namespace}";
  Document document{.title = util::filled(title, {{"namespace", header.ns}}), .blocks = {about(report)}};
  if (report.details) {
    add_end(document, *report.details);
    add_warnings(document, *report.details);
    add_times(document, *report.details);
  } else {
    document.blocks.emplace_back(Paragraph{
        {{"Times and checks were not recorded: the run was cut off, or an earlier version ran it."}}});
  }
  add_kinds(document, report.run);
  add_objects(document, report.run);
  if (report.values) add_values(document, *report.values);
  if (report.details) add_checks(document, "checks before the first change", report.details->checks);
  if (report.verified) {
    add_checks(document, "checks after the upgrade", report.verified->checks);
    if (const std::string& other = report.verified->other_server; !other.empty())
      document.blocks.emplace_back(Paragraph{
          filled_line("They asked the server {server}, and the run another: see that it is the same cluster.",
                      {{"server", {other, Style::name}}})});
  }
  add_left(document, report);
  return document;
}

}  // namespace kots_export::ui
