#include "change/volumes.h"

#include <kots_export/change/restore.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/util/json.h>

#include <algorithm>

#include <nlohmann/json.hpp>

namespace kots_export::change {

using nlohmann::json;
using util::text_at;

namespace {

constexpr const char* kVolume = "PersistentVolume";
const std::vector<std::string> kPolicy = {"spec", "persistentVolumeReclaimPolicy"};
const std::vector<std::string> kClaimRef = {"spec", "claimRef"};

kube::ObjectRef volume_named(const std::string& name) {
  return {.gvr = {.group = {}, .version = "v1", .resource = "persistentvolumes"},
          .kind = kVolume,
          .ns = {},
          .name = name,
          .uid = {},
          .resource_version = {}};
}

// Whether the plan itself sets the volume to Retain before anything is deleted.
bool will_retain(const RollbackPlan& plan, const std::string& volume) {
  return std::ranges::any_of(plan.patches.changes, [&](const Change& change) {
    return change.object.kind == kVolume && change.object.name == volume &&
           text_at(change.after, kPolicy) == "Retain";
  });
}

bool is_at_risk(kube::Client& client, const RollbackPlan& plan, const Change& change) {
  if (change.object.kind != "PersistentVolumeClaim") return false;
  const std::string name = text_at(change.before, {"spec", "volumeName"});
  if (name.empty() || will_retain(plan, name)) return false;
  try {
    const auto live = client.get(volume_named(name));
    return live && text_at(*live, kPolicy) != "Retain";
  } catch (const kube::ApiError& error) {
    if (error.code() != kube::http::kForbidden) throw;
    return true;
  }
}

}  // namespace

bool lets_data_go(const kube::ObjectRef& object, const json& patch) {
  const json* policy = util::find_at(patch, kPolicy);
  return object.kind == kVolume && policy != nullptr && !policy->is_null() && *policy != "Retain";
}

bool is_binding(const kube::ObjectRef& object, const PatchedKey& key) {
  return object.kind == kVolume && key.path.size() > kClaimRef.size() &&
         std::ranges::equal(kClaimRef, std::vector(key.path.begin(), key.path.begin() + 2));
}

VolumeReady prepare_volume(kube::Client& client, Observer& observer, json& claim) {
  const std::string name = text_at(claim, {"spec", "volumeName"});
  if (name.empty()) return {};
  const std::string claim_name = text_at(claim, {"metadata", "name"});
  kube::ObjectRef volume = volume_named(name);
  std::optional<json> live;
  try {
    live = client.get(volume);
  } catch (const kube::ApiError& error) {
    if (error.code() != kube::http::kForbidden) throw;
    observer.warn("rollback.volume-unseen", {{"claim", claim_name}, {"volume", name}});
    return {};
  }
  if (!live) {
    observer.warn("rollback.volume-gone", {{"claim", claim_name}, {"volume", name}});
    claim = without_volume(std::move(claim));
    return {};
  }
  const json* found = util::find_at(*live, kClaimRef);
  const json ref = found != nullptr ? *found : json(nullptr);
  if (ref.is_null() || ref.value("uid", "").empty()) return {};
  if (ref.value("name", "") != claim_name ||
      ref.value("namespace", "") != text_at(claim, {"metadata", "namespace"})) {
    return {.verdict = VolumeReady::Verdict::taken, .patch = std::nullopt};
  }
  volume.uid = text_at(*live, {"metadata", "uid"});
  volume.resource_version = text_at(*live, {"metadata", "resourceVersion"});
  json before{{"uid", ref["uid"]}, {"resourceVersion", ref.value("resourceVersion", json(nullptr))}};
  Change patch{
      .verb = Verb::patch,
      .step = "rollback",
      .object = std::move(volume),
      .before = {{"spec", {{"claimRef", std::move(before)}}}},
      .after = {{"spec", {{"claimRef", {{"uid", nullptr}, {"resourceVersion", nullptr}}}}}},
      // A first try that was lost and arrives after the claim was bound again would cut the two apart.
      .guard = Guard::resource_version,
      .why = {}};
  return {.verdict = VolumeReady::Verdict::ready, .patch = std::move(patch)};
}

void require_safe_volumes(kube::Client& client, Observer& observer, RollbackPlan& plan) {
  std::erase_if(plan.deletes.changes, [&](const Change& change) {
    if (!is_at_risk(client, plan, change)) return false;
    ++plan.conflicts;
    observer.warn("rollback.conflict.volume-at-risk",
                  {{"object", kube::describe(change.object)},
                   {"volume", text_at(change.before, {"spec", "volumeName"})}});
    return true;
  });
}

bool is_bound(kube::Client& client, const kube::ObjectRef& volume) {
  const auto live = client.get(volume);
  if (!live) return true;  // nothing left to lose
  const json* found = util::find_at(*live, kClaimRef);
  const json ref = found != nullptr ? *found : json(nullptr);
  if (ref.is_null()) return false;
  const auto claim = client.get({.gvr = {.group = {}, .version = "v1", .resource = "persistentvolumeclaims"},
                                 .kind = "PersistentVolumeClaim",
                                 .ns = ref.value("namespace", ""),
                                 .name = ref.value("name", ""),
                                 .uid = {},
                                 .resource_version = {}});
  return claim && !ref.value("uid", "").empty() && text_at(*claim, {"metadata", "uid"}) == ref["uid"] &&
         text_at(*claim, {"status", "phase"}) == "Bound";
}

}  // namespace kots_export::change
