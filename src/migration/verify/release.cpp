// The release, and the workloads that it made.
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "migration/revisions.h"
#include "migration/verify/cause.h"
#include "migration/verify/verifying.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

namespace kots_export::migration {

using nlohmann::json;

namespace {

// Source: the release notes of Server 4.0, "Known issues": they wait for an init container that moves the
// workflows' data from PostgreSQL to the bucket.
constexpr std::array<std::string_view, 2> kWaitForWorkflowData = {"workflows-conductor-event-consumer",
                                                                  "workflows-conductor-grpc-handler"};

bool waits_for_workflow_data(const Workload& workload) {
  return workload.kind == "Deployment" &&
         std::ranges::find(kWaitForWorkflowData, workload.name) != kWaitForWorkflowData.end();
}

// The init container that moves the data now, and its Pod.
struct Mover {
  std::string pod;
  std::string container;
  std::string since;  // RFC 3339
};

std::optional<Mover> mover_of(const Workload& workload, const PodsAndEvents& seen) {
  for (const json& pod : seen.pods) {
    const json* statuses = util::find_at(pod, {"status", "initContainerStatuses"});
    if (!selects(workload, pod) || statuses == nullptr || !statuses->is_array()) continue;
    for (const json& status : *statuses) {
      if (util::find_at(status, {"state", "running"}) == nullptr) continue;
      return Mover{.pod = util::text_at(pod, {"metadata", "name"}),
                   .container = util::text_at(status, {"name"}),
                   .since = util::text_at(status, {"state", "running", "startedAt"})};
    }
  }
  return std::nullopt;
}

// "since 2026-11-24T10:15:30Z (12 min)", by the clock of this machine.
std::string since_text(const std::string& since) {
  const auto time = util::parse_api_time(since);
  if (!time) return "for some time";
  const auto age = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now() - *time);
  return "since " + since + " (" + util::age_text(age) + ")";
}

// Those that are not ready, but for what only waits for the workflows' data.
std::vector<const Workload*> in_trouble(Verifying& verifying, const PodsAndEvents& seen) {
  std::vector<const Workload*> found;
  for (const Workload& workload : workloads_of(verifying)) {
    if (workload.is_ready()) continue;
    if (waits_for_workflow_data(workload) && mover_of(workload, seen)) continue;
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
  const std::string next = "`" + context.commands.kots_export("message") + "` prints the command.";
  if (is_pending(newest))
    return {problem(what + ": Helm is still at work on it, or was cut off",
                    "Wait: `" + context.commands.kots_export("verify --wait") + "`. Where it was cut off: " +
                        way_out_of_pending(context, stored_revisions(context)))};
  if (chart_version_of(release.chart_version).major < 4)
    return {problem(what + ": it is not upgraded to 4.x", "Run `helm upgrade`: " + next)};
  if (newest.status == kDeployed) return {ok(what)};
  const std::string why = release.description.empty() ? "" : ": " + util::printable(release.description);
  return {problem(what + why, "Fix what it names, then run `helm upgrade` again: " + next + " " +
                                  helm_command(verifying, "history " + util::shell_quote(context.release)) +
                                  " shows the revisions.")};
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
  if (!seen.no_events.empty())
    findings.push_back(note("the events could not be read, and may say more: " + seen.no_events));
  return findings;
}

Findings verify_workflow_data(Verifying& verifying) {
  std::vector<const Workload*> waiting;
  bool is_there = false;
  for (const Workload& workload : workloads_of(verifying)) {
    if (!waits_for_workflow_data(workload)) continue;
    is_there = true;
    if (!workload.is_ready()) waiting.push_back(&workload);
  }
  if (!is_there) return {skipped("the release has no Deployment that waits for it")};
  if (waiting.empty()) return {ok("it is in the bucket: what waits for it is ready")};
  const PodsAndEvents& seen = pods_and_events_of(verifying);
  std::vector<std::string> names;
  std::optional<Mover> first;
  for (const Workload* workload : waiting) {
    const auto mover = mover_of(*workload, seen);
    if (!mover) continue;
    names.push_back(workload->name);
    if (!first || mover->since < first->since) first = mover;
  }
  if (!first) return {skipped("what waits for it cannot start: check workloads says why")};
  const std::string tail =
      log_tail(verifying.context, first->pod, first->container, kube::Client::LogPart::Instance::current, 1);
  std::string deployments;
  for (const std::string_view name : kWaitForWorkflowData) deployments += " deployment/" + std::string(name);
  return {to_do(util::listed(names) + (names.size() == 1 ? " waits" : " wait") +
                    " for the workflows' data to be moved from PostgreSQL to the bucket, " +
                    since_text(first->since) + (tail.empty() ? "" : "; the log's last line: " + tail),
                "Nothing is wrong; more Pods move it faster: " +
                    kubectl(verifying, "scale" + deployments + " --replicas=4") + ". Its log: " +
                    kubectl(verifying, "logs -f " + first->pod + " -c " + first->container) + ".")};
}

}  // namespace kots_export::migration
