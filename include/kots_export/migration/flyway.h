#pragma once

#include <kots_export/migration/context.h>
#include <kots_export/migration/paths.h>
#include <kots_export/util/error.h>
#include <kots_export/util/secret.h>

#include <chrono>
#include <optional>
#include <string>

// The database migration: a Job that runs circle-migrator against the installation's PostgreSQL.
namespace kots_export::migration {

struct FlywayOptions {
  Registry registry;
  Paths paths;
  std::chrono::seconds timeout{600};
  // known: a migration that this folder's journals know as done is left out.
  enum class LeaveOut { nothing, known } leave_out = LeaveOut::nothing;
};

// Reads POSTGRES_HOST, _PORT, _USERNAME and _PASSWORD as the running container `frontend` has them: by
// `printenv` in the container, which alone knows them for certain. Where exec is not allowed, does not get
// through, or finds no printenv: from the Pod's env and envFrom through the API, and the observer is told.
// Throws Error where there is no running frontend Pod or a variable cannot be found.
// It is read when it is first asked for.
[[nodiscard]] const DatabaseAccess& database_access(Context& context);

// The URL that the migrator gets: jdbc:postgresql://HOST:PORT/domain?user=USER&password=PASSWORD,
// percent-encoded, an IPv6 address in brackets.
[[nodiscard]] Secret<std::string> jdbc_url(const DatabaseAccess& access);

// What the database migration writes, in the order in which it does: one Change after the other.
struct FlywayPlan {
  change::Plan start;     // the migrator's Secret and Job
  change::Plan clean_up;  // once the Job is complete: both go
  // The run that this folder knew to have migrated the database when this was planned; empty: none. One that
  // has done so since then forbids the plan.
  std::string known_before = {};
  // The check that stands in the way of planning it, by id: the rest of such a plan is to be looked at, and
  // neither saved nor carried out. Empty: it is planned.
  std::string obstacle = {};

  [[nodiscard]] change::Plan together() const;
  [[nodiscard]] bool empty() const { return start.empty() && clean_up.empty(); }
};

// Plans the Job, the Secret with its credentials and the end of both. Where the Job is there and complete, or
// an earlier run that was cut off made it, as the journals below paths.backup() say, it is taken up again:
// only what is left is planned. Empty where it is left out (options.leave_out); the observer is told. Throws
// Error where Job circle-migrator has failed, or is somebody else's and
// running.
[[nodiscard]] FlywayPlan plan_flyway(Context& context, const FlywayOptions& options);

// "since 2026-11-24T10:15:30Z (started 4 min ago)" where the migrator's Job is running, empty where it has
// not begun yet; nothing where it has ended or is not there.
[[nodiscard]] std::optional<std::string> running_migrator(Context& context, const Paths& paths);

// Why no run is rolled back now: the migrator's Job is running, and what is stopped half-way leaves a
// database that neither version knows. Nothing where none runs. Throws ApiError, ConnectionError.
[[nodiscard]] std::optional<Error> obstacle_to_rollback(Context& context, const Paths& paths);

// Deletes Job and Secret of a database migration that is running, whoever started it. Empty where none is.
[[nodiscard]] change::Plan plan_stop_of_migrator(Context& context, const Paths& paths);

// Carries out a plan of plan_flyway, nothing where it is empty: starts the Job, follows it, writes its log as
// it comes (observer and logs/circle-migrator.log), and deletes Job and Secret after success. Throws Error
// where the Job failed, cannot start, or takes longer than the timeout; the Job is then kept and the text
// says how to look at it and how to run it again. Where the server refuses the Job, the Secret goes; where it
// is not known whether the Job was made, it stays.
void run_flyway(Context& context, const FlywayPlan& plan, const FlywayOptions& options);

}  // namespace kots_export::migration
