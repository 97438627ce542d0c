#include <kots_export/migration/fix_manifest.h>
#include <kots_export/migration/names.h>
#include <kots_export/util/text.h>

#include "migration/checks/checking.h"
#include "migration/revisions.h"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace kots_export::migration {

namespace {

using helm::StoredRevision;

// "Ingress web (extensions/v1beta1)"
std::string name_of(const helm::ManifestObject& object) {
  return object.kind + " " + object.name + " (" + object.api_version + ")";
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
      return "First `" +
             helm(context,
                  "rollback " + util::shell_quote(context.release) + " " + std::to_string(stored.revision)) +
             "`, back to 3.x, then this.";
  }
  return "No record of a 3.x revision is left to go back to: restore Secrets " +
         std::string(helm::kReleaseSecretPrefix) + context.release + ".v* from a backup first.";
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
  throw Error("Helm has changed release " + context.release + " since this was planned",
              "nothing was changed", Hint::with_way_on("Run the same command again: it makes a new plan."));
}

CheckFinding check_release(Checking& checking) {
  Context& context = checking.context;
  std::set<std::string> releases;
  for (const auto& stored : stored_releases(context)) releases.insert(stored.release);
  if (releases.contains(context.release)) return ok(context.release);
  const std::vector<std::string> names(releases.begin(), releases.end());
  return problem(
      "namespace " + context.ns.name + " has no release " + context.release + ": " +
          (names.empty() ? "it has none at all" : "releases that are there: " + util::listed(names)),
      "Name the release with --release-name and its namespace with --namespace; `" +
          context.commands.helm(context.ns.name, "list --all-namespaces", {}) + "` shows what is there.");
}

CheckFinding check_release_chart(Checking& checking) {
  constexpr int kOldest = 4;  // the guide: Server 3.4 or later
  const helm::Release& release = decoded_revision(checking.context, current_revision(checking.context));
  const std::string what = "release " + checking.context.release + " is chart " +
                           util::printable(release.chart_name + " " + release.chart_version) + " (revision " +
                           std::to_string(release.revision) + ")";
  const ChartVersion version = chart_version_of(release.chart_version);
  if (!is_server(release))
    return problem(what + ", not " + std::string(names::kChart),
                   "Name the release of CircleCI Server with --release-name.");
  if (version.major >= 4)
    return problem(what + ": there is nothing to migrate",
                   "Choose another cluster with --context, or go on with `helm upgrade`.");
  if (version.major < 3)
    return problem(what, "Upgrade to Server 3.4 or later first: only that can be migrated.");
  if (version.minor < kOldest)
    return warning(what + ", and the migration is made for 3.4 or later", "Upgrade to Server 3.4 first.");
  return ok(what);
}

CheckFinding check_release_status(Checking& checking) {
  const auto revisions = stored_revisions(checking.context);
  const StoredRevision& newest = revisions.back();
  const std::string what = state_of(newest);
  if (newest.status == kDeployed) return ok(what);
  if (is_pending(newest))
    return problem(what + ": Helm will refuse the upgrade (another operation is in progress)",
                   way_out_of_pending(checking.context, revisions));
  const auto deployed = helm::newest_deployed(revisions);
  if (!deployed) {
    const std::string look =
        "Look at `" + helm(checking.context, "history " + util::shell_quote(checking.context.release)) + "`";
    // Source: Helm, pkg/action/upgrade.go prepareUpgrade: it upgrades from either where none is deployed.
    if (newest.status == "failed" || newest.status == "superseded")
      return warning(what + ", and none is deployed", look + ", and see that what runs is what it says.");
    return problem(what + ", and none is deployed: Helm will refuse the upgrade",
                   look + ", and roll back to a revision that worked.");
  }
  const std::string over = what + "; " + name_of(*deployed) + " is deployed";
  const helm::Release& release = decoded_revision(checking.context, newest);
  if (chart_version_of(release.chart_version).major >= 4)
    return problem(
        over + ": an upgrade to chart " + util::printable(release.chart_version) + " was tried and failed",
        "The migration was done before it. Run the step that the upgrade misses (annotate or "
        "kots_cleanup) and `helm upgrade` again.");
  return warning(over, newest.status == "failed"
                           ? "See that what is deployed is what runs: an upgrade in 3.x failed."
                           : "See that what is deployed is what runs.");
}

CheckFinding check_manifest_apis(Checking& checking) {
  Context& context = checking.context;
  const helm::ServedManifest& served = served_manifest(context);
  if (served.mapped.empty() && served.unmapped.empty()) return ok("every API version in the manifest is served");
  const auto refusal = [](const std::vector<std::string>& objects) {
    return "the server no longer serves " + util::listed(objects) +
           ": `helm upgrade` cannot read what is deployed, and refuses";
  };
  std::vector<std::string> objects;
  for (const auto& [object, why] : served.unmapped) objects.push_back(name_of(object) + ": " + why);
  if (!objects.empty()) {
    const std::string show = helm(context, "get manifest " + util::shell_quote(context.release));
    return problem(refusal(objects), "fix-manifest cannot map these: `" + show +
                                         "` shows them. Helm's plugin mapkubeapis takes a map of your own.");
  }
  for (const auto& [object, to] : served.mapped) objects.push_back(name_of(object));
  switch (checking.command) {
    case CheckedCommand::fix_manifest:
      return ok(util::counted(objects.size(), "object") + " to map");
    case CheckedCommand::run:
      return warning(refusal(objects),
                     "Nothing is to be done: fix-manifest, the run's first step, maps them.");
    default:
      return warning(refusal(objects), "`" + context.commands.kots_export("fix-manifest") +
                                           "` maps them to versions that are.");
  }
}

CheckFinding check_not_upgraded(Checking& checking) {
  Context& context = checking.context;
  const auto revisions = stored_revisions(context);
  if (revisions.empty()) return skipped("release " + context.release + " has no record");
  for (const StoredRevision& stored : {revisions.back(), current_revision(context)}) {
    if (stored.status != kDeployed && !is_pending(stored)) continue;
    const helm::Release& release = decoded_revision(context, stored);
    if (chart_version_of(release.chart_version).major < 4) continue;
    return problem(
        name_of(stored) + " is chart " + util::printable(release.chart_version) + ", " + stored.status,
        way_back_to_3(context) + " --after-upgrade rolls back anyway.");
  }
  return ok("release " + context.release + " is not upgraded");
}

}  // namespace kots_export::migration
