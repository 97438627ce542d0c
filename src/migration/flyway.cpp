#include <kots_export/migration/flyway.h>
#include <kots_export/migration/names.h>

#include "migration/job_watch.h"
#include "migration/migrator_job.h"

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

// The Secret goes with the Job: Kubernetes' garbage collector deletes what an owner leaves.
change::Plan plan_ownership(kube::ObjectRef secret, const kube::ObjectRef& job) {
  const json owners = json::array(
      {{{"apiVersion", kube::api_version(job.gvr)}, {"kind", "Job"}, {"name", job.name}, {"uid", job.uid}}});
  change::Plan plan;
  plan.changes.push_back(change_of(change::Verb::patch, std::move(secret),
                                   {{"metadata", {{"ownerReferences", nullptr}}}},
                                   {{"metadata", {{"ownerReferences", owners}}}}, "goes with the Job"));
  return plan;
}

change::Plan one(const change::Change& change) {
  change::Plan plan;
  plan.changes.push_back(change);
  return plan;
}

kube::ObjectRef created(const change::Execution& execution, const kube::ObjectRef& planned) {
  return execution.created.empty() ? planned : execution.created.front();
}

// Deletes the finished Job with its Pod, and the Secret, without waiting for the garbage collector.
void clean_up(Context& context, const kube::ObjectRef& job, const kube::ObjectRef& secret) {
  change::Plan plan;
  for (const kube::ObjectRef& object : {job, secret}) {
    if (auto image = context.client.get(object)) {
      plan.changes.push_back(
          change_of(change::Verb::remove, object, std::move(*image), nullptr, "its work is done"));
    }
  }
  (void)context.executor.run(plan);
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
  if (context.client.get_metadata(job)) {
    throw Error("Job " + job.name + " exists in namespace " + context.ns.name,
                "it is the database migration of an earlier run", rerun_hint(context));
  }
  const DatabaseAccess access = read_database_access(context);
  kube::ObjectRef secret = object_ref(context, "", "Secret", std::string(kMigratorSecret));
  const json manifest = migrator_secret(context, access);
  change::Plan plan;
  // A run that was cut off can have left the Secret.
  if (const auto left = context.client.get(secret)) {
    secret.uid = (*left)["metadata"].value("uid", std::string());
    plan.changes.push_back(change_of(change::Verb::patch, secret,
                                     {{"data", left->value("data", json::object())}},
                                     {{"data", manifest["data"]}}, "the migrator's credentials"));
  } else {
    plan.changes.push_back(
        change_of(change::Verb::create, secret, nullptr, manifest, "the migrator's credentials"));
  }
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

  const change::Change& secret_change = plan.changes.front();
  const change::Change& job_change = plan.changes.back();
  const kube::ObjectRef secret = created(context.executor.run(one(secret_change)), secret_change.object);
  const kube::ObjectRef job = created(context.executor.run(one(job_change)), job_change.object);
  (void)context.executor.run(plan_ownership(secret, job));

  const JobEnd end = follow_job(context, job.name, std::string(names::kMigrator), log, options.timeout);
  context.observer.file_written("migrator-log", options.paths.migrator_log().string());
  throw_unless_complete(context, end, options);
  clean_up(context, job, secret);
}

}  // namespace kots_export::migration
