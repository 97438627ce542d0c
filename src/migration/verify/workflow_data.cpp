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

// "since 2026-11-24T10:15:30Z (12 min), started again 2 times", by the clock of this machine.
std::string since_text(const Mover& mover) {
  const std::string times = util::counted(static_cast<std::size_t>(mover.restarts), "time");
  const auto time = util::parse_api_time(mover.since);
  if (!time)
    return mover.restarts == 0 ? "for some time"
                               : util::filled("for some time, started again {times}", {{"times", times}});
  const auto age = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now() - *time);
  const char* words =
      mover.restarts == 0 ? "since {since} ({age})" : "since {since} ({age}), started again {times}";
  return util::filled(words, {{"since", mover.since}, {"age", util::age_text(age)}, {"times", times}});
}

// Of one Deployment that waits, or of more; with the last line of the log where it has one.
const char* words_of_waiting(bool is_one, bool has_line) {
  if (has_line)
    return is_one ? "{deployments} waits for the workflows' data to be moved from PostgreSQL to the bucket, "
                    "{since}; the log's last line: {line}"
                  : "{deployments} wait for the workflows' data to be moved from PostgreSQL to the bucket, "
                    "{since}; the log's last line: {line}";
  return is_one ? "{deployments} waits for the workflows' data to be moved from PostgreSQL to the bucket, "
                  "{since}"
                : "{deployments} wait for the workflows' data to be moved from PostgreSQL to the bucket, "
                  "{since}";
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
  const char* remedy = first->restarts == 0
                           ? "Nothing is wrong; more Pods move it faster: {command}. Its log: {log}."
                           : "More Pods move it faster: {command}. Its log: {log}.";
  return {to_do(
      util::filled(words_of_waiting(names.size() == 1, !tail.empty()),
                   {{"deployments", util::listed(names)}, {"since", since_text(*first)}, {"line", tail}}),
      util::filled(remedy,
                   {{"command", kubectl(verifying, "scale" + deployments + " --replicas=4")},
                    {"log", kubectl(verifying, "logs -f " + first->pod + " -c " + first->container)}}))};
}

}  // namespace kots_export::migration
