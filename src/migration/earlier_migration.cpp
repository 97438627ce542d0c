#include "migration/earlier_migration.h"

#include <kots_export/change/journal_reader.h>
#include <kots_export/change/lease.h>
#include <kots_export/migration/names.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "migration/migrator_job.h"

#include <algorithm>
#include <chrono>
#include <ranges>
#include <span>
#include <utility>

namespace kots_export::migration {

using nlohmann::json;

namespace {

// What a condition of the Job says that is true; empty where none of that type is.
std::string true_condition(const json& job, std::string_view type) {
  for (const json& condition : job.value("status", json::object()).value("conditions", json::array())) {
    if (condition.value("type", "") != type || condition.value("status", "") != "True") continue;
    const std::string reason = condition.value("reason", "");
    const std::string message = condition.value("message", "");
    if (reason.empty() && message.empty()) return std::string(type);
    return util::filled("{reason}: {message}", {{"reason", reason}, {"message", message}});
  }
  return {};
}

// "since 2026-11-24T10:15:30Z (started 4 min ago)", by the clock of this machine; empty where it has not
// begun.
std::string running_since(const json& job) {
  const std::string start = util::text_at(job, {"status", "startTime"});
  if (start.empty()) return "";
  const auto time = util::parse_api_time(start);
  const auto age = time ? std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now() - *time)
                        : std::chrono::seconds(-1);
  if (age.count() >= 0)
    return util::filled("since {time} (started {age} ago)", {{"time", start}, {"age", util::age_text(age)}});
  return util::filled("since {time}", {{"time", start}});
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

// A Job that an earlier run of this folder made.
bool is_ours(const Context& context, const kube::ObjectRef& job, const json& live, const Paths& paths) {
  const change::Runs known = change::read_runs(paths.backup());
  change::tell_broken(context.observer, known.broken);
  return change::was_created(known.runs, job, live);
}

bool is_migrator(const change::JournalEntry& entry, change::Verb verb) {
  return entry.change.verb == verb && entry.change.object.kind == "Job" &&
         entry.change.object.name == names::kMigrator;
}

// Whether one of `runs` made a Job for that database: its manifest says which.
bool migrates(std::span<const change::RunRecord> runs, const DatabaseAccess& access) {
  const auto made_it = [&](const change::JournalEntry& entry) {
    return is_migrator(entry, change::Verb::create) && names_database(entry.change.after, access);
  };
  return std::ranges::any_of(
      runs, [&](const change::RunRecord& run) { return std::ranges::any_of(run.entries, made_it); });
}

bool deletes_migrator(const change::RunRecord& run) {
  using Status = change::ChangeOutcome::Status;
  return std::ranges::any_of(run.entries, [](const change::JournalEntry& entry) {
    return is_migrator(entry, change::Verb::remove) &&
           (entry.outcome.status == Status::done || entry.outcome.status == Status::gone);
  });
}

bool is_rollback(const change::RunRecord& run) { return !run.header.rolls_back.empty(); }

// A rollback deletes the Job of a migration that failed or that it stops.
bool has_finished(const change::RunRecord& run) { return !is_rollback(run) && deletes_migrator(run); }

bool is_of(const change::RunRecord& run, const std::string& namespace_uid) {
  return !namespace_uid.empty() && run.header.namespace_uid == namespace_uid;
}

Error of_another_run(Context& context, const EarlierMigration& earlier) {
  const std::string holder = lock_holder(context);
  const char* why = holder.empty() ? "no journal in this folder knows the run that made it"
                                   : "{holder} holds the lock on this namespace";
  const char* hint =
      earlier.since.empty()
          ? "It has not begun yet. {warning} The command that started it follows it to its end, from its own "
            "--output-dir. If nobody can run that, wait until the Job has ended ({command}), and run the "
            "same "
            "command again: `{again}`."
          : "It is running {since}. {warning} The command that started it follows it to its end, from its "
            "own "
            "--output-dir. If nobody can run that, wait until the Job has ended ({command}), and run the "
            "same "
            "command again: `{again}`.";
  return Error(util::filled("Job {job} is migrating the database of namespace {namespace} already",
                            {{"job", names::kMigrator}, {"namespace", context.ns.name}}),
               util::filled(why, {{"holder", holder}}),
               Hint::with_only_way_on(util::filled(hint, {{"since", earlier.since},
                                                          {"warning", kDoNotDelete},
                                                          {"command", on_job(context, "get")},
                                                          {"again", context.commands.again}})));
}

Error of_a_failed_one(const Context& context, const EarlierMigration& earlier) {
  const std::string logs = context.commands.kubectl(
      context.ns.name, "logs -l job-name=" + std::string(names::kMigrator) + " --tail=-1");
  const std::string look = util::filled("Look at why: {command}, and at its log: `{logs}`.",
                                        {{"command", on_job(context, "describe")}, {"logs", logs}});
  return Error(
      util::filled("Job {job} exists in namespace {namespace}: it is a database migration that failed",
                   {{"job", names::kMigrator}, {"namespace", context.ns.name}}),
      earlier.why, Hint::with_way_on(look + " " + delete_hint(context)));
}

}  // namespace

std::string on_job(const Context& context, const std::string& verb) {
  return "`" + context.commands.kubectl(context.ns.name, verb + " job " + std::string(names::kMigrator)) +
         "`";
}

std::string follow_hint(const Context& context) {
  return util::filled("To follow it to its end and go on, run the same command again: `{again}`.",
                      {{"again", context.commands.again}});
}

std::string delete_hint(const Context& context) {
  return util::filled("Then delete it ({command}) and run the same command again: `{again}`.",
                      {{"command", on_job(context, "delete")}, {"again", context.commands.again}});
}

bool has_ended(const json& job) {
  return !true_condition(job, "Failed").empty() || !true_condition(job, "Complete").empty();
}

std::optional<EarlierMigration> find_earlier_migration(Context& context, const Paths& paths) {
  using State = EarlierMigration::State;
  const kube::ObjectRef job = object_ref(context, "batch", "Job", std::string(names::kMigrator));
  auto live = context.client.get(job);
  if (!live) return std::nullopt;
  EarlierMigration earlier{.job = identified(job, *live), .live = std::move(*live), .since = {}, .why = {}};
  earlier.why = true_condition(earlier.live, "Failed");
  if (!earlier.why.empty()) {
    earlier.state = State::failed;
  } else if (!true_condition(earlier.live, "Complete").empty()) {
    earlier.state = State::complete;
  } else {
    earlier.since = running_since(earlier.live);
    if (is_ours(context, job, earlier.live, paths)) earlier.of = EarlierMigration::Of::this_folder;
  }
  return earlier;
}

const change::RunRecord* newest_migrating_run(std::span<const change::RunRecord> runs,
                                              const std::string& namespace_uid) {
  for (const change::RunRecord& run : runs | std::views::reverse)
    if (is_of(run, namespace_uid) && has_finished(run)) return &run;
  return nullptr;
}

const change::RunRecord* rollback_of_a_migration(std::span<const change::RunRecord> runs,
                                                 const std::string& namespace_uid) {
  for (const change::RunRecord& run : runs | std::views::reverse)
    if (is_of(run, namespace_uid) && deletes_migrator(run)) return is_rollback(run) ? &run : nullptr;
  return nullptr;
}

const change::RunRecord* last_migrating_run(std::span<const change::RunRecord> runs,
                                            const std::string& namespace_uid) {
  for (const change::RunRecord& run : runs | std::views::reverse) {
    if (!is_of(run, namespace_uid)) continue;
    // What was migrated may be restored then; not where the rollback was refused before it did anything.
    const bool came_to_something =
        run.end == change::RunEnd::complete || std::ranges::any_of(run.entries, change::may_have_happened);
    if (is_rollback(run) && came_to_something) return nullptr;
    if (has_finished(run)) return &run;
  }
  return nullptr;
}

std::optional<KnownMigration> find_known_migration(Context& context, const DatabaseAccess& access,
                                                   const Paths& paths) {
  const change::Runs known = change::read_runs(paths.backup());
  change::tell_broken(context.observer, known.broken);
  const change::RunRecord* run = last_migrating_run(known.runs, context.namespace_uid.value_or(""));
  if (run == nullptr) return std::nullopt;
  // Of the Job a run before it may have been the maker.
  if (!migrates({known.runs.data(), run + 1}, access)) return std::nullopt;
  return KnownMigration{.run = run->header.run};
}

std::optional<Error> obstacle(Context& context, const EarlierMigration& earlier) {
  if (earlier.state == EarlierMigration::State::failed) return of_a_failed_one(context, earlier);
  const bool is_foreign = earlier.of == EarlierMigration::Of::another;
  if (earlier.state == EarlierMigration::State::running && is_foreign)
    return of_another_run(context, earlier);
  return std::nullopt;
}

}  // namespace kots_export::migration
