#include "cli/report.h"

#include <kots_export/migration/paths.h>
#include <kots_export/migration/saved_plan.h>
#include <kots_export/ui/next_steps.h>
#include <kots_export/ui/plan_header.h>
#include <kots_export/ui/plan_view.h>
#include <kots_export/util/text.h>
#include <kots_export/values/diff.h>
#include <kots_export/values/yaml.h>

#include "cli/commands.h"
#include "cli/named_run.h"
#include "cli/output.h"
#include "cli/views.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <span>
#include <sstream>
#include <variant>

#include <nlohmann/json.hpp>

namespace kots_export::cli {

namespace {

struct ReportFlags {
  std::string run;
  std::string plan;
  std::string verified;
  std::string out;
};

constexpr std::size_t kMostBytes = std::size_t{64} << 20;  // of a document of -o json

// Whose commands are printed: the installation of a run or a plan, whatever the flags say.
struct Installation {
  std::string ns;
  std::string release;
  std::string context;
  std::string target_version;
};

migration::MessageOptions message_for(const Options& options, const Installation& installation) {
  migration::MessageOptions message = message_options(options, options.installation.paths.values());
  message.ns = installation.ns;
  message.release = installation.release;
  if (!installation.target_version.empty()) message.target_version = installation.target_version;
  migration::Commands& commands = message.commands;
  commands.context = installation.context;
  const auto flag = [](const char* name, const std::string& value) {
    return value.empty() ? std::string() : " " + std::string(name) + " " + util::shell_quote(value);
  };
  const std::string folder = options.installation.paths.root.string();
  commands.given = flag("-n", message.ns) + flag("--release-name", message.release) +
                   flag("--context", commands.context) +
                   flag("--kubeconfig", options.cluster.overrides.kubeconfig.value_or("").string()) +
                   flag("--output-dir", folder == "." ? "" : folder);
  return message;
}

// The values files may be gone, or have been broken since: a report of the run goes without them.
std::optional<values::Value> read_values(const std::filesystem::path& file) {
  try {
    const auto text = util::read_file_if_exists(file);
    if (!text) return std::nullopt;
    values::Value values = values::parse_yaml(*text, file.string());
    return values.is_map() ? std::optional(std::move(values)) : std::nullopt;
  } catch (const Interrupted&) {
    throw;
  } catch (const Error&) {
    return std::nullopt;
  }
}

migration::MessageOptions message_for(const Options& options, const ui::RunReport& report) {
  const change::RunHeader& header = report.run.header;
  migration::MessageOptions message =
      message_for(options, {.ns = header.ns,
                            .release = header.release,
                            .context = header.context,
                            .target_version = report.details ? report.details->target_version : ""});
  if (report.details) message.helm_force = ui::helm_force_of(report.details->helm_force);
  return message;
}

// Whether it was a whole migration: of its parts none ends with what comes next.
bool is_whole(const ui::RunReport& report) {
  return report.details && std::ranges::find(report.details->steps, "message",
                                             &change::RunDetails::Step::name) != report.details->steps.end();
}

// Of a migration: the values as they are now, and what is left to do.
void add_values(const migration::Paths& paths, const migration::MessageOptions& message,
                ui::RunReport& report) {
  const auto v4 = read_values(paths.values());
  if (!v4) return;
  if (const auto v3 = read_values(paths.values_v3())) {
    report.values = {.file = paths.values().string(),
                     .differences = values::diff(*v3, *v4, values::ShowSecrets::no)};
  }
  if (!is_whole(report)) return;
  report.next = migration::next_steps(message, *v4);
  report.next->rollback_command = report.rollback_command;
}

bool is_same_installation(const change::RunHeader& one, const change::RunHeader& other) {
  const bool may_be_same =
      one.namespace_uid.empty() || other.namespace_uid.empty() || one.namespace_uid == other.namespace_uid;
  return may_be_same && one.ns == other.ns && one.release == other.release;
}

// Where `report` stands among `runs`.
void place_among(std::span<const change::RunRecord> runs, ui::RunReport& report) {
  const change::RunHeader& header = report.run.header;
  report.is_newest = std::ranges::none_of(runs, [&](const change::RunRecord& other) {
    return other.header.run > header.run && is_same_installation(other.header, header);
  });
  report.is_going_back = report.state != change::RunState::rolled_back &&
                         std::ranges::any_of(runs, [&](const change::RunRecord& other) {
                           return other.header.rolls_back == header.run &&
                                  state_of(other, runs) != change::RunState::rolled_back;
                         });
}

const change::RunRecord& chosen_run(const Options& options, const change::Runs& all,
                                    const std::string& name) {
  if (!name.empty()) return named_run(all, name);
  if (!all.runs.empty()) return all.runs.back();
  throw Error(util::filled("there is no run in {folder}", {{"folder", options.installation.paths.backup()}}),
              {}, "Name the folder of the run with --output-dir, or a saved plan with --plan.");
}

ui::Document document_of_plan(const Options& options, const std::string& file) {
  migration::SavedPlan saved = migration::load_plan(file);
  ui::PlanHeader header = ui::header_of(saved);
  header.timeout = options.migration.timeout;
  if (auto& values = saved.plan.values)
    values->place = migration::place_values(options.installation.paths, values->v4, saved.overwrite_values);
  ui::Document document = ui::document_of(saved.plan, header, ui::Detail::normal);
  document.title = util::filled("plan for {namespace}", {{"namespace", saved.target.ns}});
  const auto objects = std::ranges::find_if(document.blocks, [](const ui::Block& block) {
    const auto* heading = std::get_if<ui::Heading>(&block);
    return heading != nullptr && heading->text == "objects";
  });
  auto kinds = ui::kinds_of(saved.plan.together());
  document.blocks.insert(objects, std::make_move_iterator(kinds.begin()),
                         std::make_move_iterator(kinds.end()));
  if (!saved.plan.values) return document;
  auto message = message_for(options, {.ns = saved.target.ns,
                                       .release = saved.target.release,
                                       .context = saved.target.context,
                                       .target_version = saved.target_version});
  message.registry = saved.registry;
  const auto steps =
      migration::next_steps(message, values::parse_yaml(saved.plan.values->v4.reveal(), "values"));
  std::ranges::move(ui::document_of(steps).blocks, std::back_inserter(document.blocks));
  return document;
}

int run_report(const Options& options, const ReportFlags& typed) {
  if (!typed.plan.empty() && (!typed.run.empty() || !typed.verified.empty()))
    throw UsageError("a report is of a run or of a plan", {}, "Leave RUN and --verify out, or --plan.");
  std::string name = "plan";
  std::vector<std::pair<std::string, std::string>> servers;  // where verify's is another than the run's
  ui::Document document;
  if (!typed.plan.empty()) {
    document = document_of_plan(options, input_name(typed.plan));
  } else {
    const change::Runs all = change::read_runs(options.installation.paths.backup());
    ui::RunReport report = report_of(options, chosen_run(options, all, typed.run), all);
    if (!typed.verified.empty()) {
      const std::string file = input_name(typed.verified);
      report.verified = change::verified_checks(util::read_file(file, kMostBytes),
                                                file == "-" ? "standard input" : file, report.run.header);
    }
    name = report.run.header.run;
    if (report.verified && !report.verified->other_server.empty())
      servers = {{"verified", report.verified->other_server}, {"run", report.run.header.server}};
    document = ui::document_of(report);
  }
  std::ostringstream text;
  is_markdown(options.output) ? ui::write_markdown(text, document) : ui::write_html(text, document);
  std::string file = output_name(typed.out);
  if (file.empty()) {
    file = is_markdown(options.output)
               ? "-"
               : (options.installation.paths.output() / ("report-" + name + ".html")).string();
  }
  require_free_stdout(options.output, file);
  Views view(options);
  if (!servers.empty()) view.warn("report.other-server", servers);
  write_result(options, file, "report", text.str(), view);
  return static_cast<int>(ExitCode::done);
}

}  // namespace

ui::RunReport report_of(const Options& options, const change::RunRecord& outlined, const change::Runs& all) {
  ui::RunReport report{.run = change::read_journal(outlined.path), .state = state_of(outlined, all.runs)};
  report.details = change::read_run_details(outlined.path.parent_path());
  const migration::MessageOptions message = message_for(options, report);
  report.status_command = message.commands.kots_export("status");
  const change::RunHeader& header = report.run.header;
  const std::string& undone = header.rolls_back.empty() ? header.run : header.rolls_back;
  report.rollback_command = message.commands.kots_export("rollback " + undone);
  place_among(all.runs, report);
  if (header.rolls_back.empty()) add_values(options.installation.paths, message, report);
  return report;
}

Declared declare_report(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand(
      "report", "one page about a run or a plan, for the team and the change ticket; needs no cluster");
  auto typed = std::make_shared<ReportFlags>();
  command->add_option("RUN", typed->run, "the run, or how its name begins (the newest)");
  command->add_option("--plan", typed->plan, "a saved plan instead of a run; - is standard input")
      ->type_name("FILE");
  command
      ->add_option(
          "--verify", typed->verified,
          "what `verify -o json` printed after the upgrade; without it the report has nothing of verify; - "
          "is standard input")
      ->type_name("FILE");
  command
      ->add_option("--out", typed->out,
                   "where it is written; - is standard output (HTML: OUTPUT-DIR/output/report-RUN.html, "
                   "Markdown: -)")
      ->type_name("FILE");
  take_flags(*command, flags,
             FlagSet::names | FlagSet::folder | FlagSet::chart | FlagSet::cluster | FlagSet::page);
  command->footer(
      "The cluster's flags go into the commands that it prints; no cluster is asked.\n\n"
      "Examples:\n"
      "  # The newest run, as a page for a browser\n"
      "  kots-export report\n"
      "  # For a ticket or a chat\n"
      "  kots-export report -o markdown\n"
      "  # With what verify found after the upgrade\n"
      "  kots-export report --verify verify.json --out migration.html\n"
      "  # A plan, for whoever approves it\n"
      "  kots-export report --plan migration.plan --out plan.html");
  return {command, [typed](const Call& call) { return run_report(options_of(call), *typed); }};
}

}  // namespace kots_export::cli
