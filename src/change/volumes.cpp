#include "change/volumes.h"

#include <kots_export/change/restore.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include <algorithm>

#include <nlohmann/json.hpp>

namespace kots_export::change {

using nlohmann::json;
using util::text_at;

namespace {

constexpr const char* kVolume = "PersistentVolume";
const std::vector<std::string> kPolicy = {"spec", "persistentVolumeReclaimPolicy"};
const std::vector<std::string> kClaimRef = {"spec", "claimRef"};
const std::vector<std::string> kVolumeName = {"spec", "volumeName"};

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
  const std::string name = text_at(change.before, kVolumeName);
  if (name.empty() || will_retain(plan, name)) return false;
  try {
    const auto live = client.get(volume_named(name));
    return live && text_at(*live, kPolicy) != "Retain";
  } catch (const kube::ApiError& error) {
    if (error.code() != kube::http::kForbidden) throw;
    return true;
  }
}

json claim_ref_of(const json& volume) {
  const json* found = util::find_at(volume, kClaimRef);
  return found != nullptr ? *found : json(nullptr);
}

// Nothing keeps the volume from being bound to `claim`: a manifest, which has no UID, or one that is there.
bool is_free_for(const json& claim, const json& volume) {
  const std::string uid = text_at(claim_ref_of(volume), {"uid"});
  return uid.empty() || uid == text_at(claim, {"metadata", "uid"});
}

// The volume was that of a claim of the same name.
bool is_reserved_for(const json& claim, const json& volume) {
  const json ref = claim_ref_of(volume);
  return text_at(ref, {"name"}) == text_at(claim, {"metadata", "name"}) &&
         text_at(ref, {"namespace"}) == text_at(claim, {"metadata", "namespace"});
}

Change freeing(const json& live, const json& claim) {
  kube::ObjectRef volume = volume_named(text_at(live, {"metadata", "name"}));
  volume.uid = text_at(live, {"metadata", "uid"});
  volume.resource_version = text_at(live, {"metadata", "resourceVersion"});
  const json ref = claim_ref_of(live);
  json before{{"uid", ref["uid"]}, {"resourceVersion", ref.value("resourceVersion", json(nullptr))}};
  return {.verb = Verb::patch,
          .step = "rollback",
          .object = std::move(volume),
          .before = {{"spec", {{"claimRef", std::move(before)}}}},
          .after = {{"spec", {{"claimRef", {{"uid", nullptr}, {"resourceVersion", nullptr}}}}}},
          // A first try that was lost and arrives after the claim was bound again would cut the two apart.
          .guard = Guard::resource_version,
          .why = util::filled("made ready for PersistentVolumeClaim {claim}",
                              {{"claim", text_at(claim, {"metadata", "name"})}})};
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
  const std::string name = text_at(claim, kVolumeName);
  if (name.empty()) return {};
  const std::string claim_name = text_at(claim, {"metadata", "name"});
  std::optional<json> live;
  try {
    live = client.get(volume_named(name));
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
  if (is_free_for(claim, *live)) return {};
  if (!is_reserved_for(claim, *live)) return {.verdict = VolumeReady::Verdict::taken, .patch = std::nullopt};
  return {.verdict = VolumeReady::Verdict::ready, .patch = freeing(*live, claim)};
}

std::optional<Change> free_volume_of(kube::Client& client, const json& claim) {
  const std::string name = text_at(claim, kVolumeName);
  if (name.empty() || text_at(claim, {"status", "phase"}) == "Bound") return std::nullopt;
  try {
    const auto live = client.get(volume_named(name));
    if (!live || is_free_for(claim, *live) || !is_reserved_for(claim, *live)) return std::nullopt;
    return freeing(*live, claim);
  } catch (const kube::ApiError& error) {
    if (error.code() != kube::http::kForbidden) throw;
    return std::nullopt;
  }
}

void require_safe_volumes(kube::Client& client, Observer& observer, RollbackPlan& plan) {
  std::erase_if(plan.deletes.changes, [&](const Change& change) {
    if (!is_at_risk(client, plan, change)) return false;
    ++plan.conflicts;
    observer.warn("rollback.conflict.volume-at-risk", {{"object", kube::describe(change.object)},
                                                       {"volume", text_at(change.before, kVolumeName)}});
    return true;
  });
}

Binding binding_of(kube::Client& client, const kube::ObjectRef& volume) {
  const auto live = client.get(volume);
  if (!live) return Binding::bound;  // nothing left to lose
  const json ref = claim_ref_of(*live);
  if (ref.is_null()) return Binding::none;
  const auto claim = client.get({.gvr = {.group = {}, .version = "v1", .resource = "persistentvolumeclaims"},
                                 .kind = "PersistentVolumeClaim",
                                 .ns = ref.value("namespace", ""),
                                 .name = ref.value("name", ""),
                                 .uid = {},
                                 .resource_version = {}});
  if (!claim) return Binding::none;
  const bool is_its_own =
      !text_at(ref, {"uid"}).empty() && text_at(*claim, {"metadata", "uid"}) == ref["uid"];
  // One that is being deleted is bound to its end, and would take the volume with it.
  const bool is_going = util::find_at(*claim, {"metadata", "deletionTimestamp"}) != nullptr;
  const bool is_bound = is_its_own && !is_going && text_at(*claim, {"status", "phase"}) == "Bound";
  return is_bound ? Binding::bound : Binding::waiting;
}

bool names_volume(const json& claim, const std::string& volume) {
  return text_at(claim, kVolumeName) == volume;
}

}  // namespace kots_export::change
