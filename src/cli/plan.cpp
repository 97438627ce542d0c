#include <kots_export/migration/saved_plan.h>
#include <kots_export/ui/effects_view.h>
#include <kots_export/ui/filled_line.h>
#include <kots_export/ui/plan_header.h>
#include <kots_export/ui/plan_view.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/steps.h"
#include "cli/views.h"

#include <memory>

namespace kots_export::cli {

namespace {

struct PlanFlags {
  std::string step = "run";
  CLI::Option* step_option = nullptr;
  std::string out;
  CLI::App* show = nullptr;
  std::string file;  // to show
};

// A plan changes nothing.
Options options_to_plan(const Call& call) {
  Options options = options_of(call);
  if (!options.change.is_dry_run()) options.change.dry_run = kube::DryRun::client;
  return options;
}

// The cluster's and the user's names, for whoever looks at the file.
migration::PlanTarget target_of(Session& session) {
  migration::PlanTarget target = migration::read_target(session.context(), session.server());
  const ui::PlanHeader header = session.header();
  target.context = header.context;
  target.user = header.user;
  target.chart = header.chart;
  return target;
}

void save(Session& session, const migration::MigrationPlan& plan, const migration::RunOptions& run,
          const std::string& file) {
  if (const std::string& check = plan.flyway.obstacle; !check.empty())
    return session.observer().warn("plan.not-saved", {{"file", file}, {"check", check}});
  migration::SavedPlan saved = migration::freeze(session.context(), plan, run, target_of(session));
  saved.version = KOTS_EXPORT_VERSION;
  saved.created = session.header().time;  // as it was shown
  migration::save_plan(file, saved);
  session.observer().file_written("plan", file);
  session.observer().warn("plan.holds-secrets", {{"file", file}});
}

int run_plan(const Call& call, const PlanFlags& own) {
  const migration::Part part = part_of(own.step);
  if (own.out == "-")
    throw UsageError("a plan is not written to standard output", "it holds secrets", "Name a file.");
  const Options options = options_to_plan(call);
  const migration::RunOptions run = run_options(options, part);
  Session session(options, Session::Access::write);
  auto& context = session.context();
  const auto make_plan = [&] { return migration::plan_migration(context, part, run); };
  const migration::MigrationPlan plan = make_plan();
  session.show_plan(plan);
  (void)migration::carry_out(context, plan, run, make_plan);
  if (!own.out.empty()) save(session, plan, run, own.out);
  return session.finish();
}

void describe(ui::JsonView& document, const migration::SavedPlan& saved) {
  document.set("target", target_json(ui::header_of(saved)));
  document.set("savedPlan",
               {{"version", saved.version},
                {"createdAt", saved.created},
                {"appliedAt", saved.applied.empty() ? nlohmann::json() : nlohmann::json(saved.applied)},
                {"chart", saved.target.chart},
                {"targetVersion", saved.target_version}});
  if (saved.plan.values) document.set("values", ui::json_of(*saved.plan.values));
}

// The plan of a file as `plan` shows it; no cluster is asked.
int show_saved(const Call& call, const PlanFlags& own) {
  if (own.step_option->count() > 0 || !own.out.empty())
    throw UsageError("plan show takes a FILE alone", {}, "Leave STEP and --out out.");
  const Options options = options_to_plan(call);
  migration::SavedPlan saved = migration::load_plan(own.file);
  if (auto& values = saved.plan.values)
    values->place = migration::place_values(options.installation.paths, values->v4, saved.overwrite_values);
  const change::Plan changes = saved.plan.together();
  Views views(options);
  ui::PlanHeader header = ui::header_of(saved);
  header.timeout = options.migration.timeout;  // not the file's: apply has its own
  if (ui::JsonView* document = options.output.document) {
    describe(*document, saved);
    document->set("effects", ui::json_of(migration::effects_of(saved.plan, header.timeout)));
    views.planned(changes, kube::DryRun::client);
    return static_cast<int>(ExitCode::done);
  }
  views.show(saved.plan, header);
  ui::Line what_became = {{"saved plan: nothing was changed"}};
  if (!saved.applied.empty())
    what_became = ui::filled_line("carried out on {time}", {{"time", {saved.applied, ui::Style::name}}});
  views.show(ui::end_of(summarize(changes), std::move(what_became)));
  return static_cast<int>(ExitCode::done);
}

}  // namespace

Declared declare_plan(CLI::App& app, Flags& flags) {
  auto* command =
      app.add_subcommand("plan", "show every change of the migration, or of one step; change nothing");
  auto own = std::make_shared<PlanFlags>();
  own->step_option = add_step(*command, own->step, " Of other commands --dry-run=client shows the plan.");
  command->add_option("--out", own->out, "save the plan for `kots-export apply`; the file holds secrets")
      ->type_name("FILE");
  own->show = command->add_subcommand("show", "show a saved plan, its secrets masked; needs no cluster");
  take_flags(*own->show, flags,
             FlagSet::folder | FlagSet::output | FlagSet::plan_view | FlagSet::file_view | FlagSet::messages |
                 FlagSet::timeout);
  own->show->add_option("-f,--filename,FILE", own->file, "the saved plan; - is standard input")->required();
  own->show->footer(
      "Examples:\n"
      "  # Look at what is in a plan\n"
      "  kots-export plan show migration.plan\n"
      "  # Name every object of it\n"
      "  kots-export plan show migration.plan --full\n"
      "  # The same for a machine to read\n"
      "  kots-export plan show migration.plan -o json\n"
      "  # For a pull request or a ticket\n"
      "  kots-export plan show migration.plan -o markdown");
  take_flags(*command, flags,
             kAsks | FlagSet::output | kWhole | FlagSet::plan_run | FlagSet::exit_code | FlagSet::no_input |
                 FlagSet::plan_view);
  command->footer(
      "Examples:\n"
      "  # Look at every change of the migration\n"
      "  kots-export plan -n circleci-server --license-file license.txt\n"
      "  # Look at one step; end with 3 if it has something to do\n"
      "  kots-export plan annotate -n circleci-server --detailed-exitcode\n"
      "  # Let the API server's admission and validation judge it too\n"
      "  kots-export plan kots_cleanup -n circleci-server --dry-run=server\n"
      "  # For a pull request or a ticket: GitHub's Markdown, secrets masked\n"
      "  kots-export plan --license-file license.txt -o markdown\n"
      "  # Save the plan, look at it again, and carry exactly that out later\n"
      "  kots-export plan --license-file license.txt --out migration.plan\n"
      "  kots-export plan show migration.plan\n"
      "  kots-export apply migration.plan --yes");
  return {command, [own](const Call& call) {
            return own->show->parsed() ? show_saved(call, *own) : run_plan(call, *own);
          }};
}

}  // namespace kots_export::cli
