#include <kots_export/kube/access.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/migration/kots_cleanup.h>
#include <kots_export/migration/names.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include <algorithm>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

// Why an object is KOTS's own and goes, or nothing.
std::optional<std::string> reason_to_delete(const kube::ObjectMetadata& object) {
  if (const std::string* kotsadm = object.label(names::kKotsadm); kotsadm != nullptr && *kotsadm == "true") {
    return util::filled("part of KOTS ({label}=true)", {{"label", names::kKotsadm}});
  }
  if (object.ref.kind == "Secret" &&
      std::ranges::find(names::kKotsadmSecrets, object.ref.name) != names::kKotsadmSecrets.end()) {
    return "KOTS's own Secret";
  }
  if (object.ref.kind == "Job" && object.ref.name.find(names::kInjectJob) != std::string::npos) {
    return "a finished Job of the 3.x chart's hook";
  }
  return std::nullopt;
}

// The volume that a claim is bound to.
struct Volume {
  kube::ObjectRef ref;
  std::optional<json> live;  // nothing: it is gone
  std::string policy;        // empty: not known
  enum class Reading { allowed, refused } reading = Reading::allowed;
};

// Nothing where the claim was never bound: there is no data.
std::optional<Volume> volume_of(Context& context, const json& claim) {
  const std::string name = util::text_at(claim, {"spec", "volumeName"});
  if (name.empty()) return std::nullopt;
  Volume volume{.ref = object_ref(context, "", "PersistentVolume", name), .live = {}, .policy = {}};
  try {
    volume.live = context.client.get(volume.ref);
  } catch (const kube::ApiError& error) {
    if (error.code() != kube::http::kForbidden) throw;
    volume.reading = Volume::Reading::refused;
  }
  if (volume.live) volume.policy = util::text_at(*volume.live, {"spec", "persistentVolumeReclaimPolicy"});
  return volume;
}

enum class VolumeIs { safe, at_risk };

// Makes sure that the data of a claim outlives it: plans Retain for its volume where that is needed and
// allowed.
VolumeIs keep(Context& context, const Volume& volume, change::Plan& plan) {
  const auto lacks = [&](const char* verb) {
    context.lacking.push_back({.verb = verb, .object = volume.ref});
    return VolumeIs::at_risk;
  };
  if (volume.reading == Volume::Reading::refused) return lacks("get");
  if (!volume.live || volume.policy == "Retain") return VolumeIs::safe;
  if (!kube::is_allowed(context.client, "patch", volume.ref)) return lacks("patch");
  const json before = volume.policy.empty() ? json(nullptr) : json(volume.policy);
  plan.changes.push_back({.verb = change::Verb::patch,
                          .step = "kots_cleanup",
                          .object = identified(volume.ref, *volume.live),
                          .before = {{"spec", {{"persistentVolumeReclaimPolicy", before}}}},
                          .after = {{"spec", {{"persistentVolumeReclaimPolicy", "Retain"}}}},
                          .why = "keeps the data of a claim that is deleted"});
  return VolumeIs::safe;
}

void plan_delete(Context& context, const kube::ObjectMetadata& object, json image,
                 DeleteVolumes delete_volumes, change::Plan& plan) {
  if (image["metadata"].contains("deletionTimestamp")) {
    ++plan.already_right;  // it goes as soon as its finalizers let it
    return;
  }
  kube::ObjectRef ref = identified(object.ref, image);
  std::string policy;
  if (ref.kind == "PersistentVolumeClaim") {
    const auto volume = volume_of(context, image);
    if (volume && delete_volumes == DeleteVolumes::no && keep(context, *volume, plan) == VolumeIs::at_risk) {
      context.observer.warn("kots_cleanup.claim-kept", {{"claim", ref.name}, {"volume", volume->ref.name}});
      return;
    }
    if (volume) policy = volume->policy;
  }
  plan.changes.push_back({.verb = change::Verb::remove,
                          .step = "kots_cleanup",
                          .object = std::move(ref),
                          .before = std::move(image),
                          .after = nullptr,
                          .why = reason_to_delete(object).value_or(""),
                          .reclaim_policy = std::move(policy)});
}

}  // namespace

bool is_of_kots(const kube::ObjectMetadata& object) { return reason_to_delete(object).has_value(); }

ObjectPlanner cleanup_planner() {
  change::MetadataEdit edit;
  edit.annotations[std::string(names::kAppSlug)] = nullptr;
  edit.labels[std::string(names::kAppSlug)] = nullptr;
  edit.labels[std::string(names::kBackup)] = nullptr;
  return [edit = std::move(edit)](const kube::ObjectMetadata& object) -> std::optional<change::Change> {
    auto [patch, before] = change::metadata_patch(object, edit);
    if (patch.is_null()) return std::nullopt;
    return change::Change{.verb = change::Verb::patch,
                          .step = "kots_cleanup",
                          .object = object.ref,
                          .before = std::move(before),
                          .after = std::move(patch),
                          .why = "KOTS is gone, and its marks mean nothing now"};
  };
}

change::Plan plan_deletes(Context& context, std::span<const kube::ObjectMetadata> of_kots,
                          DeleteVolumes delete_volumes) {
  std::vector<kube::ObjectRef> refs;
  for (const auto& object : of_kots) refs.push_back(object.ref);
  auto images = context.client.get(refs);
  change::Plan plan;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images[i]) plan_delete(context, of_kots[i], std::move(*images[i]), delete_volumes, plan);
  }
  return plan;
}

change::Plan plan_kots_cleanup(Context& context, const Inventory& inventory, DeleteVolumes delete_volumes) {
  const ObjectPlanner planner = cleanup_planner();
  change::Plan plan;
  std::vector<kube::ObjectMetadata> of_kots;
  for (const auto& object : inventory.of_kinds) {
    if (is_of_kots(object)) {
      of_kots.push_back(object);
    } else {
      plan.add(planner(object));
    }
  }
  change::Plan deletes = plan_deletes(context, of_kots, delete_volumes);
  std::ranges::move(deletes.changes, std::back_inserter(plan.changes));
  plan.already_right += deletes.already_right;
  return plan;
}

}  // namespace kots_export::migration
