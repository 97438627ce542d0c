#include <kots_export/change/journal_reader.h>
#include <kots_export/change/run_details.h>
#include <kots_export/migration/paths.h>
#include <kots_export/ui/json_view.h>
#include <kots_export/ui/messages.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>
#include <kots_export/util/width.h>

#include "cli/commands.h"
#include "cli/named_run.h"
#include "cli/output.h"
#include "cli/report.h"

#include <algorithm>
#include <array>
#include <iomanip>
#include <iostream>
#include <memory>
#include <optional>
#include <ranges>

#include <nlohmann/json.hpp>

namespace kots_export::cli {

namespace {

using nlohmann::json;
using Status = change::ChangeOutcome::Status;

struct RunsFlags {
  std::string ns;   // empty: of all
  std::string run;  // to show
};

struct Counts {
  std::size_t create = 0;
  std::size_t patch = 0;
  std::size_t remove = 0;
  change::OutcomeCounts ends;
};

Counts count(const change::RunRecord& run) {
  Counts counts;
  counts.ends.not_sent = run.left;
  for (const change::JournalEntry& entry : run.entries) {
    counts.ends.count(entry.outcome.status);
    if (entry.outcome.status != Status::done) continue;
    if (entry.change.verb == change::Verb::create) {
      ++counts.create;
    } else {
      ++(entry.change.verb == change::Verb::patch ? counts.patch : counts.remove);
    }
  }
  return counts;
}

// What the run was: the steps that it changed something in, in their order. One change may be of two:
// "annotate+kots_cleanup".
std::vector<std::string> steps_of(const change::RunRecord& run) {
  std::vector<std::string> steps;
  for (const change::JournalEntry& entry : run.entries) {
    for (const auto part : std::views::split(entry.change.step, '+')) {
      std::string step(part.begin(), part.end());
      if (std::ranges::find(steps, step) == steps.end()) steps.push_back(std::move(step));
    }
  }
  return steps;
}

// Of the requests that a Change takes; as the journal has it.
json document_of(const change::JournalEntry& entry) {
  json document{{"verb", to_string(entry.change.verb)},
                {"kind", entry.change.object.kind},
                {"name", entry.change.object.name},
                {"step", entry.change.step},
                {"why", entry.change.why},
                {"status", to_string(entry.outcome.status)}};
  if (!entry.outcome.error.empty()) document["error"] = util::printable(entry.outcome.error);
  return document;
}

// Whether the number of the changes that were not sent is known, or what was expected. Of a run without an
// end it is not known: it was killed, or is under way.
enum class NotSent { known, expected, unknown };

NotSent not_sent_of(const change::RunRecord& run) {
  if (!run.end) return NotSent::unknown;
  if (run.left == 0) return NotSent::known;
  const auto details = change::run_details_if_readable(run.path.parent_path());
  const bool is_expected = details && details->left == change::RunDetails::Left::expected;
  return is_expected ? NotSent::expected : NotSent::known;
}

const char* to_string(NotSent not_sent) {
  switch (not_sent) {
    case NotSent::known:
      return "known";
    case NotSent::expected:
      return "expected";
    case NotSent::unknown:
      return "unknown";
  }
  return "";
}

std::string text_of(const change::RunRecord& run, const change::OutcomeCounts& ends) {
  const NotSent not_sent = not_sent_of(run);
  if (not_sent == NotSent::known) return change::to_text(ends);
  return util::filled(not_sent == NotSent::expected
                          ? "done {done}, refused {refused}, unknown {unknown}, not sent about {left}"
                          : "done {done}, refused {refused}, unknown {unknown}, not sent: not known",
                      {{"done", std::to_string(ends.done + ends.gone)},
                       {"refused", std::to_string(ends.refused)},
                       {"unknown", std::to_string(ends.unknown)},
                       {"left", std::to_string(ends.not_sent)}});
}

json document_of(const change::RunRecord& run, std::span<const change::RunRecord> runs) {
  const Counts counts = count(run);
  const change::RunHeader& header = run.header;
  json changes{{"created", counts.create}, {"patched", counts.patch}, {"deleted", counts.remove}};
  for (const auto status : change::kOutcomeStatuses) {
    if (status != Status::done && status != Status::not_tried)  // which verbs were done stands apart
      changes[std::string(to_string(status))] = counts.ends.of(status);
  }
  return {{"run", header.run},
          {"started", header.started},
          {"state", to_string(state_of(run, runs))},
          {"namespace", header.ns},
          {"release", header.release},
          {"user", header.user},
          {"ended", run.ended.empty() ? json(nullptr) : json(run.ended)},
          {"server", header.server},
          {"context", header.context},
          {"rollsBack", header.rolls_back.empty() ? json(nullptr) : json(header.rolls_back)},
          {"changes", std::move(changes)},
          {"notSentIs", to_string(not_sent_of(run))},
          {"journal", run.path.string()}};
}

void print_table(std::span<const change::RunRecord> runs, std::span<const change::BrokenJournal> broken) {
  std::vector<std::array<std::string, 8>> rows = {
      {"RUN", "STARTED", "STATE", "NAMESPACE", "RELEASE", "CHANGES", "CONTEXT", "SERVER"}};
  for (const change::RunRecord& run : runs | std::views::reverse) {
    const Counts counts = count(run);
    const std::size_t all = run.entries.size() + run.left;
    std::string changes = std::to_string(all);
    if (counts.ends.failed() > 0) changes += " (" + text_of(run, counts.ends) + ")";
    std::string state(to_string(state_of(run, runs)));
    if (!run.header.rolls_back.empty())
      state = util::filled("{state}, rolls back {run}", {{"state", state}, {"run", run.header.rolls_back}});
    rows.push_back({run.header.run, run.header.started, state, run.header.ns, run.header.release, changes,
                    run.header.context, run.header.server});
  }
  for (const change::BrokenJournal& journal : broken | std::views::reverse)
    rows.push_back({journal.run, "", util::filled("unreadable: {why}", {{"why", journal.error.why()}}), "",
                    "", "", "", ""});
  std::array<std::size_t, 8> widths{};
  for (auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = row[i].empty() ? "-" : util::printable(row[i]);
      widths[i] = std::max(widths[i], util::display_width(row[i]));
    }
  }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) std::cout << util::padded(row[i], widths[i] + 2);
    std::cout << row.back() << '\n';
  }
  std::cout << std::flush;
}

json documents_of(std::span<const change::BrokenJournal> broken) {
  json documents = json::array();
  for (const auto& journal : broken | std::views::reverse) {
    documents.push_back({{"run", journal.run},
                         {"state", "unreadable"},
                         {"why", util::printable(journal.error.why())},
                         {"journal", journal.path.string()}});
  }
  return documents;
}

void print_run(const change::RunRecord& run, change::RunState state) {
  const change::RunHeader& header = run.header;
  const auto line = [](std::string_view name, const std::string& value) {
    constexpr int kWidth = 12;
    if (!value.empty()) std::cout << std::left << std::setw(kWidth) << name << util::printable(value) << '\n';
  };
  line("run:", header.run);
  line("state:", std::string(to_string(state)));
  line("rolls back:", header.rolls_back);
  line("user:", header.user);
  line("cluster:", util::filled(header.context.empty() ? "{server}" : "{server}, context {context}",
                                {{"server", header.server}, {"context", header.context}}));
  line("namespace:", util::filled("{namespace}, release {release}",
                                  {{"namespace", header.ns}, {"release", header.release}}));
  line("started:", header.started);
  const auto took = change::duration_of(run);
  line("ended:", run.ended.empty() ? "" : run.ended + (took ? " (" + util::duration_text(*took) + ")" : ""));
  line("version:", header.version);
  line("steps:", util::listed(steps_of(run)));
  line("changes:", text_of(run, count(run).ends));
  line("journal:", run.path.string());
  std::cout << '\n';
  for (const change::JournalEntry& entry : run.entries) {
    constexpr int kStatus = 9;
    constexpr int kVerb = 7;
    std::cout << std::left << std::setw(kStatus) << to_string(entry.outcome.status) << std::setw(kVerb)
              << to_string(entry.change.verb)
              << util::printable(kube::describe(entry.change.object) + " (" + entry.change.step + ")");
    if (!entry.outcome.error.empty()) std::cout << ": " << util::printable(entry.outcome.error);
    std::cout << '\n';
  }
  std::cout << std::flush;
}

int show_run(const Options& options, const std::string& name) {
  const change::Runs all = change::read_runs(options.installation.paths.backup());
  const change::RunRecord& run = named_run(all, name);
  if (is_markdown(options.output)) {
    ui::write_markdown(std::cout, ui::document_of(report_of(options, run, all)));
    return static_cast<int>(ExitCode::done);
  }
  if (options.output.document == nullptr) {
    print_run(run, state_of(run, all.runs));
    return static_cast<int>(ExitCode::done);
  }
  json document = document_of(run, all.runs);
  json entries = json::array();
  for (const change::JournalEntry& entry : run.entries) entries.push_back(document_of(entry));
  document["steps"] = steps_of(run);
  document["entries"] = std::move(entries);
  options.output.document->set("run", std::move(document));
  return static_cast<int>(ExitCode::done);
}

int list_runs(const Options& options, const std::string& ns) {
  auto [runs, broken] = change::read_runs(options.installation.paths.backup());
  std::erase_if(runs, [&](const change::RunRecord& run) { return !ns.empty() && run.header.ns != ns; });
  if (options.output.document != nullptr) {
    json documents = json::array();
    for (const auto& run : runs | std::views::reverse) documents.push_back(document_of(run, runs));
    options.output.document->set("runs", std::move(documents));
    options.output.document->set("unreadable", documents_of(broken));
  } else if (runs.empty() && broken.empty()) {
    std::cerr << util::filled("no runs in {folder}", {{"folder", options.installation.paths.backup()}})
              << std::endl;
  } else {
    print_table(runs, broken);
  }
  return static_cast<int>(ExitCode::done);
}

}  // namespace

Declared declare_runs(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand("runs", "list the runs that changed something, newest first");
  auto own = std::make_shared<RunsFlags>();
  command->add_option("-n,--namespace", own->ns, "only the runs of this namespace (all)")
      ->type_name("NAMESPACE");
  take_flags(*command, flags, FlagSet::folder | FlagSet::document);
  command->footer(
      "Examples:\n"
      "  # What ran here, and what came of it\n"
      "  kots-export runs\n"
      "  # What a run did, change by change\n"
      "  kots-export runs show 20261124T101530\n"
      "  # All runs, for a script\n"
      "  kots-export runs -o json");
  auto* show = command->add_subcommand("show", "what one run did: who, when, how it ended, each change");
  show->add_option("RUN", own->run, "the run, or how its name begins")->required();
  take_flags(*show, flags, FlagSet::folder | FlagSet::output);
  show->footer(
      "Examples:\n"
      "  # What a run did, change by change; runs lists the names\n"
      "  kots-export runs show 20261124T101530\n"
      "  # The same for a script, and for a ticket\n"
      "  kots-export runs show 20261124T101530 -o json\n"
      "  kots-export runs show 20261124T101530 -o markdown\n"
      "  # In the folder of another installation\n"
      "  kots-export runs show 20261124T101530 --output-dir staging");
  return {command, [show, own](const Call& call) {
            const Options options = options_of(call);
            return show->parsed() ? show_run(options, own->run) : list_runs(options, own->ns);
          }};
}

}  // namespace kots_export::cli
