#include <kots_export/change/run_details.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/migration/annotate.h>
#include <kots_export/migration/fix_manifest.h>
#include <kots_export/migration/kots_cleanup.h>
#include <kots_export/migration/names.h>
#include <kots_export/migration/postgres.h>
#include <kots_export/migration/status.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include "migration/earlier_migration.h"
#include "migration/revisions.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <set>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

using State = StepStatus::State;

RevisionStatus status_of(Context& context, const helm::StoredRevision& stored) {
  const helm::Release& release = decoded_revision(context, stored);
  return {.revision = stored.revision,
          .status = stored.status,
          .chart = util::printable(release.chart_name + " " + release.chart_version)};
}

StepStatus fix_manifest_status(Context& context) {
  StepStatus step{.step = "fix-manifest", .detail = {}};
  const helm::ServedManifest& served = served_manifest(context);
  const std::size_t left = served.mapped.size() + served.unmapped.size();
  step.state = left == 0 ? State::not_needed : State::to_do;
  step.detail = left == 0 ? "the server serves all of the release's manifest"
                          : util::filled("{objects} of versions that the server has dropped",
                                         {{"objects", util::counted(left, "object")}});
  return step;
}

// What annotate would still mark. What it says of other releases is no news here.
StepStatus annotate_status(Context& context, const Inventory& inventory) {
  change::Observer silent;
  Context quiet{.client = context.client,
                .executor = context.executor,
                .observer = silent,
                .ns = context.ns,
                .release = context.release};
  const std::size_t left = plan_annotate(quiet, inventory, TakeOwnership::no).changes.size();
  const auto is_marked = [&](const kube::ObjectMetadata& object) {
    const std::string* owner = object.annotation(names::kReleaseName);
    return owner != nullptr && *owner == context.release;
  };
  const auto marked = static_cast<std::size_t>(std::ranges::count_if(inventory.of_kinds, is_marked) +
                                               std::ranges::count_if(inventory.of_manifest, is_marked));
  StepStatus step{.step = "annotate", .detail = {}};
  step.state = left == 0 ? State::done : marked == 0 ? State::to_do : State::partly;
  const char* words =
      left == 0 ? "{objects} marked as the release's" : "{objects} marked as the release's, {count} not yet";
  step.detail = util::filled(words, {{"objects", util::counted(marked, "object")}, {"count", left}});
  return step;
}

StepStatus cleanup_status(const Inventory& inventory) {
  const ObjectPlanner planner = cleanup_planner();
  std::size_t own = 0;
  std::size_t marked = 0;
  for (const kube::ObjectMetadata& object : inventory.of_kinds) {
    if (is_of_kots(object)) {
      ++own;
    } else if (planner(object)) {
      ++marked;
    }
  }
  StepStatus step{.step = "kots_cleanup", .detail = {}};
  step.state = own + marked == 0 ? State::done : State::to_do;
  step.detail = own + marked == 0
                    ? "nothing of KOTS is left"
                    : util::filled("{objects} of KOTS, {count} with its marks",
                                   {{"objects", util::counted(own, "object")}, {"count", marked}});
  return step;
}

StepStatus flyway_status(Context& context, const change::Runs& known, const Paths& paths) {
  StepStatus step{.step = "flyway", .detail = {}};
  if (const auto earlier = find_earlier_migration(context, paths)) {
    using Job = EarlierMigration::State;
    step.state = earlier->state == Job::complete ? State::done
                 : earlier->state == Job::failed ? State::failed
                                                 : State::running;
    const char* words = earlier->state == Job::complete ? "Job {job} is complete"
                        : earlier->state == Job::failed ? "Job {job} has failed: {why}"
                        : earlier->since.empty()        ? "Job {job} has not begun yet"
                                                        : "Job {job} is running {since}";
    step.detail = util::filled(
        words,
        {{"job", earlier->job.name}, {"why", util::printable(earlier->why)}, {"since", earlier->since}});
    return step;
  }
  if (const auto* run = last_migrating_run(known.runs, context.namespace_uid.value_or(""))) {
    step.state = State::done;
    step.detail =
        util::filled("run {run} of this folder has migrated the database", {{"run", run->header.run}});
    return step;
  }
  if (const auto* run = rollback_of_a_migration(known.runs, context.namespace_uid.value_or(""))) {
    step.detail = util::filled(
        "run {run} of this folder rolled back and deleted Job {job}, which no run saw to its end: the "
        "database may be half migrated, until it is restored from its backup",
        {{"run", run->header.run}, {"job", names::kMigrator}});
    return step;
  }
  if (const auto* run = newest_migrating_run(known.runs, context.namespace_uid.value_or(""))) {
    step.detail = util::filled(
        "run {run} of this folder has migrated the database, and a run was rolled back since: that does not "
        "undo it, only a database that was restored does",
        {{"run", run->header.run}});
    return step;
  }
  step.detail = util::filled("there is no Job {job}, and no run of this folder knows of one",
                             {{"job", names::kMigrator}});
  return step;
}

StepStatus postgres_status(Context& context, const values::Value& values) {
  StepStatus step{.step = "postgres", .detail = {}};
  if (!postgres_is_internal(values)) {
    step.state = State::not_needed;
    step.detail = "PostgreSQL is outside of the cluster";
    return step;
  }
  const std::string name(names::kPostgresql);
  const std::array objects = {object_ref(context, "apps", "StatefulSet", name),
                              object_ref(context, "", "Secret", name)};
  std::vector<std::string> there;
  const auto live = context.client.get_metadata(objects);
  for (std::size_t i = 0; i < objects.size(); ++i)
    if (live[i]) there.push_back(kube::describe(objects[i]));
  step.state = there.empty() ? State::done : there.size() == objects.size() ? State::to_do : State::partly;
  const char* words = there.empty()       ? "there is room for the new PostgreSQL chart"
                      : there.size() == 1 ? "{objects} of the old chart is there"
                                          : "{objects} of the old chart are there";
  step.detail = util::filled(words, {{"objects", util::listed(there)}});
  return step;
}

// The newest Pod of the migrator's Job: "circle-migrator-x7 (Running)"; empty where there is none, or this
// user may not read Pods.
std::string migrator_pod(Context& context) {
  const auto& pods = require_resource(context.client, "", "Pod");
  std::vector<json> live;
  try {
    live = context.client.list(pods, context.ns.name, "job-name=" + std::string(names::kMigrator));
  } catch (const kube::ApiError& error) {
    if (error.code() != kube::http::kForbidden) throw;
  }
  std::string newest;
  std::string created;
  for (const json& pod : live) {
    const std::string time = util::text_at(pod, {"metadata", "creationTimestamp"});
    if (!newest.empty() && time < created) continue;
    created = time;
    newest = util::filled("{pod} ({phase})", {{"pod", util::text_at(pod, {"metadata", "name"})},
                                              {"phase", util::text_at(pod, {"status", "phase"})}});
  }
  return newest;
}

// Whether the migration of the database is done where neither its Job nor a run tells: the step after it has
// been done.
bool tells_of_flyway(const StepStatus& step) { return step.step == "postgres" && step.state == State::done; }

Stage stage_of_3x(const std::vector<StepStatus>& steps) {
  const bool is_flyway_told = std::ranges::any_of(steps, tells_of_flyway);
  const auto is_over = [&](const StepStatus& step) {
    return step.state == State::done || step.state == State::not_needed ||
           (step.state == State::unknown && is_flyway_told);
  };
  const auto is_open = [](const StepStatus& step) {
    return step.state == State::to_do || step.state == State::not_needed || step.state == State::unknown;
  };
  if (std::ranges::all_of(steps, is_over)) return Stage::migrated;
  return std::ranges::all_of(steps, is_open) ? Stage::untouched : Stage::half_migrated;
}

// Where Helm has the release; nothing where it is 3.x as it was deployed, or failed: the steps tell.
std::optional<Stage> stage_of_helm(const helm::StoredRevision& newest, bool is_new, bool runs_new) {
  if (is_pending(newest)) return Stage::upgrading;
  if (is_new && newest.status == kDeployed) return Stage::upgraded;
  const bool is_removed = newest.status == "uninstalling" || newest.status == "uninstalled";
  if (!is_new && !runs_new && !is_removed) return std::nullopt;
  return newest.status == "failed" ? Stage::upgrade_failed : Stage::not_deployed;
}

// Whether it was for values of 4.x: a run of one step, a late `annotate`, says nothing of the chart.
bool has_values(const change::RunDetails& details) {
  return std::ranges::any_of(details.steps, [](const change::RunDetails::Step& step) {
    return step.name == "transform" || step.name == "message";
  });
}

void add_newest_run(InstallationStatus& status, const Context& context, const change::Runs& known) {
  for (const change::RunRecord& run : known.runs | std::views::reverse) {
    const std::string& uid = run.header.namespace_uid;
    const bool is_same = uid.empty() || !context.namespace_uid || context.namespace_uid->empty() ||
                         uid == *context.namespace_uid;
    if (run.header.ns != context.ns.name || !is_same) continue;
    const auto details = change::run_details_if_readable(run.path.parent_path());
    if (!status.newest_run) {
      status.newest_run = run;
      status.newest_run_state = to_string(change::state_of(run, known.runs));
      if (details) status.target_version = details->target_version;
    }
    if (!details || !has_values(*details)) continue;
    status.target_version = details->target_version;
    return;
  }
}

// Stage and steps of a release that has a record.
void read_release(InstallationStatus& status, Context& context, const change::Runs& known,
                  const Paths& paths) {
  const helm::StoredRevision newest = stored_revisions(context).back();
  const helm::StoredRevision current = current_revision(context);
  status.newest = status_of(context, newest);
  if (current.revision != newest.revision) status.deployed = status_of(context, current);
  const bool is_new = is_upgraded(decoded_revision(context, newest));
  if (!is_server(decoded_revision(context, newest))) {
    status.stage = Stage::other_chart;
    return;
  }
  const bool runs_new = is_upgraded(decoded_revision(context, current));
  status.is_going_back = !is_new && runs_new;
  const auto stage_now = stage_of_helm(newest, is_new, runs_new);
  const bool is_over = stage_now == Stage::upgraded || stage_now == Stage::not_deployed;
  // From 4.x there is nothing to migrate.
  if (is_over || (stage_now && runs_new)) {
    status.stage = *stage_now;
    return;
  }
  const Inventory inventory = read_inventory(context, decoded_revision(context, current).manifest);
  status.steps.push_back(fix_manifest_status(context));
  status.steps.push_back(annotate_status(context, inventory));
  status.steps.push_back(cleanup_status(inventory));
  status.steps.push_back(flyway_status(context, known, paths));
  // What is there once `helm upgrade` has begun may be the new chart's.
  if (!is_new) status.steps.push_back(postgres_status(context, decoded_revision(context, current).config));
  status.stage = stage_now.value_or(stage_of_3x(status.steps));
  if (status.stage == Stage::upgrade_failed && current.status == kDeployed)
    status.rollback_command = rollback_command(context, current.revision);
}

}  // namespace

std::string_view to_string(Stage stage) {
  constexpr std::array<std::string_view, 10> kNames = {
      "noNamespace", "noRelease", "otherChart",    "untouched",   "halfMigrated",
      "migrated",    "upgrading", "upgradeFailed", "notDeployed", "upgraded"};
  return kNames.at(static_cast<std::size_t>(stage));
}

std::string_view to_string(StepStatus::State state) {
  constexpr std::array<std::string_view, 7> kNames = {"done",   "partly",    "todo",   "running",
                                                      "failed", "notNeeded", "unknown"};
  return kNames.at(static_cast<std::size_t>(state));
}

InstallationStatus read_status(Context& context, const Paths& paths) {
  InstallationStatus status;
  const change::Runs known = change::read_runs(paths.backup());
  change::tell_broken(context.observer, known.broken);
  status.values_file = find_values_file(paths);
  if (!find_namespace(context)) {
    status.stage = Stage::no_namespace;
    return status;
  }
  add_newest_run(status, context, known);
  if (!stored_revisions(context).empty()) {
    read_release(status, context, known, paths);
    status.migrator_pod = migrator_pod(context);
    return status;
  }
  std::set<std::string> releases;
  for (const auto& stored : stored_releases(context)) releases.insert(stored.release);
  status.other_releases.assign(releases.begin(), releases.end());
  return status;
}

}  // namespace kots_export::migration
