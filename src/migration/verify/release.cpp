// The release, and the workloads that it made.
#include <kots_export/migration/names.h>
#include <kots_export/util/text.h>

#include "migration/revisions.h"
#include "migration/verify/cause.h"
#include "migration/verify/verifying.h"
#include "migration/verify/workflow_data.h"

#include <algorithm>
#include <map>

namespace kots_export::migration {

namespace {

// Those that are not ready, but for what only waits for the workflows' data.
std::vector<const Workload*> in_trouble(Verifying& verifying, const PodsAndEvents& seen) {
  std::vector<const Workload*> found;
  for (const Workload& workload : workloads_of(verifying)) {
    if (workload.is_ready()) continue;
    if (mover_of(verifying.context, workload, seen)) continue;
    found.push_back(&workload);
  }
  return found;
}

bool all_ready(Verifying& verifying) {
  return std::ranges::all_of(workloads_of(verifying), &Workload::is_ready);
}

}  // namespace

Findings verify_release(Verifying& verifying) {
  Context& context = verifying.context;
  const helm::StoredRevision& newest = verifying.revision;
  const helm::Release& release = release_of(verifying);
  const std::string what =
      state_of(newest) + ", chart " + util::printable(release.chart_name + " " + release.chart_version);
  if (!is_server(release))
    return {problem(what + ", not " + std::string(names::kChart),
                    "Name the release of CircleCI Server with --release-name.")};
  if (is_pending(newest))
    return {problem(what + ": Helm is still at work on it, or was cut off",
                    "Wait: `" + context.commands.kots_export("verify --wait") + "`. Where it was cut off: " +
                        way_out_of_pending(context, stored_revisions(context)))};
  // What comes next may be the migration, and for a values file there is nothing to upgrade with before it.
  if (!is_upgraded(release))
    return {problem(what + ": it is not upgraded to 4.x",
                    util::filled("`{command}` shows how far the migration is, and what comes next.",
                                 {{"command", context.commands.kots_export("status")}}))};
  if (newest.status == kDeployed) return {ok(what)};
  const std::string why = release.description.empty() ? "" : ": " + util::printable(release.description);
  const std::string history = helm_command(verifying, "history " + util::shell_quote(context.release));
  if (newest.status == "failed")
    return {problem(
        what + why,
        util::filled("Fix what it names, then run `helm upgrade` again: {message} prints the command. "
                     "{history} shows the revisions.",
                     {{"message", command_for_chart(verifying, "message")}, {"history", history}}))};
  return {problem(
      what + why,
      util::filled("It is not deployed: {history} shows what became of it, and `helm rollback` brings a "
                   "revision back.",
                   {{"history", history}}))};
}

Findings verify_workloads(Verifying& verifying) {
  const std::size_t all = workloads_of(verifying).size();
  if (all == 0)
    return {problem("the namespace has no Deployment, StatefulSet, DaemonSet or Job",
                    "See that this is the right namespace: " + kubectl(verifying, "get all") + ".")};
  if (all_ready(verifying)) return {ok(util::counted(all, "workload") + ", all ready")};
  const PodsAndEvents& seen = pods_and_events_of(verifying);
  struct Group {
    Cause cause;
    std::vector<std::string> workloads;
  };
  std::vector<Group> groups;
  std::map<std::string, std::size_t> by_key;
  const auto troubled = in_trouble(verifying, seen);
  for (const Workload* workload : troubled) {
    for (Cause& cause : causes_of(verifying.context, *workload, seen)) {
      const auto [place, is_new] = by_key.try_emplace(cause.key, groups.size());
      if (is_new) groups.push_back({.cause = std::move(cause), .workloads = {}});
      groups[place->second].workloads.push_back(workload->title() + " (" + workload->readiness.why + ")");
    }
  }
  if (groups.empty())
    return {ok(util::counted(all, "workload") + ", all ready but for those that check workflow-data names")};
  Findings findings;
  for (const Group& group : groups)
    findings.push_back(problem(util::listed(group.workloads) + ": " + group.cause.what, group.cause.remedy));
  if (!seen.no_pods.empty())
    findings.push_back(note("the Pods could not be read, and would say why: " + seen.no_pods));
  if (!seen.no_events.empty())
    findings.push_back(note("the events could not be read, and may say more: " + seen.no_events));
  return findings;
}

}  // namespace kots_export::migration
