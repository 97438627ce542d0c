#include <kots_export/migration/fix_manifest.h>
#include <kots_export/migration/names.h>
#include <kots_export/util/text.h>

#include "migration/checks/checking.h"
#include "migration/revisions.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace kots_export::migration {

namespace {

using helm::StoredRevision;

// "Ingress web (extensions/v1beta1)"
std::string name_of(const helm::ManifestObject& object) {
  return util::filled("{kind} {name} ({version})",
                      {{"kind", object.kind}, {"name", object.name}, {"version", object.api_version}});
}

std::string helm(const Context& context, const std::string& command) {
  return context.commands.helm(context.ns.name, command, {});
}

// How Helm gets back to the newest revision of 3.x that ran. Without its number Helm goes back by one, which
// may be 4.x too.
std::string way_back_to_3(Context& context) {
  for (const StoredRevision& stored : stored_revisions(context) | std::views::reverse) {
    if (stored.status != kDeployed && stored.status != "superseded") continue;
    if (chart_version_of(decoded_revision(context, stored).chart_version).major < 4)
      return util::filled("First `{command}`, back to 3.x, then this.",
                          {{"command", helm(context, "rollback " + util::shell_quote(context.release) + " " +
                                                         std::to_string(stored.revision))}});
  }
  return util::filled(
      "No record of a 3.x revision is left to go back to: restore Secrets {prefix}{release}.v* from a backup "
      "first.",
      {{"prefix", helm::kReleaseSecretPrefix}, {"release", context.release}});
}

using RevisionStates = std::vector<std::tuple<int, std::string, std::string>>;

RevisionStates states_of(Context& context) {
  RevisionStates states;
  for (const StoredRevision& stored : stored_revisions(context))
    states.emplace_back(stored.revision, stored.status, stored.secret.uid);
  return states;
}

}  // namespace

void require_same_revisions(Context& context) {
  if (!context.releases) return;
  const RevisionStates then = states_of(context);
  context.releases.reset();
  if (states_of(context) == then) return;
  throw Error(util::filled("Helm has changed release {release} since this was planned",
                           {{"release", context.release}}),
              "nothing was changed", Hint::with_way_on("Run the same command again: it makes a new plan."));
}

CheckFinding check_release(Checking& checking) {
  Context& context = checking.context;
  std::set<std::string> releases;
  for (const auto& stored : stored_releases(context)) releases.insert(stored.release);
  if (releases.contains(context.release)) return ok(context.release);
  const std::vector<std::string> names(releases.begin(), releases.end());
  const char* words =
      names.empty() ? "namespace {namespace} has no release {release}: it has none at all"
                    : "namespace {namespace} has no release {release}: releases that are there: {names}";
  return problem(
      util::filled(
          words,
          {{"namespace", context.ns.name}, {"release", context.release}, {"names", util::listed(names)}}),
      util::filled("Name the release with --release-name and its namespace with --namespace; `{command}` "
                   "shows what is there.",
                   {{"command", context.commands.helm(context.ns.name, "list --all-namespaces", {})}}));
}

CheckFinding check_release_chart(Checking& checking) {
  constexpr int kOldest = 4;  // the guide: Server 3.4 or later
  const helm::Release& release = decoded_revision(checking.context, current_revision(checking.context));
  const std::array<util::Argument, 4> arguments = {
      util::Argument{"release", checking.context.release},
      util::Argument{"chart", util::printable(release.chart_name + " " + release.chart_version)},
      util::Argument{"revision", release.revision}, util::Argument{"wanted", names::kChart}};
  const std::string what =
      util::filled("release {release} is chart {chart} (revision {revision})", arguments);
  const ChartVersion version = chart_version_of(release.chart_version);
  if (!is_server(release))
    return problem(
        util::filled("release {release} is chart {chart} (revision {revision}), not {wanted}", arguments),
        "Name the release of CircleCI Server with --release-name.");
  if (version.major >= 4)
    return problem(
        util::filled("release {release} is chart {chart} (revision {revision}): there is nothing to migrate",
                     arguments),
        "Choose another cluster with --context, or go on with `helm upgrade`.");
  if (version.major < 3)
    return problem(what, "Upgrade to Server 3.4 or later first: only that can be migrated.");
  if (version.minor < kOldest)
    return warning(util::filled("release {release} is chart {chart} (revision {revision}), and the migration "
                                "is made for 3.4 or later",
                                arguments),
                   "Upgrade to Server 3.4 first.");
  return ok(what);
}

CheckFinding check_release_status(Checking& checking) {
  const auto revisions = stored_revisions(checking.context);
  const StoredRevision& newest = revisions.back();
  const std::string state = state_of(newest);
  if (newest.status == kDeployed) return ok(state);
  if (is_pending(newest))
    return problem(util::filled("{state}: Helm will refuse the upgrade (another operation is in progress)",
                                {{"state", state}}),
                   way_out_of_pending(checking.context, revisions));
  const auto deployed = helm::newest_deployed(revisions);
  if (!deployed) {
    const std::string history =
        helm(checking.context, "history " + util::shell_quote(checking.context.release));
    // Source: Helm, pkg/action/upgrade.go prepareUpgrade: it upgrades from either where none is deployed.
    if (newest.status == "failed" || newest.status == "superseded")
      return warning(util::filled("{state}, and none is deployed", {{"state", state}}),
                     util::filled("Look at `{command}`, and see that what runs is what it says.",
                                  {{"command", history}}));
    return problem(
        util::filled("{state}, and none is deployed: Helm will refuse the upgrade", {{"state", state}}),
        util::filled("Look at `{command}`, and roll back to a revision that worked.",
                     {{"command", history}}));
  }
  const helm::Release& release = decoded_revision(checking.context, newest);
  if (chart_version_of(release.chart_version).major >= 4)
    return problem(
        util::filled("{state}; {revision} is deployed: an upgrade to chart {chart} was tried and failed",
                     {{"state", state},
                      {"revision", name_of(*deployed)},
                      {"chart", util::printable(release.chart_version)}}),
        "The migration was done before it. Run the step that the upgrade misses (annotate or "
        "kots_cleanup) and `helm upgrade` again.");
  return warning(
      util::filled("{state}; {revision} is deployed", {{"state", state}, {"revision", name_of(*deployed)}}),
      newest.status == "failed" ? "See that what is deployed is what runs: an upgrade in 3.x failed."
                                : "See that what is deployed is what runs.");
}

CheckFinding check_manifest_apis(Checking& checking) {
  Context& context = checking.context;
  const helm::ServedManifest& served = served_manifest(context);
  if (served.mapped.empty() && served.unmapped.empty())
    return ok("every API version in the manifest is served");
  const auto refusal = [](const std::vector<std::string>& objects) {
    return util::filled(
        "the server no longer serves {objects}: `helm upgrade` cannot read what is deployed, and refuses",
        {{"objects", util::listed(objects)}});
  };
  std::vector<std::string> objects;
  for (const auto& [object, why] : served.unmapped)
    objects.push_back(util::filled("{object}: {why}", {{"object", name_of(object)}, {"why", why}}));
  if (!objects.empty()) {
    const std::string show = helm(context, "get manifest " + util::shell_quote(context.release));
    return problem(refusal(objects), util::filled("fix-manifest cannot map these: `{command}` shows them. "
                                                  "Helm's plugin mapkubeapis takes a map of your own.",
                                                  {{"command", show}}));
  }
  for (const auto& [object, to] : served.mapped) objects.push_back(name_of(object));
  switch (checking.command) {
    case CheckedCommand::fix_manifest:
      return ok(util::filled("{objects} to map", {{"objects", util::counted(objects.size(), "object")}}));
    case CheckedCommand::run:
      return warning(refusal(objects),
                     "Nothing is to be done: fix-manifest, the run's first step, maps them.");
    default:
      return warning(refusal(objects),
                     util::filled("`{command}` maps them to versions that are.",
                                  {{"command", context.commands.kots_export("fix-manifest")}}));
  }
}

CheckFinding check_not_upgraded(Checking& checking) {
  Context& context = checking.context;
  const auto revisions = stored_revisions(context);
  if (revisions.empty())
    return skipped(util::filled("release {release} has no record", {{"release", context.release}}));
  for (const StoredRevision& stored : {revisions.back(), current_revision(context)}) {
    if (stored.status != kDeployed && !is_pending(stored)) continue;
    const helm::Release& release = decoded_revision(context, stored);
    if (chart_version_of(release.chart_version).major < 4) continue;
    return problem(util::filled("{revision} is chart {chart}, {status}",
                                {{"revision", name_of(stored)},
                                 {"chart", util::printable(release.chart_version)},
                                 {"status", stored.status}}),
                   way_back_to_3(context) + " --after-upgrade rolls back anyway.");
  }
  return ok(util::filled("release {release} is not upgraded", {{"release", context.release}}));
}

}  // namespace kots_export::migration
