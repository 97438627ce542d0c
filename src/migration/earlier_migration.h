#pragma once

#include <kots_export/change/journal_reader.h>
#include <kots_export/migration/context.h>
#include <kots_export/migration/paths.h>
#include <kots_export/util/error.h>

#include <optional>
#include <span>
#include <string>

#include <nlohmann/json.hpp>

// The Job of a database migration that was started before, and what is said of one to people.
namespace kots_export::migration {

inline constexpr std::string_view kDoNotDelete =
    "Do not delete it: that would leave the database half migrated.";

struct EarlierMigration {
  kube::ObjectRef job;  // with its UID and resourceVersion
  nlohmann::json live;
  enum class State { running, failed, complete } state = State::running;
  // Whether a run of this folder made it, as the journals say: that is followed to its end.
  enum class Of { this_folder, another } of = Of::another;
  // Of `running`: "since 2026-11-24T10:15:30Z (started 4 min ago)", by the clock of this machine; empty where
  // it has not begun yet.
  std::string since;
  // Of `failed`: what the Job's condition says.
  std::string why;
};

// Whether the migrator's Job has come to an end, good or bad.
[[nodiscard]] bool has_ended(const nlohmann::json& job);

// Reads it; nothing where there is none. Throws ApiError, ConnectionError.
[[nodiscard]] std::optional<EarlierMigration> find_earlier_migration(Context& context, const Paths& paths);

// A database migration that this folder's journals know as done: its Job was deleted by a run, which happens
// only after it was complete. `run` is the name of that run.
struct KnownMigration {
  std::string run;
};

// The newest one of this namespace (by its UID) and of the database `access`, if no run was rolled back
// since. Another host or port is another database; user and password may have changed. Tells the observer of
// broken journals.
[[nodiscard]] std::optional<KnownMigration> find_known_migration(Context& context,
                                                                 const DatabaseAccess& access,
                                                                 const Paths& paths);

// The newest of `runs` in the namespace of that UID that saw a database migration to its end, whatever was
// rolled back since; else null.
[[nodiscard]] const change::RunRecord* newest_migrating_run(std::span<const change::RunRecord> runs,
                                                            const std::string& namespace_uid);

// The newest of `runs` in the namespace of that UID that deleted the migrator's Job while it rolled back, if
// no run saw a migration to its end since; else null. That migration had failed, was stopped or never began.
[[nodiscard]] const change::RunRecord* rollback_of_a_migration(std::span<const change::RunRecord> runs,
                                                               const std::string& namespace_uid);

// The newest of `runs` in the namespace of that UID that saw a database migration to its end, if no run was
// rolled back since; else null. Which database that was is not looked at.
[[nodiscard]] const change::RunRecord* last_migrating_run(std::span<const change::RunRecord> runs,
                                                          const std::string& namespace_uid);

// Why no migration can be planned beside it, and what to do: of one that failed, or that runs and is
// another's. Nothing of all others.
[[nodiscard]] std::optional<Error> obstacle(Context& context, const EarlierMigration& earlier);

// --- Parts of hints ---

// "`kubectl -n NS ... describe job circle-migrator`" for `verb` "describe".
[[nodiscard]] std::string on_job(const Context& context, const std::string& verb);
// Only of a Job that is running.
[[nodiscard]] std::string follow_hint(const Context& context);
// Only of a Job that has ended, or that never began.
[[nodiscard]] std::string delete_hint(const Context& context);

}  // namespace kots_export::migration
