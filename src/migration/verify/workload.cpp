#include "migration/verify/workload.h"

#include <kots_export/migration/names.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace kots_export::migration {

using nlohmann::json;

namespace {

using State = Readiness::State;

std::int64_t number_at(const json& object, std::initializer_list<std::string_view> path,
                       std::int64_t otherwise = 0) {
  const json* found = util::find_at(object, path);
  return found != nullptr && found->is_number_integer() ? found->get<std::int64_t>() : otherwise;
}

// The condition of that type; null where there is none.
const json* condition(const json& live, std::string_view type) {
  const json* conditions = util::find_at(live, {"status", "conditions"});
  if (conditions == nullptr || !conditions->is_array()) return nullptr;
  const auto found = std::ranges::find_if(
      *conditions, [&](const json& one) { return util::text_at(one, {"type"}) == type; });
  return found == conditions->end() ? nullptr : &*found;
}

bool is_true(const json* condition) {
  return condition != nullptr && util::text_at(*condition, {"status"}) == "True";
}

std::string message_of(const json& condition) {
  const std::string message = util::text_at(condition, {"message"});
  return util::printable(message.empty() ? util::text_at(condition, {"reason"}) : message);
}

Readiness in_progress(std::string why) { return {.state = State::in_progress, .why = std::move(why)}; }

Readiness counted(std::int64_t there, std::int64_t wanted, std::string_view sentence) {
  return in_progress(util::filled(sentence, {{"count", there}, {"wanted", wanted}}));
}

constexpr const char* kThere = "{count} of {wanted} there";
constexpr const char* kOfTheNewRevision = "{count} of {wanted} of the new revision";
constexpr const char* kOfTheCurrentRevision = "{count} of {wanted} of the current revision";
constexpr const char* kAvailable = "{count} of {wanted} available";
constexpr const char* kReady = "{count} of {wanted} ready";

Readiness judge_deployment(const json& live) {
  const json* progressing = condition(live, "Progressing");
  if (progressing != nullptr && util::text_at(*progressing, {"reason"}) == "ProgressDeadlineExceeded")
    return {.state = State::failed, .why = message_of(*progressing)};
  const auto wanted = number_at(live, {"spec", "replicas"}, 1);
  const auto all = number_at(live, {"status", "replicas"});
  const auto updated = number_at(live, {"status", "updatedReplicas"});
  const auto available = number_at(live, {"status", "availableReplicas"});
  const auto ready = number_at(live, {"status", "readyReplicas"});
  if (wanted > all) return counted(all, wanted, kThere);
  if (wanted > updated) return counted(updated, wanted, kOfTheNewRevision);
  if (all > updated)
    return in_progress(util::filled("{count} of the old revision still there", {{"count", all - updated}}));
  if (updated > available) return counted(available, updated, kAvailable);
  if (wanted > ready) return counted(ready, wanted, kReady);
  const json* is_available = condition(live, "Available");
  if (is_available != nullptr && !is_true(is_available)) return in_progress(message_of(*is_available));
  return {};
}

bool is_on_delete(const json& live) {
  return util::text_at(live, {"spec", "updateStrategy", "type"}) == "OnDelete";
}

Readiness judge_stateful_set(const json& live) {
  if (is_on_delete(live)) return {};
  const auto wanted = number_at(live, {"spec", "replicas"}, 1);
  const auto all = number_at(live, {"status", "replicas"});
  const auto ready = number_at(live, {"status", "readyReplicas"});
  if (wanted > all) return counted(all, wanted, kThere);
  if (wanted > ready) return counted(ready, wanted, kReady);
  if (all > wanted) return in_progress(util::filled("{count} more than wanted", {{"count", all - wanted}}));
  const auto partition = number_at(live, {"spec", "updateStrategy", "rollingUpdate", "partition"}, -1);
  const auto updated = number_at(live, {"status", "updatedReplicas"});
  if (partition >= 0)
    return updated < wanted - partition ? counted(updated, wanted - partition, kOfTheNewRevision)
                                        : Readiness();
  const auto current = number_at(live, {"status", "currentReplicas"});
  if (wanted > current) return counted(current, wanted, kOfTheCurrentRevision);
  if (util::text_at(live, {"status", "currentRevision"}) != util::text_at(live, {"status", "updateRevision"}))
    return in_progress("its rolling update goes on");
  return {};
}

Readiness judge_daemon_set(const json& live) {
  if (util::find_at(live, {"status", "observedGeneration"}) == nullptr)
    return in_progress("its controller has not looked at it yet");
  if (is_on_delete(live)) return {};
  const auto wanted = number_at(live, {"status", "desiredNumberScheduled"});
  const auto scheduled = number_at(live, {"status", "currentNumberScheduled"});
  const auto updated = number_at(live, {"status", "updatedNumberScheduled"});
  const auto available = number_at(live, {"status", "numberAvailable"});
  const auto ready = number_at(live, {"status", "numberReady"});
  if (wanted > scheduled) return counted(scheduled, wanted, kThere);
  if (wanted > updated) return counted(updated, wanted, kOfTheNewRevision);
  if (wanted > available) return counted(available, wanted, kAvailable);
  if (wanted > ready) return counted(ready, wanted, kReady);
  return {};
}

Readiness judge_job(const json& live) {
  if (const json* failed = condition(live, "Failed"); is_true(failed))
    return {.state = State::failed, .why = message_of(*failed)};
  if (is_true(condition(live, "Complete"))) return {};
  const bool is_suspended = is_true(condition(live, "Suspended"));
  if (util::text_at(live, {"status", "startTime"}).empty() && !is_suspended)
    return in_progress("it has not begun yet");
  return {};
}

std::string owner_of(const json& live, std::string_view kind) {
  const json* owners = util::find_at(live, {"metadata", "ownerReferences"});
  if (owners == nullptr || !owners->is_array()) return {};
  for (const json& owner : *owners)
    if (util::text_at(owner, {"kind"}) == kind) return util::text_at(owner, {"name"});
  return {};
}

// An old Job of a CronJob that failed says nothing once a newer one ran.
void keep_newest_of_cron_jobs(std::vector<Workload>& workloads) {
  std::map<std::string, std::string> newest;
  const auto created = [](const Workload& workload) {
    return util::text_at(workload.live, {"metadata", "creationTimestamp"});
  };
  for (const Workload& workload : workloads) {
    const std::string cron_job = owner_of(workload.live, "CronJob");
    if (!cron_job.empty()) newest[cron_job] = std::max(newest[cron_job], created(workload));
  }
  std::erase_if(workloads, [&](const Workload& workload) {
    const std::string cron_job = owner_of(workload.live, "CronJob");
    return !cron_job.empty() && created(workload) < newest[cron_job];
  });
}

}  // namespace

std::string Workload::title_and_why() const {
  return util::filled("{kind} {name} ({why})", {{"kind", kind}, {"name", name}, {"why", readiness.why}});
}

Readiness judge(std::string_view kind, const json& live) {
  if (!util::text_at(live, {"metadata", "deletionTimestamp"}).empty())
    return in_progress("it is being deleted");
  const auto generation = number_at(live, {"metadata", "generation"});
  const auto observed = number_at(live, {"status", "observedGeneration"}, generation);
  if (observed < generation) return in_progress("its controller has not seen its newest spec yet");
  if (kind == "Deployment") return judge_deployment(live);
  if (kind == "StatefulSet") return judge_stateful_set(live);
  if (kind == "DaemonSet") return judge_daemon_set(live);
  return judge_job(live);
}

std::vector<Workload> read_workloads(Context& context) {
  constexpr std::array kKinds = {names::Kind{"apps", "Deployment"}, names::Kind{"apps", "StatefulSet"},
                                 names::Kind{"apps", "DaemonSet"}, names::Kind{"batch", "Job"}};
  std::set<std::string> others;
  for (const auto& stored : stored_releases(context))
    if (stored.release != context.release) others.insert(stored.release);
  std::vector<Workload> workloads;
  for (const names::Kind& kind : kKinds) {
    for (json& live :
         context.client.list(require_resource(context.client, kind.group, kind.kind), context.ns.name)) {
      const std::array<std::string_view, 3> owner = {"metadata", "annotations", names::kReleaseName};
      if (others.contains(util::text_at(live, owner))) continue;
      Workload workload{.kind = std::string(kind.kind),
                        .name = util::text_at(live, {"metadata", "name"}),
                        .live = std::move(live),
                        .readiness = {}};
      workload.readiness = judge(kind.kind, workload.live);
      workloads.push_back(std::move(workload));
    }
  }
  keep_newest_of_cron_jobs(workloads);
  return workloads;
}

bool selects(const Workload& workload, const json& pod) {
  const json* wanted = util::find_at(workload.live, {"spec", "selector", "matchLabels"});
  const json* labels = util::find_at(pod, {"metadata", "labels"});
  if (wanted == nullptr || !wanted->is_object() || wanted->empty() || labels == nullptr) return false;
  for (const auto& [key, value] : wanted->items()) {
    const auto label = labels->find(key);
    if (label == labels->end() || *label != value) return false;
  }
  return true;
}

}  // namespace kots_export::migration
