#include <kots_export/change/journal_reader.h>
#include <kots_export/change/lease.h>
#include <kots_export/migration/flyway.h>
#include <kots_export/migration/names.h>
#include <kots_export/util/json.h>
#include <kots_export/util/time.h>

#include "migration/job_watch.h"
#include "migration/migrator_job.h"

#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

constexpr std::string_view kDoNotDelete = "Do not delete it: that would leave the database half migrated. ";

// What a condition of the Job says that is true; empty where none of that type is.
std::string true_condition(const json& job, std::string_view type) {
  for (const json& condition : job.value("status", json::object()).value("conditions", json::array())) {
    if (condition.value("type", "") != type || condition.value("status", "") != "True") continue;
    const std::string text = condition.value("reason", "") + ": " + condition.value("message", "");
    return text == ": " ? std::string(type) : text;
  }
  return {};
}

bool has_failed(const json& job) { return !true_condition(job, "Failed").empty(); }
bool is_complete(const json& job) { return !true_condition(job, "Complete").empty(); }

// "since 2026-11-24T10:15:30Z (started 4 min ago)", by the clock of this machine.
std::string running_since(const json& job) {
  const std::string start = util::text_at(job, {"status", "startTime"});
  if (start.empty()) return "and has not begun yet";
  std::string text = "since " + start;
  const auto time = util::parse_rfc3339(start.substr(0, start.find('Z')) + ".000Z");
  const auto age = time ? std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now() - *time)
                        : std::chrono::seconds(-1);
  constexpr long kMinute = 60;
  if (age.count() >= 2 * kMinute) {
    text += " (started " + std::to_string(age.count() / kMinute) + " min ago)";
  } else if (age.count() >= 0) {
    text += " (started " + std::to_string(age.count()) + " s ago)";
  }
  return text;
}

std::string in_quotes(const std::string& command) { return "`" + command + "`"; }

std::string on_job(const Context& context, const std::string& verb) {
  return in_quotes(context.commands.kubectl(context.ns.name, verb + " job " + std::string(names::kMigrator)));
}

std::string again(const Context& context) {
  return "run the same command again: " + in_quotes(context.commands.again);
}

// Only of a Job that has ended, or that never began.
std::string delete_hint(const Context& context) {
  return "Then delete it (" + on_job(context, "delete") + ") and " + again(context) + ".";
}

// Who holds the namespace's lock; empty where nobody does or that cannot be told.
std::string lock_holder(Context& context) {
  try {
    const auto lease =
        context.client.get(object_ref(context, "coordination.k8s.io", "Lease", change::kLockName));
    return lease ? util::text_at(*lease, {"spec", "holderIdentity"}) : std::string();
  } catch (const Interrupted&) {
    throw;
  } catch (const Error&) {
    return {};
  }
}

[[noreturn]] void refuse_other_migration(Context& context, const json& live) {
  const std::string holder = lock_holder(context);
  throw Error(
      "Job " + std::string(names::kMigrator) + " is migrating the database of namespace " + context.ns.name +
          " already",
      holder.empty() ? "it is of a run that the journals of this folder do not know"
                     : holder + " is at work on this namespace",
      "It is running " + running_since(live) + ". " + std::string(kDoNotDelete) +
          "The command that started it follows it to its end, from its own --output-dir. Where nobody can "
          "run that, wait until the Job has ended (" +
          on_job(context, "get") + "), and " + again(context) + ".");
}

[[noreturn]] void refuse_failed_migration(const Context& context, const json& live) {
  throw Error("Job " + std::string(names::kMigrator) + " exists in namespace " + context.ns.name +
                  ": it is a database migration that failed",
              true_condition(live, "Failed"),
              "Look at why: " + on_job(context, "describe") + ", " +
                  in_quotes(context.commands.kubectl(
                      context.ns.name, "logs -l job-name=" + std::string(names::kMigrator) + " --tail=-1")) +
                  ". " + delete_hint(context));
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

// A Job that an earlier run of this folder made.
bool is_ours(const Context& context, const kube::ObjectRef& job, const json& live,
             const FlywayOptions& options) {
  const change::Runs known = change::read_runs(options.paths.backup());
  change::tell_broken(context.observer, known.broken);
  return change::was_created(known.runs, job, live);
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
FlywayPlan plan_rest(Context& context, const kube::ObjectRef& job, const json& live) {
  FlywayPlan plan;
  kube::ObjectRef secret = object_ref(context, "", "Secret", std::string(kMigratorSecret));
  if (auto left = context.client.get(secret)) {
    secret = identified(std::move(secret), *left);
    if (!is_complete(live) && util::find_at(*left, {"metadata", "ownerReferences"}) == nullptr)
      plan.start.changes.push_back(ownership(secret, job));
    plan.clean_up.changes.push_back(
        change_of(change::Verb::remove, std::move(secret), std::move(*left), nullptr, "its work is done"));
  }
  plan.clean_up.changes.push_back(change_of(change::Verb::remove, job, live, nullptr, "its work is done"));
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

JobEnd follow(Context& context, const std::string& job, util::AppendFile& log, const FlywayOptions& options) {
  try {
    return follow_job(context, job, std::string(names::kMigrator), log, options.timeout);
  } catch (const Interrupted&) {
    throw Interrupted(
        "stopped waiting for Job " + job + ", which goes on in the cluster",
        std::string(kDoNotDelete) + "To follow it to its end and go on, " + again(context) + ".");
  }
}

void throw_unless_complete(const Context& context, const JobEnd& end, const FlywayOptions& options) {
  const std::string log = "Its log is in " + options.paths.migrator_log().string() + ". ";
  const std::string look = "The Job is kept: " + on_job(context, "describe") + ". ";
  switch (end.result) {
    case JobEnd::Result::complete:
      return;
    case JobEnd::Result::failed:
      throw Error("the database migration failed", end.why,
                  log + look + "Fix the cause. " + delete_hint(context));
    case JobEnd::Result::cannot_start:
      throw Error("the database migration cannot start", end.why,
                  end.hint + " " + look + delete_hint(context));
    case JobEnd::Result::timed_out:
      throw Error(
          "the database migration did not end within " + std::to_string(options.timeout.count()) + " s", {},
          "It goes on in the cluster. " + std::string(kDoNotDelete) +
              "To follow it to its end, perhaps with a longer --timeout, " + again(context) + ". " + log);
  }
}

}  // namespace

FlywayPlan plan_flyway(Context& context, const FlywayOptions& options) {
  const kube::ObjectRef job = object_ref(context, "batch", "Job", std::string(names::kMigrator));
  auto live = context.client.get(job);
  if (!live) return plan_start(context, job, options);
  if (has_failed(*live)) refuse_failed_migration(context, *live);
  const bool ours = is_ours(context, job, *live, options);
  if (!ours && !is_complete(*live)) refuse_other_migration(context, *live);
  context.observer.note(is_complete(*live) ? "flyway.complete" : "flyway.taken-up", {{"job", job.name}});
  return plan_rest(context, identified(job, *live), *live);
}

std::optional<std::string> running_migrator(Context& context) {
  const auto live = context.client.get(object_ref(context, "batch", "Job", std::string(names::kMigrator)));
  if (!live || has_failed(*live) || is_complete(*live)) return std::nullopt;
  return running_since(*live);
}

void run_flyway(Context& context, const FlywayPlan& plan, const FlywayOptions& options) {
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
