#include <kots_export/change/recheck.h>
#include <kots_export/change/rollback.h>
#include <kots_export/migration/checks.h>
#include <kots_export/migration/effects.h>
#include <kots_export/migration/flyway.h>
#include <kots_export/migration/names.h>
#include <kots_export/ui/messages.h>
#include <kots_export/util/text.h>

#include "cli/commands.h"
#include "cli/named_run.h"
#include "cli/session.h"

#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>
#include <ranges>
#include <vector>

#include <nlohmann/json.hpp>

namespace kots_export::cli {

namespace {

struct RollbackFlags {
  std::string run;
  bool all = false;
  bool any_cluster = false;
  bool after_upgrade = false;
  bool stop_migrator = false;
};

// Read before there are Options: the run in it says which installation is meant.
std::filesystem::path backup_folder(const Flags& flags) {
  return migration::Paths{.root = flags.output_dir}.backup();
}

bool is_rolled_back(const change::RunRecord& run, std::span<const change::RunRecord> runs) {
  return state_of(run, runs) == change::RunState::rolled_back;
}

bool is_candidate(const change::RunRecord& run, std::span<const change::RunRecord> runs,
                  const std::string& ns) {
  return run.header.rolls_back.empty() && (ns.empty() || run.header.ns == ns) && !is_rolled_back(run, runs) &&
         change::has_something_to_undo(run, runs);
}

// The newest run that is no rollback, not rolled back and has something to undo, or the one that was named.
const change::RunRecord& choose(const change::Runs& all, const std::string& name, const Flags& flags) {
  if (!name.empty()) return named_run(all, name);
  for (const change::RunRecord& run : all.runs | std::views::reverse) {
    if (is_candidate(run, all.runs, flags.ns)) return run;
  }
  if (!all.broken.empty()) throw all.broken.back().error;
  throw Error(util::filled("there is no run to roll back in {folder}", {{"folder", backup_folder(flags)}}),
              {}, "kots-export runs lists the runs; --output-dir names the folder of the run.");
}

// The journal's UIDs hold for one namespace of one cluster.
void require_same_cluster(const change::RunHeader& run, const change::RunHeader& here) {
  const bool known = !run.namespace_uid.empty() && !here.namespace_uid.empty();
  if (known ? run.namespace_uid == here.namespace_uid : run.server == here.server) return;
  const char* why = known ? "namespace {namespace} here is another one than the run's, on {server}"
                          : "the run was made on {server}, this is {here}";
  throw Error(util::filled("run {run} was not made on this cluster", {{"run", run.run}}),
              util::filled(why, {{"namespace", run.ns}, {"server", run.server}, {"here", here.server}}),
              "Choose the cluster with --context; --any-cluster rolls back here anyway.");
}

InstallationNames names_in(const change::RunHeader& run, const Flags& flags) {
  if (!flags.ns.empty() && flags.ns != run.ns) {
    throw UsageError(util::filled("run {run} was made on namespace {namespace}, not on {given}",
                                  {{"run", run.run}, {"namespace", run.ns}, {"given", flags.ns}}),
                     {}, "Leave --namespace out: the run knows its own.");
  }
  return {.ns = run.ns, .release = run.release};
}

// In `run`, or in another one of the same namespace, which may have left nothing else to undo.
bool is_database_migrated(const change::RunRecord& run, std::span<const change::RunRecord> runs) {
  const auto migrates = [](const change::JournalEntry& entry) {
    return migration::Irreversible::migrates(entry.change) && change::may_have_happened(entry);
  };
  return std::ranges::any_of(runs, [&](const change::RunRecord& other) {
    return other.header.namespace_uid == run.header.namespace_uid && other.header.ns == run.header.ns &&
           std::ranges::any_of(other.entries, migrates);
  });
}

// What another run made is not in the journal of the one that is undone.
void add(change::Plan more, change::Plan& plan) {
  for (change::Change& change : more.changes) {
    const auto is_same = [&](const change::Change& planned) {
      return kube::key_of(planned.object) == kube::key_of(change.object);
    };
    if (std::ranges::none_of(plan.changes, is_same)) plan.changes.push_back(std::move(change));
  }
}

void tell_jobs_that_run_again(change::Observer& observer, const change::Plan& plan) {
  std::vector<std::string> jobs;
  for (const change::Change& change : plan.changes) {
    if (change.verb == change::Verb::create && change.object.kind == "Job")
      jobs.push_back(kube::describe(change.object));
  }
  if (!jobs.empty()) observer.note("rollback.jobs-run-again", {{"jobs", util::listed(jobs)}});
}

void throw_unless_all_is_back(std::size_t left, const change::RunRecord& run,
                              const migration::Commands& commands) {
  if (left == 0) return;
  const char* words =
      left == 1 ? "1 change of run {run} was not put back" : "{count} changes of run {run} were not put back";
  throw Error(util::filled(words, {{"count", left}, {"run", run.header.run}}),
              "a warning names each; all others are as before the run",
              Hint::with_way_on(util::filled(
                  "Look at them with kubectl, fix what should be as before, then run `{command}` again.",
                  {{"command", commands.kots_export("rollback " + run.header.run)}})));
}

migration::RunOptions check_options(const Options& options, const RollbackFlags& own) {
  migration::RunOptions checked;
  checked.paths = options.installation.paths;
  checked.skip_checks = options.migration.skip_checks;
  if (own.after_upgrade) checked.skip_checks.emplace_back("not-upgraded");
  if (own.stop_migrator) checked.skip_checks.emplace_back("migrator-job");
  return checked;
}

// Whether all of it may be written, before any of it is.
void check_plan(migration::Context& context, const migration::MigrationPlan& plan,
                const migration::RunOptions& options) {
  migration::run_checks(context, migration::CheckedCommand::rollback, options, &plan);
  if (context.executor.dry_run() == kube::DryRun::none) migration::throw_if_checks_failed(context);
}

// Another run may have been at work since the plan was made. Nothing where each object is as it was; else the
// same plan, made on what is there now. Throws where it is another one.
std::optional<change::RollbackPlan> planned_anew(migration::Context& context, const std::string& run,
                                                 const change::RollbackPlan& plan,
                                                 const std::function<change::RollbackPlan()>& plan_again) {
  const auto is_as_planned = [&](const change::Plan* stage) {
    return change::is_as_planned(*stage, change::read_objects(context.client, *stage));
  };
  if (std::ranges::all_of(plan.stages(), is_as_planned)) return std::nullopt;
  change::RollbackPlan now = plan_again();
  // Without its name the command would take the newest run, which may be that other one.
  change::require_same(
      together(plan), together(now),
      Hint::with_only_way_on(util::filled("Another run may have changed it. `{command}` makes a new plan.",
                                          {{"command", context.commands.kots_export("rollback " + run)}})));
  return now;
}

// What it does next is not in its journal yet.
void require_ended(Session& session, const Options& options, const change::RunRecord& run,
                   std::span<const change::RunRecord> runs) {
  const bool is_known_to_be_dead = options.change.lock == change::LeaseOptions::Take::at_once;
  if (is_known_to_be_dead || state_of(run, runs) != change::RunState::running) return;
  if (session.context().executor.dry_run() != kube::DryRun::none)
    return session.observer().warn("rollback.run-is-running", {{"run", run.header.run}});
  throw Error(
      util::filled("run {run} is still running", {{"run", run.header.run}}), "its process is alive",
      Hint::with_only_way_on("Wait until it has ended, or stop it with Ctrl-C where it was started, and "
                             "roll back then. Where it is known to be dead, --force-unlock says so."),
      ExitCode::check_failed);
}

// A journal is only ever appended to.
std::uintmax_t size_of_journal(const change::RunRecord& run) {
  std::error_code missing;
  return std::filesystem::file_size(run.path, missing);
}

// With the lock in hand: what was planned is the way back of what the journals said then.
void require_nothing_since(const change::RunRecord& run, std::uintmax_t journal_size,
                           std::span<const change::RunRecord> runs) {
  if (is_rolled_back(run, runs)) {
    throw Error(util::filled("run {run} was rolled back since this was planned", {{"run", run.header.run}}),
                "nothing was changed",
                Hint::with_only_way_on("kots-export runs shows what there is to roll back."));
  }
  if (size_of_journal(run) == journal_size) return;
  throw Error(util::filled("run {run} has gone on since this was planned", {{"run", run.header.run}}),
              "nothing was changed",
              Hint::with_only_way_on("kots-export runs shows when it has ended; roll back then."));
}

// The newest run was meant, and another one has become that.
void require_newest(const change::RunRecord& run, const change::Runs& now, const Flags& flags) {
  const std::string& newest = choose(now, {}, flags).header.run;
  if (newest == run.header.run) return;
  throw Error(util::filled("run {newest} was made since this was planned, after run {run}",
                           {{"newest", newest}, {"run", run.header.run}}),
              "nothing was changed",
              Hint::with_only_way_on("Name the run that is to be rolled back: kots-export runs lists them."));
}

// A migrator that was started since is none of those that the plan stops.
void require_planned_stop(Session& session, const change::RollbackPlan& plan) {
  for (const change::Change& stop :
       migration::plan_stop_of_migrator(session.context(), session.paths()).changes) {
    const bool is_planned = std::ranges::any_of(plan.deletes.changes, [&](const change::Change& planned) {
      return kube::key_of(planned.object) == kube::key_of(stop.object) &&
             planned.object.uid == stop.object.uid;
    });
    if (is_planned) continue;
    throw Error("the database migration was started since this was planned", "nothing was changed",
                Hint::with_only_way_on("Look at what started it: kots-export runs lists the runs."));
  }
}

void require_no_running_migrator(migration::Context& context, const migration::Paths& paths) {
  if (const auto error = migration::obstacle_to_rollback(context, paths)) throw Error(*error);
}

int roll_back_one(const Call& call, const RollbackFlags& own) {
  change::Runs all = change::read_runs(backup_folder(call.flags));
  const change::RunRecord run = choose(all, own.run, call.flags);
  const std::uintmax_t journal_size = size_of_journal(run);  // before it is read: what comes later is noticed
  const Options options = options_of(call, names_in(run.header, call.flags));

  return in_session(options, Session::Access::write, [&](Session& session) {
    auto& context = session.context();
    session.rolls_back(run.header.run);
    session.observer().step_started("rollback");
    change::tell_broken(session.observer(), all.broken);
    session.observer().note("rollback.run", {{"run", run.header.run}});
    if (!own.any_cluster) require_same_cluster(run.header, session.run_header());

    if (is_rolled_back(run, all.runs)) {
      session.observer().note("rollback.rolled-back", {{"run", run.header.run}});
      session.observer().step_done("rollback");
      return session.finish();
    }
    const auto read = [&](const auto& work) {
      try {
        return work();
      } catch (const kube::ApiError& error) {
        migration::throw_not_planned(context, error);
      }
    };
    require_ended(session, options, run, all.runs);
    const migration::RunOptions checked = check_options(options, own);
    migration::run_checks(context, migration::CheckedCommand::rollback, checked, nullptr);
    // To plan may mean to wait for what a run has in flight.
    if (context.executor.dry_run() == kube::DryRun::none) migration::throw_if_checks_failed(context);

    change::RollbackOptions how;
    how.interrupted = [&session] { return session.interrupted(); };
    how.server_patience = options.change.settle_time;
    const auto make_plan = [&] {
      return read([&] {
        change::RollbackPlan made =
            change::plan_rollback(context.client, context.observer, change::read_journal(run.path), all.runs,
                                  context.executor.dry_run(), how);
        if (own.stop_migrator) add(migration::plan_stop_of_migrator(context, session.paths()), made.deletes);
        return made;
      });
    };
    change::RollbackPlan plan = make_plan();
    // As the checks know plans: one of objects' metadata.
    migration::MigrationPlan changes;
    changes.part = migration::Part::annotate;
    changes.metadata = together(plan);
    session.show_plan(changes.metadata);
    check_plan(context, changes, checked);
    tell_jobs_that_run_again(session.observer(), changes.metadata);
    if (is_database_migrated(run, all.runs)) session.observer().warn("rollback.database");
    context.executor.confirm(changes.metadata);
    changes = {};  // `plan` has them: of thousands of objects two copies would be much
    if (context.executor.dry_run() == kube::DryRun::none) {
      // Also where there is nothing to put back: the journal is to say so of all that the run did.
      context.executor.begin_writing();
      all = change::read_runs(backup_folder(call.flags));
      require_nothing_since(run, journal_size, all.runs);
      if (!own.after_upgrade) migration::require_same_revisions(context);
      if (own.stop_migrator) {
        require_planned_stop(session, plan);
      } else {
        require_no_running_migrator(context, session.paths());
      }
      if (own.run.empty()) require_newest(run, all, call.flags);
      if (auto anew = planned_anew(context, run.header.run, plan, make_plan)) plan = std::move(*anew);
    }
    const std::size_t left = change::carry_out(context.client, context.executor, context.observer, plan, how);
    const auto earlier =
        std::ranges::find_if(all.runs | std::views::reverse, [&](const change::RunRecord& other) {
          return other.header.run < run.header.run && is_candidate(other, all.runs, run.header.ns);
        });
    if (earlier != (all.runs | std::views::reverse).end())
      session.observer().note("rollback.earlier-run", {{"run", earlier->header.run}});
    throw_unless_all_is_back(left, run, session.context().commands);
    session.observer().step_done("rollback");
    return session.finish();
  });
}

// Newest first, one rollback each: each is a run with its own journal, and whatever ends this in the middle,
// a further `rollback --all` goes on.
int roll_back_all(const Call& call, RollbackFlags own) {
  if (!own.run.empty()) throw UsageError("--all and a run were given", {}, "Give one of them.");
  if (call.document != nullptr) throw UsageError("--all has no document", {}, "Leave -o out.");
  const change::Runs all = change::read_runs(backup_folder(call.flags));
  const change::RunHeader& newest = choose(all, {}, call.flags).header;  // throws where there is none
  const Options options = options_of(call, names_in(newest, call.flags));
  for (const change::RunRecord& run : all.runs | std::views::reverse) {
    if (!is_candidate(run, all.runs, newest.ns)) continue;
    own.run = run.header.run;
    if (const int exit_code = roll_back_one(call, own); exit_code != 0) return exit_code;
    if (!options.change.is_dry_run()) continue;
    std::cerr << "(the runs before it are planned once this one is undone)" << std::endl;
    return 0;
  }
  return 0;
}

int roll_back(const Call& call, const RollbackFlags& own) {
  return own.all ? roll_back_all(call, own) : roll_back_one(call, own);
}

}  // namespace

Declared declare_rollback(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand("rollback", "put back what a run changed, from its journal");
  auto own = std::make_shared<RollbackFlags>();
  command->add_option("RUN", own->run,
                      "the run, or how its name begins (the newest that is not rolled back)");
  command->add_flag("--all", own->all, "undo every run of the namespace, newest first");
  command->add_flag("--any-cluster", own->any_cluster,
                    "roll back although the run was made on another cluster");
  command->add_flag("--after-upgrade", own->after_upgrade,
                    "roll back although Helm has upgraded the release to 4.x");
  command->add_flag("--stop-migrator", own->stop_migrator,
                    "roll back although the database migration is running, and stop it");
  take_flags(*command, flags, kChanges | FlagSet::checks);
  command->footer(
      "Examples:\n"
      "  # Look at what would be put back\n"
      "  kots-export rollback --dry-run=client\n"
      "  # Undo the newest run\n"
      "  kots-export rollback --yes\n"
      "  # Undo all runs: the state before the first one\n"
      "  kots-export rollback --all --yes\n"
      "  # Undo a certain run; kots-export runs lists them\n"
      "  kots-export rollback 20261124T101530 --yes");
  return {command, [own](const Call& call) { return roll_back(call, *own); }};
}

}  // namespace kots_export::cli
