#include <kots_export/migration/flyway.h>
#include <kots_export/migration/names.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "migration/earlier_migration.h"
#include "migration/job_watch.h"
#include "migration/migrator_job.h"

#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

change::Change change_of(change::Verb verb, kube::ObjectRef object, json before, json after,
                         std::string why) {
  return {.verb = verb,
          .step = "flyway",
          .object = std::move(object),
          .before = std::move(before),
          .after = std::move(after),
          .undo = change::Undo::delete_only,
          .why = std::move(why)};
}

// The Secret with the credentials; one that a run which was cut off left is used, unless it belongs to a Job
// that is gone: the garbage collector is about to delete it. Returns it as it will be; without a UID where
// this plan creates it.
kube::ObjectRef plan_credentials(Context& context, const json& manifest, change::Plan& plan) {
  kube::ObjectRef secret = object_ref(context, "", "Secret", std::string(kMigratorSecret));
  auto left = context.client.get(secret);
  const char* why = "the migrator's credentials";
  if (left && util::find_at(*left, {"metadata", "ownerReferences"}) == nullptr) {
    kube::ObjectRef kept = identified(std::move(secret), *left);
    const json data = left->value("data", json::object());
    if (data != manifest["data"]) {
      plan.changes.push_back(
          change_of(change::Verb::patch, kept, {{"data", data}}, {{"data", manifest["data"]}}, why));
    }
    return kept;
  }
  if (left) {
    kube::ObjectRef old = identified(secret, *left);
    plan.changes.push_back(
        change_of(change::Verb::remove, std::move(old), std::move(*left), nullptr, "left by an earlier run"));
  }
  plan.changes.push_back(change_of(change::Verb::create, secret, nullptr, manifest, why));
  return secret;
}

// The migrator's Secret goes with its Job: Kubernetes' garbage collector deletes what an owner leaves.
change::Change ownership(kube::ObjectRef secret, const kube::ObjectRef& job) {
  const json owner{
      {"apiVersion", kube::api_version(job.gvr)}, {"kind", job.kind}, {"name", job.name}, {"uid", job.uid}};
  return change_of(change::Verb::patch, std::move(secret), {{"metadata", {{"ownerReferences", nullptr}}}},
                   {{"metadata", {{"ownerReferences", json::array({owner})}}}}, "goes with the Job");
}

// A new migration: what it makes is named by later Changes before it has a UID.
FlywayPlan plan_start(Context& context, const kube::ObjectRef& job, const FlywayOptions& options) {
  const DatabaseAccess& access = database_access(context);
  FlywayPlan plan;
  const kube::ObjectRef secret = plan_credentials(context, migrator_secret(context, access), plan.start);
  std::vector<change::Change::Need> needs_secret;
  if (secret.uid.empty()) needs_secret.push_back({.created = secret, .at = ""});
  plan.start.changes.push_back(change_of(change::Verb::create, job, nullptr,
                                         migrator_job(context, access, options.registry),
                                         "migrates the database for Server 4"));
  change::Change owned = ownership(secret, job);
  owned.needs = needs_secret;
  owned.needs.push_back({.created = job, .at = "/metadata/ownerReferences/0/uid"});
  plan.start.changes.push_back(std::move(owned));
  // The Secret first: behind the Job's delete the garbage collector would be faster.
  change::Change no_secret = change_of(change::Verb::remove, secret, nullptr, nullptr, "its work is done");
  no_secret.needs = std::move(needs_secret);
  plan.clean_up.changes.push_back(std::move(no_secret));
  plan.clean_up.changes.push_back(change_of(change::Verb::remove, job, nullptr, nullptr, "its work is done"));
  plan.clean_up.changes.back().needs = {{.created = job, .at = ""}};
  return plan;
}

// A migration that an earlier run started: what is left to do once it is followed to its end.
FlywayPlan plan_rest(Context& context, const EarlierMigration& earlier) {
  const bool is_running = earlier.state == EarlierMigration::State::running;
  FlywayPlan plan;
  kube::ObjectRef secret = object_ref(context, "", "Secret", std::string(kMigratorSecret));
  if (auto left = context.client.get(secret)) {
    secret = identified(std::move(secret), *left);
    const bool has_owner = util::find_at(*left, {"metadata", "ownerReferences"}) != nullptr;
    if (is_running && !has_owner) plan.start.changes.push_back(ownership(secret, earlier.job));
    plan.clean_up.changes.push_back(
        change_of(change::Verb::remove, std::move(secret), std::move(*left), nullptr, "its work is done"));
  }
  plan.clean_up.changes.push_back(
      change_of(change::Verb::remove, earlier.job, earlier.live, nullptr,
                is_running ? "once it has migrated the database" : "its work is done"));
  return plan;
}

change::Plan one(change::Change change) {
  change::Plan plan;
  plan.changes.push_back(std::move(change));
  return plan;
}

// One after the other: each is there before the next one names it. Of a delete, the object as it is now is
// what the journal keeps.
void carry_out_in_order(Context& context, const change::Plan& plan) {
  for (change::Change change : plan.changes) {
    change = context.executor.with_known_uids(std::move(change));
    if (change.verb == change::Verb::remove) {
      if (auto image = context.client.get(change.object)) change.before = std::move(*image);
    }
    (void)context.executor.run(one(std::move(change)));
  }
}

// Where the server refuses the Job, its Secret does not stay behind alone.
void take_back_secret(Context& context, const FlywayPlan& plan) {
  change::Plan secret = plan.clean_up;
  std::erase_if(secret.changes, [](const change::Change& change) { return change.object.kind == "Job"; });
  try {
    carry_out_in_order(context, secret);
  } catch (const Error& error) {
    context.observer.warn("flyway.secret-left",
                          {{"secret", std::string(kMigratorSecret)}, {"why", error.what()}});
  }
}

void start(Context& context, const FlywayPlan& plan) {
  for (const change::Change& change : plan.start.changes) {
    try {
      carry_out_in_order(context, one(change));
    } catch (const change::NotMade& error) {
      // A Job that may be there, or may yet come, needs its Secret.
      const bool is_job = change.verb == change::Verb::create && change.object.kind == "Job";
      if (is_job && error.counts().unknown == 0) take_back_secret(context, plan);
      throw;
    }
  }
}

Error not_seen(const Context& context, const std::string& job, const Error& error) {
  return Error(util::filled("whether Job {job} has ended cannot be seen", {{"job", job}}), error.what(),
               Hint::with_only_way_on((error.hint().empty() ? "" : error.hint() + " ") +
                                      std::string(kDoNotDelete) + " " + follow_hint(context)));
}

JobEnd follow(Context& context, const std::string& job, util::AppendFile& log, const FlywayOptions& options) {
  try {
    return follow_job(context, job, std::string(names::kMigrator), log, options.timeout);
  } catch (const Interrupted&) {
    throw Interrupted(
        util::filled("stopped waiting for Job {job}, which goes on in the cluster", {{"job", job}}),
        Hint::with_only_way_on(std::string(kDoNotDelete) + " " + follow_hint(context)));
  } catch (const kube::ApiError& error) {
    throw not_seen(context, job, error);
  } catch (const kube::ConnectionError& error) {
    throw not_seen(context, job, error);
  }
}

// A Job that is there and has not ended counts as running, and rollback does not go behind its back.
constexpr std::string_view kGoBackThen = "Once it is deleted, the run can be rolled back too.";

void throw_unless_complete(const Context& context, const JobEnd& end, const FlywayOptions& options) {
  const std::string log = util::filled("Its log is in {file}.", {{"file", options.paths.migrator_log()}});
  const std::string look =
      util::filled("The Job is kept: {command}.", {{"command", on_job(context, "describe")}});
  switch (end.result) {
    case JobEnd::Result::complete:
      return;
    case JobEnd::Result::failed:
      throw Error("the database migration failed", end.why,
                  Hint::with_way_on(log + " " + look + " Fix the cause. " + delete_hint(context)));
    case JobEnd::Result::cannot_start:
      throw Error("the database migration cannot start", end.why,
                  Hint::with_only_way_on(end.hint + " " + look + " " + delete_hint(context) + " " +
                                         std::string(kGoBackThen)));
    case JobEnd::Result::cannot_pull:
      throw Error(
          "the database migration cannot start", end.why,
          Hint::with_only_way_on(
              util::filled(
                  "Ask the registry what it says of Secret regcred: `{command}`. If "
                  "it lets the Secret in, see that the nodes reach it.",
                  {{"command", context.commands.kots_export("check flyway" + options.registry.flag())}}) +
              " " + look + " " + delete_hint(context) + " " + std::string(kGoBackThen)));
    case JobEnd::Result::timed_out:
      throw Error(util::filled("the database migration did not end within {time}",
                               {{"time", util::elapsed_text(options.timeout)}}),
                  {},
                  Hint::with_only_way_on(
                      util::filled("It goes on in the cluster. {warning} To follow it to its end, perhaps "
                                   "with a longer --timeout, run the same command again: `{again}`.",
                                   {{"warning", kDoNotDelete}, {"again", context.commands.again}}) +
                      " " + log));
  }
}

}  // namespace

FlywayPlan plan_flyway(Context& context, const FlywayOptions& options) {
  const auto earlier = find_earlier_migration(context, options.paths);
  if (!earlier) {
    const DatabaseAccess& access = database_access(context);
    const auto known = find_known_migration(context, access, options.paths);
    const bool is_left_out = known && options.leave_out == FlywayOptions::LeaveOut::known;
    if (known) {
      context.observer.note(is_left_out ? "flyway.done-before" : "flyway.done-again",
                            {{"run", known->run}, {"database", access.host + ":" + access.port}});
    }
    if (is_left_out) return {};
    FlywayPlan plan =
        plan_start(context, object_ref(context, "batch", "Job", std::string(names::kMigrator)), options);
    if (known) plan.known_before = known->run;
    return plan;
  }
  if (const auto error = obstacle(context, *earlier)) throw Error(*error);
  const bool is_complete = earlier->state == EarlierMigration::State::complete;
  context.observer.note(is_complete ? "flyway.complete" : "flyway.taken-up", {{"job", earlier->job.name}});
  return plan_rest(context, *earlier);
}

std::optional<std::string> running_migrator(Context& context, const Paths& paths) {
  const auto earlier = find_earlier_migration(context, paths);
  const bool runs = earlier && earlier->state == EarlierMigration::State::running;
  return runs ? std::optional(earlier->since) : std::nullopt;
}

std::optional<Error> obstacle_to_rollback(Context& context, const Paths& paths) {
  const auto since = running_migrator(context, paths);
  if (!since) return std::nullopt;
  return Error(
      "the database migration is running", since->empty() ? "its Job has not begun yet" : *since,
      util::filled("Wait until Job {job} has ended ({command}), then roll back. --stop-migrator deletes it "
                   "while it runs: the database then has to be restored from its backup.",
                   {{"job", std::string(names::kMigrator)}, {"command", on_job(context, "get")}}),
      ExitCode::check_failed);
}

change::Plan plan_stop_of_migrator(Context& context, const Paths& paths) {
  change::Plan plan;
  if (!running_migrator(context, paths)) return plan;
  for (const kube::ObjectRef& object : {object_ref(context, "batch", "Job", std::string(names::kMigrator)),
                                        object_ref(context, "", "Secret", std::string(kMigratorSecret))}) {
    auto live = context.client.get(object);
    if (!live) continue;
    plan.changes.push_back({.verb = change::Verb::remove,
                            .step = "rollback",
                            .object = identified(object, *live),
                            .before = std::move(*live),
                            .after = nullptr,
                            .undo = change::Undo::delete_only,
                            .why = "stops the database migration that is running"});
  }
  return plan;
}

void run_flyway(Context& context, const FlywayPlan& plan, const FlywayOptions& options) {
  if (plan.empty()) return;
  if (context.executor.dry_run() != kube::DryRun::none) {
    (void)context.executor.run(plan.together());
    return;
  }
  util::create_private_folder(options.paths.logs());
  util::write_private_file(options.paths.migrator_log(), "", util::Existing::keep_copy);
  util::AppendFile log(options.paths.migrator_log());

  start(context, plan);
  const JobEnd end = follow(context, std::string(names::kMigrator), log, options);
  context.observer.file_written("migrator-log", options.paths.migrator_log().string());
  throw_unless_complete(context, end, options);
  carry_out_in_order(context, plan.clean_up);
}

change::Plan FlywayPlan::together() const {
  change::Plan all = start;
  all.changes.insert(all.changes.end(), clean_up.changes.begin(), clean_up.changes.end());
  all.already_right += clean_up.already_right;
  return all;
}

}  // namespace kots_export::migration
