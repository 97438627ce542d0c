#include "migration/verify/workflow_data.h"

#include <kots_export/util/json.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "migration/verify/verifying.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace kots_export::migration {

using nlohmann::json;

namespace {

// Source: the release notes of Server 4.0, "Known issues": they wait for an init container that moves the
// workflows' data from PostgreSQL to the bucket.
constexpr std::array<std::string_view, 2> kWaitForWorkflowData = {"workflows-conductor-event-consumer",
                                                                  "workflows-conductor-grpc-handler"};

// An init container that stays is a sidecar. Source: Kubernetes 1.28, "Sidecar Containers".
bool is_sidecar(const json& pod, const std::string& container) {
  const json* all = util::find_at(pod, {"spec", "initContainers"});
  return all != nullptr && all->is_array() && std::ranges::any_of(*all, [&](const json& one) {
           return util::text_at(one, {"name"}) == container &&
                  util::text_at(one, {"restartPolicy"}) == "Always";
         });
}

std::optional<Mover> mover_in(const json& pod) {
  const json* statuses = util::find_at(pod, {"status", "initContainerStatuses"});
  if (statuses == nullptr || !statuses->is_array()) return std::nullopt;
  for (const json& status : *statuses) {
    const std::string container = util::text_at(status, {"name"});
    if (util::find_at(status, {"state", "running"}) == nullptr || is_sidecar(pod, container)) continue;
    const json* restarts = util::find_at(status, {"restartCount"});
    return Mover{
        .pod = util::text_at(pod, {"metadata", "name"}),
        .container = container,
        .since = util::text_at(status, {"state", "running", "startedAt"}),
        .restarts = restarts != nullptr && restarts->is_number_integer() ? restarts->get<std::int64_t>() : 0};
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

std::string restarts_text(std::int64_t restarts) {
  if (restarts == 0) return {};
  return ", started again " + util::counted(static_cast<std::size_t>(restarts), "time");
}

}  // namespace

bool waits_for_workflow_data(const Workload& workload) {
  return workload.kind == "Deployment" &&
         std::ranges::find(kWaitForWorkflowData, workload.name) != kWaitForWorkflowData.end();
}

std::optional<Mover> mover_of(Context& context, const Workload& workload, const PodsAndEvents& seen) {
  if (!waits_for_workflow_data(workload)) return std::nullopt;
  std::optional<Mover> first;
  for (const json& pod : seen.pods) {
    if (!selects(workload, pod)) continue;
    const auto mover = mover_in(pod);
    if (mover && (!first || mover->since < first->since)) first = mover;
  }
  if (first && !only_start(causes_of(context, workload, seen))) first.reset();
  return first;
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
  if (!seen.no_pods.empty()) return {skipped(seen.no_pods)};
  std::vector<std::string> names;
  std::optional<Mover> first;
  for (const Workload* workload : waiting) {
    const auto mover = mover_of(verifying.context, *workload, seen);
    if (!mover) continue;
    names.push_back(workload->name);
    if (!first || mover->since < first->since) first = mover;
  }
  if (!first) return {skipped("what waits for it does not start: check workloads says why")};
  const std::string tail =
      log_tail(verifying.context, first->pod, first->container, kube::Client::LogPart::Instance::current, 1);
  std::string deployments;
  for (const std::string_view name : kWaitForWorkflowData) deployments += " deployment/" + std::string(name);
  return {to_do(
      util::listed(names) + (names.size() == 1 ? " waits" : " wait") +
          " for the workflows' data to be moved from PostgreSQL to the bucket, " + since_text(first->since) +
          restarts_text(first->restarts) + (tail.empty() ? "" : "; the log's last line: " + tail),
      (first->restarts == 0 ? "Nothing is wrong; more Pods move it faster: " : "More Pods move it faster: ") +
          kubectl(verifying, "scale" + deployments + " --replicas=4") +
          ". Its log: " + kubectl(verifying, "logs -f " + first->pod + " -c " + first->container) + ".")};
}

}  // namespace kots_export::migration
