#include <kots_export/change/journal_reader.h>
#include <kots_export/migration/flyway.h>
#include <kots_export/migration/names.h>

#include "migration/job_watch.h"
#include "migration/migrator_job.h"

#include <initializer_list>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

std::string delete_command(const Context& context) {
  return "kubectl -n " + context.ns.name + " delete job " + std::string(names::kMigrator);
}

std::string rerun_hint(const Context& context) {
  return "Delete the Job with `" + delete_command(context) + "` and run `kots-export flyway` again.";
}

change::Change change_of(change::Verb verb, kube::ObjectRef object, json before, json after,
                         std::string why) {
  return {.verb = verb,
          .step = "flyway",
          .object = std::move(object),
          .before = std::move(before),
          .after = std::move(after),
          .why = std::move(why)};
}

bool has_failed(const json& job) {
  for (const json& condition : job.value("status", json::object()).value("conditions", json::array())) {
    if (condition.value("type", "") == "Failed" && condition.value("status", "") == "True") return true;
  }
  return false;
}

// A Job that an earlier run of this folder made, and did not see the end of.
bool can_take_up(const kube::ObjectRef& job, const json& live, const FlywayOptions& options) {
  return !has_failed(live) && change::was_created(change::read_runs(options.paths.backup()), job, live);
}

// The Secret with the credentials; one that a run which was cut off left is used, unless it belongs to a Job
// that is gone: the garbage collector is about to delete it.
void plan_credentials(Context& context, const json& manifest, change::Plan& plan) {
  kube::ObjectRef secret = object_ref(context, "", "Secret", std::string(kMigratorSecret));
  auto left = context.client.get(secret);
  const char* why = "the migrator's credentials";
  if (left && !(*left)["metadata"].contains("ownerReferences")) {
    secret = identified(std::move(secret), *left);
    const json data = left->value("data", json::object());
    if (data == manifest["data"]) return;
    plan.changes.push_back(change_of(change::Verb::patch, std::move(secret), {{"data", data}},
                                     {{"data", manifest["data"]}}, why));
    return;
  }
  if (left) {
    kube::ObjectRef old = identified(secret, *left);
    plan.changes.push_back(
        change_of(change::Verb::remove, std::move(old), std::move(*left), nullptr, "left by an earlier run"));
  }
  plan.changes.push_back(change_of(change::Verb::create, std::move(secret), nullptr, manifest, why));
}

// The Secret goes with the Job: Kubernetes' garbage collector deletes what an owner leaves.
change::Plan plan_ownership(Context& context, kube::ObjectRef secret, const kube::ObjectRef& job) {
  const json owners = json::array(
      {{{"apiVersion", kube::api_version(job.gvr)}, {"kind", "Job"}, {"name", job.name}, {"uid", job.uid}}});
  change::Plan plan;
  const auto live = context.client.get(secret);
  if (!live) return plan;
  const json present = (*live)["metadata"].value("ownerReferences", json(nullptr));
  if (present == owners) return plan;
  plan.changes.push_back(change_of(change::Verb::patch, std::move(secret),
                                   {{"metadata", {{"ownerReferences", present}}}},
                                   {{"metadata", {{"ownerReferences", owners}}}}, "goes with the Job"));
  return plan;
}

change::Plan one(const change::Change& change) {
  change::Plan plan;
  plan.changes.push_back(change);
  return plan;
}

struct Migrator {
  kube::ObjectRef job;
  kube::ObjectRef secret;
};

// Deletes what is still there of `objects`, without waiting for the garbage collector.
void clean_up(Context& context, std::initializer_list<kube::ObjectRef> objects, const std::string& why) {
  change::Plan plan;
  for (const kube::ObjectRef& object : objects) {
    if (auto image = context.client.get(object))
      plan.changes.push_back(change_of(change::Verb::remove, object, std::move(*image), nullptr, why));
  }
  (void)context.executor.run(plan);
}

// Where the server refuses the Job, its Secret does not stay behind alone.
void take_back(Context& context, const kube::ObjectRef& secret) {
  try {
    clean_up(context, {secret}, "the Job was refused");
  } catch (const Error& error) {
    context.observer.warn("flyway.secret-left", {{"secret", secret.name}, {"why", error.what()}});
  }
}

change::Execution carry_out(Context& context, const change::Change& change, const kube::ObjectRef& secret) {
  try {
    return context.executor.run(one(change));
  } catch (const Interrupted&) {
    throw;
  } catch (const Error&) {
    if (change.object.kind == "Job") take_back(context, secret);
    throw;
  }
}

// Carries the plan out, one Change after the other, and returns what there is then; a plan without the Job
// means that it is there already.
Migrator start(Context& context, const change::Plan& plan) {
  Migrator migrator{.job = object_ref(context, "batch", "Job", std::string(names::kMigrator)),
                    .secret = object_ref(context, "", "Secret", std::string(kMigratorSecret))};
  for (const change::Change& change : plan.changes) {
    const change::Execution execution = carry_out(context, change, migrator.secret);
    kube::ObjectRef& object = change.object.kind == "Job" ? migrator.job : migrator.secret;
    if (!execution.created.empty()) object = execution.created.front();
  }
  for (kube::ObjectRef* object : {&migrator.job, &migrator.secret}) {
    if (!object->uid.empty()) continue;
    if (const auto live = context.client.get_metadata(*object)) object->uid = live->ref.uid;
  }
  return migrator;
}

JobEnd follow(Context& context, const std::string& job, util::AppendFile& log, const FlywayOptions& options) {
  try {
    return follow_job(context, job, std::string(names::kMigrator), log, options.timeout);
  } catch (const Interrupted&) {
    throw Interrupted("stopped waiting for Job " + job + ", which goes on in the cluster",
                      "Run the same command again to follow it to its end and go on. "
                      "`kots-export rollback` goes back to what was there before.");
  }
}

void throw_unless_complete(const Context& context, const JobEnd& end, const FlywayOptions& options) {
  const std::string log = "Its log is in " + options.paths.migrator_log().string() + ". ";
  const std::string look = "The Job is kept: `kubectl -n " + context.ns.name + " describe job " +
                           std::string(names::kMigrator) + "`. ";
  switch (end.result) {
    case JobEnd::Result::complete:
      return;
    case JobEnd::Result::failed:
      throw Error("the database migration failed", end.why, log + look + rerun_hint(context));
    case JobEnd::Result::cannot_start:
      throw Error("the database migration cannot start", end.why,
                  end.hint + " " + look + rerun_hint(context));
    case JobEnd::Result::timed_out:
      throw Error(
          "the database migration did not end within " + std::to_string(options.timeout.count()) + " s", {},
          log + look + "It may still be running: wait for it, or give it longer with --timeout. " +
              rerun_hint(context));
  }
}

}  // namespace

change::Plan plan_flyway(Context& context, const FlywayOptions& options) {
  const kube::ObjectRef job = object_ref(context, "batch", "Job", std::string(names::kMigrator));
  if (const auto live = context.client.get(job)) {
    if (!can_take_up(job, *live, options)) {
      throw Error("Job " + job.name + " exists in namespace " + context.ns.name,
                  "it is the database migration of an earlier run", rerun_hint(context));
    }
    context.observer.note("flyway.taken-up", {{"job", job.name}});
    return {};
  }
  const DatabaseAccess access = read_database_access(context);
  change::Plan plan;
  plan_credentials(context, migrator_secret(context, access), plan);
  plan.changes.push_back(change_of(change::Verb::create, job, nullptr,
                                   migrator_job(context, access, options.registry),
                                   "migrates the database for Server 4"));
  return plan;
}

void run_flyway(Context& context, const change::Plan& plan, const FlywayOptions& options) {
  if (context.executor.dry_run() != kube::DryRun::none) {
    (void)context.executor.run(plan);
    return;
  }
  util::create_private_folder(options.paths.logs());
  util::write_private_file(options.paths.migrator_log(), "", util::Existing::keep_copy);
  util::AppendFile log(options.paths.migrator_log());

  const Migrator migrator = start(context, plan);
  (void)context.executor.run(plan_ownership(context, migrator.secret, migrator.job));

  const JobEnd end = follow(context, migrator.job.name, log, options);
  context.observer.file_written("migrator-log", options.paths.migrator_log().string());
  throw_unless_complete(context, end, options);
  clean_up(context, {migrator.job, migrator.secret}, "its work is done");
}

}  // namespace kots_export::migration
