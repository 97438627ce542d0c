#include <kots_export/migration/names.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>
#include <kots_export/util/time.h>

#include "migration/checks/checking.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

std::int64_t number_at(const json& object, std::initializer_list<std::string_view> path,
                       std::int64_t otherwise) {
  const json* found = util::find_at(object, path);
  return found != nullptr && found->is_number_integer() ? found->get<std::int64_t>() : otherwise;
}

// How many Pods a workload wants, and how many are ready.
struct Pods {
  std::int64_t wanted = 0;
  std::int64_t ready = 0;
};

Pods pods_of(const json& workload, std::string_view kind) {
  if (kind == "DaemonSet")
    return {.wanted = number_at(workload, {"status", "desiredNumberScheduled"}, 0),
            .ready = number_at(workload, {"status", "numberReady"}, 0)};
  return {.wanted = number_at(workload, {"spec", "replicas"}, 1),
          .ready = number_at(workload, {"status", "readyReplicas"}, 0)};
}

bool names_namespace(const json& list, const std::string& ns) {
  return list.is_array() &&
         std::ranges::any_of(list, [&](const json& name) { return name == ns || name == "*"; });
}

// Whether a Velero backup holds the namespace. Source: velero.io/v1 Backup, spec.includedNamespaces: empty
// means all.
bool holds(const json& backup, const std::string& ns) {
  const json* included = util::find_at(backup, {"spec", "includedNamespaces"});
  const json* excluded = util::find_at(backup, {"spec", "excludedNamespaces"});
  const bool is_in = included == nullptr || included->empty() || names_namespace(*included, ns);
  return is_in && !(excluded != nullptr && names_namespace(*excluded, ns));
}

CheckFinding find_backup(Checking& checking) {
  Context& context = checking.context;
  const std::string remedy =
      "Take one, of external datastores too (Velero does not hold them): the database migration cannot be "
      "undone.";
  const kube::ApiResource* backups = context.client.find_resource("velero.io", "Backup");
  if (backups == nullptr) return problem("this cluster has no Velero, so no backup is known here", remedy);
  constexpr std::chrono::hours kOldest{24};
  const auto now = std::chrono::system_clock::now();
  std::optional<std::chrono::system_clock::time_point> newest;
  std::string name;
  for (const json& backup : context.client.list(*backups, {})) {
    if (util::text_at(backup, {"status", "phase"}) != "Completed" || !holds(backup, context.ns.name))
      continue;
    const auto done = util::parse_api_time(util::text_at(backup, {"status", "completionTimestamp"}));
    if (!done || (newest && *newest >= *done)) continue;
    newest = done;
    name = util::text_at(backup, {"metadata", "name"});
  }
  if (!newest)
    return problem(util::filled("Velero has no completed backup of namespace {namespace}",
                                {{"namespace", context.ns.name}}),
                   remedy);
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(now - *newest);
  const std::string age =
      util::counted(static_cast<std::size_t>(std::max<std::int64_t>(hours.count(), 0)), "hour");
  if (hours < kOldest)
    return ok(util::filled("Velero backup {backup} is {age} old", {{"backup", name}, {"age", age}}));
  return problem(util::filled("Velero backup {backup} is {age} old, and the newest of namespace {namespace}",
                              {{"backup", name}, {"age", age}, {"namespace", context.ns.name}}),
                 remedy);
}

}  // namespace

CheckFinding check_workloads(Checking& checking) {
  Context& context = checking.context;
  std::vector<std::string> down;
  std::size_t all = 0;
  for (const std::string_view kind : {"Deployment", "StatefulSet", "DaemonSet"}) {
    const auto& resource = require_resource(context.client, "apps", kind);
    for (const json& workload : context.client.list(resource, context.ns.name)) {
      ++all;
      const Pods pods = pods_of(workload, kind);
      if (pods.ready >= pods.wanted) continue;
      down.push_back(util::filled("{kind} {name} ({ready} of {wanted} ready)",
                                  {{"kind", kind},
                                   {"name", util::text_at(workload, {"metadata", "name"})},
                                   {"ready", pods.ready},
                                   {"wanted", pods.wanted}}));
    }
  }
  if (down.empty())
    return ok(util::filled("{workloads}, all ready", {{"workloads", util::counted(all, "workload")}}));
  return problem(
      util::filled("not ready before the migration: {workloads}", {{"workloads", util::listed(down)}}),
      util::filled("Look at them first, so that the migration is not blamed for them: `{command}`.",
                   {{"command", context.commands.kubectl(context.ns.name, "get pods")}}));
}

CheckFinding check_volumes(Checking& checking) {
  Context& context = checking.context;
  const auto& claims = require_resource(context.client, "", "PersistentVolumeClaim");
  std::vector<std::string> of_claims;
  std::vector<kube::ObjectRef> volumes;
  for (const json& claim : context.client.list(claims, context.ns.name)) {
    const std::string volume = util::text_at(claim, {"spec", "volumeName"});
    if (volume.empty()) continue;
    of_claims.push_back(util::text_at(claim, {"metadata", "name"}));
    volumes.push_back(object_ref(context, "", "PersistentVolume", volume));
  }
  const auto live = context.client.get(volumes);
  std::vector<std::string> deleting;
  for (std::size_t i = 0; i < live.size(); ++i) {
    if (live[i] && util::text_at(*live[i], {"spec", "persistentVolumeReclaimPolicy"}) == "Delete")
      deleting.push_back(
          util::filled("{claim} ({volume})", {{"claim", of_claims[i]}, {"volume", volumes[i].name}}));
  }
  if (deleting.empty()) return ok("no claim takes its data along");
  return note(util::filled("reclaim policy Delete, the data is deleted with the claim: {claims}",
                           {{"claims", util::listed(deleting)}}),
              checking.options.delete_volumes == DeleteVolumes::yes
                  ? "With --delete-volumes the data of KOTS's own is deleted; the others are not touched."
                  : "KOTS's own are set to Retain before they are deleted; the others are not touched.");
}

// Before a question, and in what only looks, it is told and no more: who answers --yes answers for it.
CheckFinding check_backup(Checking& checking) {
  if (checking.options.backup == RunOptions::Backup::confirmed) return ok("confirmed by --backup-confirmed");
  CheckFinding finding = find_backup(checking);
  if (finding.kind != CheckFinding::Kind::problem) return finding;
  checking.context.is_backup_missing = true;
  finding.remedy += " If you have one, add --backup-confirmed.";
  if (checking.only_looks()) finding.kind = CheckFinding::Kind::note;
  return finding;
}

CheckFinding check_kots_cluster_role(Checking& checking) {
  Context& context = checking.context;
  constexpr std::string_view kGroup = "rbac.authorization.k8s.io";
  const std::vector<kube::ObjectRef> objects = {
      object_ref(context, kGroup, "ClusterRole", "kotsadm-role"),
      object_ref(context, kGroup, "ClusterRoleBinding", "kotsadm-rolebinding")};
  const auto live = context.client.get_metadata(objects);
  std::vector<std::string> left;
  std::vector<std::string> commands;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (!live[i]) continue;
    left.push_back(kube::describe(objects[i]));
    commands.push_back(context.commands.kubectl(context.ns.name,
                                                "delete " + objects[i].gvr.resource + " " + objects[i].name));
  }
  if (left.empty()) return ok("KOTS has no rights on the whole cluster");
  if (left.size() == 1)
    return problem(util::filled("{object} stays behind: another KOTS may use it", {{"object", left.front()}}),
                   util::filled("If none does: `{command}`.", {{"command", commands.front()}}));
  return problem(
      util::filled("{objects} stay behind: another KOTS may use it", {{"objects", util::listed(left)}}),
      util::filled("If none does: `{command}` and `{other}`.",
                   {{"command", commands.front()}, {"other", commands.back()}}));
}

}  // namespace kots_export::migration
