// The release, and the workloads that it made.
#include <kots_export/migration/names.h>
#include <kots_export/util/text.h>

#include "migration/revisions.h"
#include "migration/verify/cause.h"
#include "migration/verify/verifying.h"
#include "migration/verify/workflow_data.h"

#include <algorithm>
#include <array>
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

// The newest revision is a way back to 3.x that failed, and 4.x is deployed.
CheckFinding of_failed_way_back(Verifying& verifying, const helm::Release& newest,
                                const std::string& history) {
  const char* words =
      newest.description.empty()
          ? "{state}, chart {chart}: helm rollback to 3.x has failed, {deployed} of 4.x is deployed"
          : "{state}, chart {chart}: helm rollback to 3.x has failed, {deployed} of 4.x is deployed: {why}";
  return problem(
      util::filled(words, {{"state", state_of(verifying.newest)},
                           {"chart", util::printable(newest.chart_name + " " + newest.chart_version)},
                           {"deployed", name_of(verifying.revision)},
                           {"why", util::printable(newest.description)}}),
      util::filled(
          "To go back, fix what it names and run `helm rollback` again: {history} shows the revisions. "
          "To stay with 4.x, run `helm upgrade` again: `{command}` prints the command.",
          {{"history", history}, {"command", command_for_chart(verifying, "message")}}));
}

bool all_ready(Verifying& verifying) {
  return std::ranges::all_of(workloads_of(verifying), &Workload::is_ready);
}

}  // namespace

Findings verify_release(Verifying& verifying) {
  Context& context = verifying.context;
  const helm::StoredRevision& newest = verifying.newest;
  const helm::Release& release = decoded_revision(context, newest);
  const std::string history = helm_command(verifying, "history " + util::shell_quote(context.release));
  if (newest.revision != verifying.revision.revision)
    return {of_failed_way_back(verifying, release, history)};
  const std::array<util::Argument, 4> arguments = {
      util::Argument{"state", state_of(newest)},
      util::Argument{"chart", util::printable(release.chart_name + " " + release.chart_version)},
      util::Argument{"wanted", names::kChart}, util::Argument{"why", util::printable(release.description)}};
  if (!is_server(release))
    return {problem(util::filled("{state}, chart {chart}, not {wanted}", arguments),
                    "Name the release of CircleCI Server with --release-name.")};
  if (is_pending(newest))
    return {problem(
        util::filled("{state}, chart {chart}: Helm is still at work on it, or was cut off", arguments),
        util::filled("Wait: `{command}`. Where it was cut off: {remedy}",
                     {{"command", context.commands.kots_export("verify --wait")},
                      {"remedy", way_out_of_pending(context, stored_revisions(context))}}))};
  // What comes next may be the migration, and without its values file there is nothing to upgrade with.
  if (!is_upgraded(release))
    return {problem(util::filled("{state}, chart {chart}: it is not upgraded to 4.x", arguments),
                    util::filled("`{command}` shows how far the migration is, and what comes next.",
                                 {{"command", context.commands.kots_export("status")}}))};
  if (newest.status == kDeployed) return {ok(util::filled("{state}, chart {chart}", arguments))};
  const char* words =
      release.description.empty() ? "{state}, chart {chart}" : "{state}, chart {chart}: {why}";
  const helm::StoredRevision current = current_revision(context);
  const bool is_3x_deployed = current.status == kDeployed && !is_upgraded(decoded_revision(context, current));
  if (newest.status == "failed" && is_3x_deployed)
    return {problem(
        util::filled(words, arguments),
        util::filled("Fix what it names. Where `{status}` shows steps of the migration that are not done, go "
                     "back with `{rollback}` and do them first; else run `helm upgrade` again: `{command}` "
                     "prints the command. {history} shows the revisions.",
                     {{"status", context.commands.kots_export("status")},
                      {"rollback", rollback_command(context, current.revision)},
                      {"command", command_for_chart(verifying, "message")},
                      {"history", history}}))};
  if (newest.status == "failed")
    return {problem(
        util::filled(words, arguments),
        util::filled("Fix what it names, then run `helm upgrade` again: `{command}` prints the command. "
                     "{history} shows the revisions.",
                     {{"command", command_for_chart(verifying, "message")}, {"history", history}}))};
  return {problem(util::filled(words, arguments),
                  util::filled("It is not deployed: {history} shows what became of it, and `helm rollback` "
                               "brings a revision back.",
                               {{"history", history}}))};
}

Findings verify_workloads(Verifying& verifying) {
  const std::size_t all = workloads_of(verifying).size();
  if (all == 0)
    return {problem("the namespace has no Deployment, StatefulSet, DaemonSet or Job",
                    util::filled("See that this is the right namespace: {command}.",
                                 {{"command", kubectl(verifying, "get all")}}))};
  if (all_ready(verifying))
    return {ok(util::filled("{workloads}, all ready", {{"workloads", util::counted(all, "workload")}}))};
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
      groups[place->second].workloads.push_back(workload->title_and_why());
    }
  }
  if (groups.empty())
    return {ok(util::filled("{workloads}, all ready but for those that check workflow-data names",
                            {{"workloads", util::counted(all, "workload")}}))};
  Findings findings;
  for (const Group& group : groups)
    findings.push_back(
        problem(util::filled("{workloads}: {cause}",
                             {{"workloads", util::listed(group.workloads)}, {"cause", group.cause.what}}),
                group.cause.remedy));
  if (!seen.no_pods.empty())
    findings.push_back(
        note(util::filled("the Pods could not be read, and would say why: {why}", {{"why", seen.no_pods}})));
  if (!seen.no_events.empty())
    findings.push_back(note(
        util::filled("the events could not be read, and may say more: {why}", {{"why", seen.no_events}})));
  return findings;
}

}  // namespace kots_export::migration
