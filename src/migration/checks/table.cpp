#include <kots_export/kube/http_status.h>
#include <kots_export/util/nearest.h>
#include <kots_export/util/text.h>

#include "migration/checks/checking.h"

#include <algorithm>
#include <vector>

namespace kots_export::migration {

namespace {

using Kind = CheckFinding::Kind;
using Status = change::CheckOutcome::Status;
using When = Check::When;
using Skipping = Check::Skipping;
using Gate = Check::Gate;

constexpr OnProblem kStop = OnProblem::stop;
constexpr OnProblem kWarn = OnProblem::warn;
constexpr OnProblem kNote = OnProblem::note;
constexpr OnProblem kNone = OnProblem::not_asked;

constexpr When kBefore = When::before_planning;
constexpr When kAfter = When::after_planning;

// The columns are those of CheckedCommand: run, fix-manifest, annotate, kots_cleanup, flyway, postgres,
// rollback. fix-manifest, annotate and kots_cleanup alone are what is run again after a `helm upgrade` that
// failed.
// clang-format off
constexpr std::array kChecks = {
    Check{"server-version", "cluster", "the API server's version against those that the 4.x chart is made for",
          {kWarn, kNone, kNone, kNone, kNone, kNone, kNone}, kBefore, Skipping::allowed, Gate::no, check_server_version},
    Check{"clock", "cluster", "the API server's clock against this machine's",
          {kWarn, kWarn, kWarn, kWarn, kWarn, kWarn, kWarn}, kBefore, Skipping::allowed, Gate::no, check_clock},
    Check{"identity", "cluster", "who this user is, and that the credential lasts as long as a run can: --timeout and 10 minutes",
          {kWarn, kWarn, kWarn, kWarn, kWarn, kWarn, kWarn}, kBefore, Skipping::allowed, Gate::no, check_identity},
    Check{"namespace", "cluster", "that the namespace exists",
          {kStop, kStop, kStop, kStop, kStop, kStop, kStop}, kBefore, Skipping::refused, Gate::yes, check_namespace},
    Check{"lock", "cluster", "that no other run holds the lock on the namespace",
          {kStop, kStop, kStop, kStop, kStop, kStop, kStop}, kBefore, Skipping::refused, Gate::no, check_lock},
    Check{"reading", "cluster", "that this user may read what the plan is made from",
          {kStop, kStop, kStop, kStop, kStop, kStop, kNone}, kBefore, Skipping::allowed, Gate::no, check_reading},
    Check{"release", "release", "that the Helm release has a record in the namespace",
          {kStop, kStop, kStop, kStop, kStop, kStop, kNone}, kBefore, Skipping::refused, Gate::yes, check_release},
    Check{"release-chart", "release", "that the release is of a circleci-server chart, and not of 4.x; before 3.4 it only warns",
          {kStop, kNote, kNote, kNote, kWarn, kStop, kNone}, kBefore, Skipping::refused, Gate::no, check_release_chart},
    Check{"release-status", "release", "that Helm will take the upgrade: the newest revision is deployed",
          {kStop, kNote, kNote, kNote, kWarn, kStop, kNone}, kBefore, Skipping::allowed, Gate::no, check_release_status},
    Check{"manifest-apis", "release", "that the server serves every API version of the release's manifest, or fix-manifest can map it",
          {kStop, kStop, kWarn, kNone, kWarn, kWarn, kNone}, kBefore, Skipping::allowed, Gate::no, check_manifest_apis},
    Check{"helm-force", "release", "whether `helm upgrade --force` can replace Services here; if not, the printed command has no --force",
          {kNote, kNone, kNone, kNone, kNone, kNone, kNone}, kBefore, Skipping::allowed, Gate::no, check_helm_force},
    Check{"not-upgraded", "release", "that Helm has not upgraded the release to 4.x, or is about to",
          {kNone, kNone, kNone, kNone, kNone, kNone, kStop}, kBefore, Skipping::allowed, Gate::no, check_not_upgraded},
    Check{"pull-secret", "registry", "that Secret regcred can pull from the 4.x registry",
          {kStop, kNone, kNone, kNone, kStop, kNone, kNone}, kBefore, Skipping::allowed, Gate::no, check_pull_secret},
    Check{"registry-image", "registry", "that the registry has the migrator's image, and gives it to Secret regcred",
          {kStop, kNone, kNone, kNone, kStop, kNone, kNone}, kBefore, Skipping::allowed, Gate::no, check_registry_image},
    Check{"registry-chart", "registry", "the same of the chart at --target-version",
          {kStop, kNone, kNone, kNone, kNone, kNone, kNone}, kBefore, Skipping::allowed, Gate::no, check_registry_chart},
    Check{"database", "database", "that the frontend runs, and has the database's address and password",
          {kStop, kNone, kNone, kNone, kStop, kNone, kNone}, kBefore, Skipping::refused, Gate::no, check_database},
    Check{"migrator-job", "database", "the Job of a database migration that was started before; for a rollback: that it is not running",
          {kStop, kNone, kNone, kNone, kStop, kWarn, kStop}, kBefore, Skipping::refused, Gate::no, check_migrator_job},
    Check{"sidecars", "database", "that no sidecar is injected into the namespace's Pods",
          {kWarn, kNone, kNone, kNone, kWarn, kNone, kNone}, kBefore, Skipping::allowed, Gate::no, check_sidecars},
    Check{"workloads", "installation", "what is not healthy before the migration",
          {kWarn, kNone, kNone, kNone, kWarn, kNone, kNone}, kBefore, Skipping::allowed, Gate::no, check_workloads},
    Check{"volumes", "installation", "volumes whose data is deleted with their claims",
          {kNote, kNone, kNone, kNote, kNone, kNone, kNone}, kBefore, Skipping::allowed, Gate::no, check_volumes},
    Check{"backup", "installation", "a Velero backup of the namespace, completed in the last 24 hours",
          {kWarn, kNone, kNone, kNone, kWarn, kWarn, kNone}, kBefore, Skipping::allowed, Gate::no, check_backup},
    Check{"kots-cluster-role", "installation", "KOTS's rights on the whole cluster, which stay behind",
          {kNote, kNone, kNone, kNote, kNone, kNone, kNone}, kBefore, Skipping::allowed, Gate::no, check_kots_cluster_role},
    Check{"values", "plan", "that the 4.x values are what the chart takes",
          {kStop, kNone, kNone, kNone, kNone, kNone, kNone}, kAfter, Skipping::allowed, Gate::no, check_values},
    Check{"own-secrets", "plan", "that the Secrets exist that the 4.x values leave to the operator",
          {kWarn, kNone, kNone, kNone, kNone, kNone, kNone}, kAfter, Skipping::allowed, Gate::no, check_own_secrets},
    Check{"postgresql-tls", "plan", "PostgreSQL's certificate, in the Secret that the 4.x values name: its key, its CA, its dates, its name",
          {kWarn, kNone, kNone, kNone, kNone, kNone, kNone}, kAfter, Skipping::allowed, Gate::no, check_postgresql_tls},
    Check{"permissions", "plan", "every verb on every resource that the plan needs",
          {kStop, kStop, kStop, kStop, kStop, kStop, kStop}, kAfter, Skipping::allowed, Gate::no, check_permissions},
    Check{"disk", "plan", "room for values, logs and the journal below --output-dir",
          {kStop, kStop, kStop, kStop, kStop, kStop, kStop}, kAfter, Skipping::allowed, Gate::no, check_disk},
};
// clang-format on

[[noreturn]] void fail(const Error& error) {
  throw Error(error.headline(), error.why(), error.hint(), ExitCode::check_failed);
}

// Where this user's rights end at what a check looks at, it says nothing.
CheckFinding look(const Check& check, Checking& checking) {
  const auto& skip = checking.options.skip_checks;
  if (std::ranges::find(skip, check.id) != skip.end()) return skipped("--skip-check");
  try {
    return check.run(checking);
  } catch (const kube::ApiError& error) {
    if (error.code() != kube::http::kForbidden || check.gate == Gate::yes) fail(error);
    return skipped(error.why());
  } catch (const kube::ConnectionError& error) {
    fail(error);
  }
}

void require(CheckFinding (*check)(Checking&), Context& context) {
  const RunOptions options;
  Checking checking{.context = context, .command = CheckedCommand::run, .options = options, .plan = nullptr};
  const CheckFinding finding = check(checking);
  if (finding.kind == Kind::problem) throw Error(finding.detail, {}, finding.remedy, ExitCode::check_failed);
}

}  // namespace

std::string_view to_string(CheckedCommand command) {
  constexpr std::array<std::string_view, kCheckedCommands> kNames = {
      "run", "fix-manifest", "annotate", "kots_cleanup", "flyway", "postgres", "rollback"};
  return kNames.at(static_cast<std::size_t>(command));
}

CheckedCommand checked_command(Part part) {
  switch (part) {
    case Part::whole:
      return CheckedCommand::run;
    case Part::fix_manifest:
      return CheckedCommand::fix_manifest;
    case Part::annotate:
      return CheckedCommand::annotate;
    case Part::kots_cleanup:
      return CheckedCommand::kots_cleanup;
    case Part::flyway:
      return CheckedCommand::flyway;
    case Part::postgres:
      return CheckedCommand::postgres;
  }
  return CheckedCommand::run;
}

std::span<const Check> all_checks() { return kChecks; }

namespace {

std::string did_you_mean(const std::string& id) {
  std::vector<std::string_view> ids;
  for (const Check& check : kChecks) ids.push_back(check.id);
  return util::did_you_mean(id, ids);
}

// Those that may be skipped.
std::vector<std::string> skippable() {
  std::vector<std::string> ids;
  for (const Check& check : kChecks)
    if (check.skipping != Skipping::refused) ids.emplace_back(check.id);
  return ids;
}

}  // namespace

void require_skippable(std::span<const std::string> ids) {
  for (const std::string& id : ids) {
    const auto* const check = std::ranges::find(kChecks, id, &Check::id);
    if (check == kChecks.end())
      throw UsageError(util::filled("--skip-check: there is no check {check}{suggestion}",
                                    {{"check", id}, {"suggestion", did_you_mean(id)}}),
                       {},
                       util::filled("Those that may be skipped: {checks}.",
                                    {{"checks", util::listed(skippable(), kChecks.size())}}));
    if (check->skipping == Skipping::refused)
      throw UsageError(util::filled("--skip-check: {check} cannot be skipped", {{"check", id}}), {},
                       "What it finds has to be put right first.");
  }
}

void run_checks(Context& context, CheckedCommand command, const RunOptions& options,
                const MigrationPlan* plan) {
  Checking checking{.context = context, .command = command, .options = options, .plan = plan};
  const When when = plan == nullptr ? kBefore : kAfter;
  for (const Check& check : kChecks) {
    const OnProblem on_problem = check.on_problem[static_cast<std::size_t>(command)];
    if (check.when != when || on_problem == kNone) continue;
    CheckFinding finding = look(check, checking);
    const Status status = status_of(finding, on_problem);
    if (status == Status::failed) context.failed_checks.emplace_back(check.id);
    const bool is_gate = status == Status::failed && check.gate == Gate::yes;
    if (is_gate) throw Error(finding.detail, {}, finding.remedy, ExitCode::check_failed);
    tell(context.observer, check.id, check.group, status, std::move(finding));
  }
}

void require_namespace(Context& context) { require(check_namespace, context); }

void require_release(Context& context) {
  require_namespace(context);
  require(check_release, context);
}

void throw_not_planned(const Context& context, const kube::ApiError& error) {
  if (error.code() != kube::http::kForbidden) throw error;
  throw Error(error.headline(), error.why(),
              util::filled("Ask the cluster's administrator for it; `{command}` shows what this user may do.",
                           {{"command", context.commands.kubectl(context.ns.name, "auth can-i --list")}}),
              ExitCode::check_failed);
}

void throw_if_checks_failed(const Context& context) {
  const auto& failed = context.failed_checks;
  if (failed.empty()) return;
  const bool may_be_skipped = std::ranges::any_of(failed, [](const std::string& id) {
    return std::ranges::find(kChecks, id, &Check::id)->skipping == Skipping::allowed;
  });
  const char* words =
      failed.size() == 1 ? "check {checks} failed, as shown above" : "checks {checks} failed, as shown above";
  throw Error("nothing was changed", util::filled(words, {{"checks", util::listed(failed)}}),
              may_be_skipped ? "Fix these checks, or skip one with --skip-check ID if you are sure."
                             : "Fix these checks: they cannot be skipped.",
              ExitCode::check_failed);
}

}  // namespace kots_export::migration
