#include "migration/verify/cause.h"

#include <kots_export/kube/http_status.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include "migration/verify/container_cause.h"

#include <algorithm>
#include <array>
#include <ranges>

namespace kots_export::migration {

using nlohmann::json;

namespace {

constexpr const char* kStarting = "starting";
constexpr const char* kStartingLate = "starting late";

const json& list_at(const json& object, std::initializer_list<std::string_view> path) {
  static const json kNone = json::array();
  const json* found = util::find_at(object, path);
  return found != nullptr && found->is_array() ? *found : kNone;
}

std::string condition_message(const json& pod, std::string_view type, std::string_view reason) {
  for (const json& condition : list_at(pod, {"status", "conditions"})) {
    if (util::text_at(condition, {"type"}) == type && util::text_at(condition, {"status"}) == "False" &&
        util::text_at(condition, {"reason"}) == reason)
      return util::printable(util::text_at(condition, {"message"}));
  }
  return {};
}

bool is_ready(const json& pod) {
  return std::ranges::any_of(list_at(pod, {"status", "conditions"}), [](const json& condition) {
    return util::text_at(condition, {"type"}) == "Ready" && util::text_at(condition, {"status"}) == "True";
  });
}

std::string name_of(const json& object) { return util::text_at(object, {"metadata", "name"}); }

// The claims of `pod` that have no volume yet.
std::vector<json> pending_claims(Context& context, const json& pod) {
  std::vector<kube::ObjectRef> claims;
  for (const json& volume : list_at(pod, {"spec", "volumes"})) {
    const std::string claim = util::text_at(volume, {"persistentVolumeClaim", "claimName"});
    if (!claim.empty()) claims.push_back(object_ref(context, "", "PersistentVolumeClaim", claim));
  }
  std::vector<json> pending;
  try {
    for (auto& live : context.client.get(claims))
      if (live && util::text_at(*live, {"status", "phase"}) == "Pending") pending.push_back(std::move(*live));
  } catch (const kube::ApiError& error) {
    if (error.code() != kube::http::kForbidden) throw;
  }
  return pending;
}

std::string describe_pod(const Context& context, const json& pod) {
  return context.commands.kubectl(context.ns.name, "describe pod " + name_of(pod));
}

Cause claim_cause(Context& context, const json& claim, const PodsAndEvents& seen) {
  constexpr std::array<std::string_view, 3> kReasons = {"ProvisioningFailed", "FailedBinding",
                                                        "ExternalProvisioning"};
  const std::string name = name_of(claim);
  const std::string message = newest_message(seen, "PersistentVolumeClaim", claim, kReasons);
  const std::string storage_class = util::text_at(claim, {"spec", "storageClassName"});
  const std::string of_class = storage_class.empty()
                                   ? "no StorageClass"
                                   : util::filled("StorageClass {class}", {{"class", storage_class}});
  const char* what = message.empty() ? "PersistentVolumeClaim {claim} gets no volume ({class})"
                                     : "PersistentVolumeClaim {claim} gets no volume ({class}): {why}";
  return {.key = "claim " + of_class + " " + message,
          .what = util::filled(what, {{"claim", name}, {"class", of_class}, {"why", message}}),
          .remedy =
              util::filled("`{command}` and `kubectl get storageclass` show what it waits for.",
                           {{"command", context.commands.kubectl(context.ns.name, "describe pvc " + name)}})};
}

Cause unschedulable_cause(Context& context, const json& pod, const std::string& message) {
  return {.key = "unschedulable " + message,
          .what = util::filled("no node takes its Pod: {why}", {{"why", message}}),
          .remedy = util::filled("Add nodes, or free what they lack. `{command}` says more.",
                                 {{"command", describe_pod(context, pod)}})};
}

// What kept a Pod that has a node from starting, or from getting ready.
std::optional<Cause> event_cause(Context& context, const json& pod, const PodsAndEvents& seen) {
  constexpr std::array<std::string_view, 3> kVolumes = {"FailedMount", "FailedAttachVolume",
                                                        "FailedMapVolume"};
  constexpr std::array<std::string_view, 2> kSandbox = {"FailedCreatePodSandBox", "NetworkNotReady"};
  constexpr std::array<std::string_view, 1> kProbes = {"Unhealthy"};
  const std::string name = name_of(pod);
  const std::string describe = describe_pod(context, pod);
  // Before the first container starts, an init container too, all volumes are mounted.
  const auto runs = [&](const char* statuses) {
    return std::ranges::any_of(list_at(pod, {"status", statuses}), [](const json& one) {
      return util::find_at(one, {"state", "running"}) != nullptr;
    });
  };
  const bool has_started = runs("containerStatuses") || runs("initContainerStatuses");
  if (has_started) {
    const std::string message = newest_message(seen, "Pod", pod, kProbes);
    if (message.empty()) return std::nullopt;
    return Cause{
        .key = "probe " + message,
        .what = util::filled("it runs, and its probe fails: {why}", {{"why", message}}),
        .remedy = util::filled(
            "See its log: `{command}`.",
            {{"command", context.commands.kubectl(context.ns.name, "logs " + name + " --all-containers")}})};
  }
  if (std::string message = newest_message(seen, "Pod", pod, kVolumes); !message.empty())
    return Cause{
        .key = "volume " + message,
        .what = util::filled("a volume cannot be attached or mounted: {why}", {{"why", message}}),
        .remedy = util::filled(
            "See that what it names exists, and that no other node holds the volume. `{command}` says more.",
            {{"command", describe}})};
  if (std::string message = newest_message(seen, "Pod", pod, kSandbox); !message.empty())
    return Cause{
        .key = "sandbox " + message,
        .what = util::filled("its node cannot start Pods: {why}", {{"why", message}}),
        .remedy = util::filled("See the node's network and container runtime. `{command}` says more.",
                               {{"command", describe}})};
  return std::nullopt;
}

Cause cause_of_pod(Context& context, const json& pod, const PodsAndEvents& seen) {
  const std::string message = condition_message(pod, "PodScheduled", "Unschedulable");
  if (!message.empty()) {
    const auto claims = pending_claims(context, pod);
    if (!claims.empty() && message.find("PersistentVolumeClaim") != std::string::npos)
      return claim_cause(context, claims.front(), seen);
    return unschedulable_cause(context, pod, message);
  }
  for (const char* statuses : {"initContainerStatuses", "containerStatuses"}) {
    for (const json& status : list_at(pod, {"status", statuses})) {
      const json* ready = util::find_at(status, {"ready"});
      if (ready != nullptr && *ready == json(true)) continue;
      if (auto cause = cause_of(context, {.pod = name_of(pod), .pod_object = pod, .status = status}, seen))
        return std::move(*cause);
    }
  }
  if (auto cause = event_cause(context, pod, seen)) return std::move(*cause);
  const std::string reason = util::text_at(pod, {"status", "reason"});
  if (!reason.empty())
    return {.key = "pod " + reason,
            .what = util::filled("its Pod is {reason}: {why}",
                                 {{"reason", util::printable(reason)},
                                  {"why", util::printable(util::text_at(pod, {"status", "message"}))}}),
            .remedy = util::filled("`{command}` says more.", {{"command", describe_pod(context, pod)}})};
  return {.key = kStarting,
          .what = "its Pods are still starting",
          .remedy = util::filled("Wait: `{command}`.",
                                 {{"command", context.commands.kots_export("verify --wait")}})};
}

// The server refused its Pods: a quota, an admission, a ServiceAccount that is not there. Of a Deployment the
// event is its ReplicaSet's.
std::string refusal_of(const Workload& workload, const PodsAndEvents& seen) {
  constexpr std::array<std::string_view, 1> kReasons = {"FailedCreate"};
  for (const json& condition : list_at(workload.live, {"status", "conditions"}))
    if (util::text_at(condition, {"type"}) == "ReplicaFailure")
      return util::printable(util::text_at(condition, {"message"}));
  if (workload.kind != "Deployment") return newest_message(seen, workload.kind, workload.live, kReasons);
  for (const json& event : seen.warnings | std::views::reverse) {
    const std::string name = util::text_at(event, {"involvedObject", "name"});
    if (util::text_at(event, {"reason"}) == "FailedCreate" && name.starts_with(workload.name + "-"))
      return util::printable(util::text_at(event, {"message"}));
  }
  return {};
}

Cause cause_without_pods(Context& context, const Workload& workload, const PodsAndEvents& seen) {
  const std::string describe = context.commands.kubectl(
      context.ns.name, "describe " + util::lower(workload.kind) + " " + workload.name);
  if (const std::string message = refusal_of(workload, seen); !message.empty())
    return {.key = "refused " + message,
            .what = util::filled("the server refuses its Pods: {why}", {{"why", message}}),
            .remedy = util::filled("Raise the quota, or make what is missing. `{command}` says more.",
                                   {{"command", describe}})};
  return {.key = "none " + workload.readiness.why,
          .what = "no Pod of it says more",
          .remedy = util::filled("`{command}` shows what its controller says.", {{"command", describe}})};
}

// Its controller has given up: of a Job nothing starts any more, a Deployment past its deadline may still
// come up, which `verify --wait` does not wait for.
void tell_of_deadline(const Context& context, const Workload& workload, std::vector<Cause>& causes) {
  const auto starting = std::ranges::find(causes, kStarting, &Cause::key);
  if (starting == causes.end()) return;
  if (workload.kind == "Job") {
    causes.erase(starting);
    return;
  }
  starting->key = kStartingLate;
  starting->remedy = util::filled(
      "They take longer than its progress deadline, and may still come up. `{command}` says more.",
      {{"command", context.commands.kubectl(context.ns.name, "describe deployment " + workload.name)}});
}

}  // namespace

std::vector<Cause> causes_of(Context& context, const Workload& workload, const PodsAndEvents& seen) {
  std::vector<Cause> causes;
  for (const json& pod : seen.pods) {
    if (!selects(workload, pod) || is_ready(pod)) continue;
    if (util::text_at(pod, {"status", "phase"}) == "Succeeded") continue;
    Cause cause = cause_of_pod(context, pod, seen);
    if (std::ranges::find(causes, cause.key, &Cause::key) == causes.end()) causes.push_back(std::move(cause));
  }
  // Where one Pod tells more, that another is only starting says nothing.
  if (causes.size() > 1) std::erase_if(causes, [](const Cause& cause) { return cause.key == kStarting; });
  if (workload.readiness.state == Readiness::State::failed) tell_of_deadline(context, workload, causes);
  if (causes.empty()) causes.push_back(cause_without_pods(context, workload, seen));
  return causes;
}

bool only_start(const std::vector<Cause>& causes) {
  return std::ranges::all_of(
      causes, [](const Cause& cause) { return cause.key == kStarting || cause.key == kStartingLate; });
}

}  // namespace kots_export::migration
