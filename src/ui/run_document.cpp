#include <kots_export/ui/filled_line.h>
#include <kots_export/ui/next_steps.h>
#include <kots_export/ui/plan_view.h>
#include <kots_export/ui/run_document.h>
#include <kots_export/ui/values_text.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

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
  if (report.run.left > 0) add("not begun", util::counted(report.run.left, "change"));
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

void add_kinds(Document& document, const RunRecord& run) {
  struct Counts {
    std::size_t create = 0;
    std::size_t patch = 0;
    std::size_t remove = 0;
    std::size_t not_done = 0;
  };
  std::map<std::string, Counts> kinds;
  for (const JournalEntry& entry : run.entries) {
    Counts& counts = kinds[entry.change.object.kind];
    if (!is_done(entry)) {
      ++counts.not_done;
    } else {
      ++(entry.change.verb == Verb::create  ? counts.create
         : entry.change.verb == Verb::patch ? counts.patch
                                            : counts.remove);
    }
  }
  document.blocks.emplace_back(Heading{"what changed, by kind"});
  if (kinds.empty()) {
    document.blocks.emplace_back(Paragraph{{{"Nothing."}}});
    return;
  }
  const bool all_done =
      std::ranges::all_of(kinds, [](const auto& kind) { return kind.second.not_done == 0; });
  Table table{.header = {"kind", "created", "patched", "deleted"}, .rows = {}};
  if (!all_done) table.header.emplace_back("not done");
  for (const auto& [kind, counts] : kinds) {
    table.rows.push_back(
        {kind, std::to_string(counts.create), std::to_string(counts.patch), std::to_string(counts.remove)});
    if (!all_done) table.rows.back().push_back(std::to_string(counts.not_done));
  }
  document.blocks.emplace_back(std::move(table));
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
    if (!check.remedy.empty()) item.detail.push_back(check.remedy);
    list.items.push_back(std::move(item));
  }
  document.blocks.emplace_back(Heading{heading});
  document.blocks.emplace_back(Paragraph{{{util::filled(
      "{count} of {checks} ok, {skipped} skipped.",
      {{"count", fine}, {"checks", util::counted(checks.size(), "check")}, {"skipped", skipped}})}}});
  if (!list.items.empty()) document.blocks.emplace_back(std::move(list));
}

}  // namespace

Document document_of(const RunReport& report) {
  const change::RunHeader& header = report.run.header;
  const char* title = header.rolls_back.empty() ? "run on {namespace}" : "rollback on {namespace}";
  Document document{.title = util::filled(title, {{"namespace", header.ns}}), .blocks = {about(report)}};
  if (report.details) {
    add_times(document, *report.details);
  } else {
    document.blocks.emplace_back(Paragraph{
        {{"Times and checks were not recorded: the run was cut off, or an earlier version ran it."}}});
  }
  add_kinds(document, report.run);
  add_objects(document, report.run);
  if (report.values) add_values(document, *report.values);
  if (report.details) add_checks(document, "checks before the first change", report.details->checks);
  if (report.verified) add_checks(document, "checks after the upgrade", *report.verified);
  if (report.next) std::ranges::move(document_of(*report.next).blocks, std::back_inserter(document.blocks));
  return document;
}

}  // namespace kots_export::ui
