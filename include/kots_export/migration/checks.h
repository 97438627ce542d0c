#pragma once

#include <kots_export/change/observer.h>
#include <kots_export/migration/run.h>

#include <array>
#include <functional>
#include <span>
#include <string>
#include <string_view>

// What must hold before the first write: a table of checks, and one runner for it. docs/checks.md is made
// from the table.
namespace kots_export::migration {

// The columns of the table: what the checks are for.
enum class CheckedCommand { run, fix_manifest, annotate, kots_cleanup, flyway, postgres, rollback };
inline constexpr std::size_t kCheckedCommands = 7;

[[nodiscard]] std::string_view to_string(CheckedCommand command);
[[nodiscard]] CheckedCommand checked_command(Part part);

// What a problem that a check finds does to a command.
enum class OnProblem { not_asked, note, warn, stop };

struct Checking;      // what a check works with
struct CheckFinding;  // what it found

struct Check {
  std::string_view id;
  std::string_view group;
  std::string_view what;  // what it looks at, for docs/checks.md
  std::array<OnProblem, kCheckedCommands> on_problem;
  enum class When { before_planning, after_planning } when = When::before_planning;
  enum class Skipping { allowed, refused } skipping = Skipping::allowed;
  // Whether nothing after it makes sense where it fails: there is no installation to look at.
  enum class Gate { no, yes } gate = Gate::no;
  CheckFinding (*run)(Checking&);
};

// All of them, in the order in which they run.
[[nodiscard]] std::span<const Check> all_checks();

// Throws UsageError where one of `ids` (--skip-check) names no check, or one that is not to be skipped.
void require_skippable(std::span<const std::string> ids);

// Runs those checks that `command` asks and whose time has come, and tells the observer of each. What stops
// the command is noted in context.failed_checks. `plan` is null before planning. Reads, asks for access
// reviews, and changes nothing. Throws Error with exit code 4 where a gate fails, or the server does not
// answer or knows no such user; Interrupted.
void run_checks(Context& context, CheckedCommand command, const RunOptions& options,
                const MigrationPlan* plan);

// For commands that ask no other check. Throw Error with exit code 4 where the namespace does not exist
// (passes where this user may not look at it), or has no record of the release.
void require_namespace(Context& context);
void require_release(Context& context);

// Asks the cluster for the release's revisions once more, and throws Error where they, or their states, are
// others than those that the context knows: Helm was at work since. Passes where none were asked for before.
void require_same_revisions(Context& context);

// Throws Error with exit code 4: what a plan is made from may not be read (`error` is a 403). What else went
// wrong is thrown on.
[[noreturn]] void throw_not_planned(const Context& context, const kube::ApiError& error);

// Throws the Error (exit code 4) of the checks that failed, if any did.
void throw_if_checks_failed(const Context& context);

}  // namespace kots_export::migration
