#include <kots_export/change/restore.h>

#include <algorithm>
#include <array>

namespace kots_export::change {

using nlohmann::json;

namespace {

// What the server sets on every object. Source: meta/v1 ObjectMeta, "populated by the system".
constexpr std::array kOfEveryKind = {
    "/metadata/uid",
    "/metadata/resourceVersion",
    "/metadata/creationTimestamp",
    "/metadata/generation",
    "/metadata/managedFields",
    "/metadata/selfLink",
    "/status",
    "/metadata/deletionTimestamp",
    "/metadata/deletionGracePeriodSeconds",
};

struct Field {
  const char* kind;
  const char* pointer;
};

// What controllers fill in for one object.
constexpr std::array kOfOneKind = {
    // With it a claim that is new to its volume counts as lost; without it the two bind (the volume's
    // claimRef names the claim). Source: kube-controller-manager, syncBoundClaim.
    Field{"PersistentVolumeClaim", "/metadata/annotations/pv.kubernetes.io~1bind-completed"},
    // Both bear the UID of the old Job. Source: batch Job strategy, generateSelector.
    Field{"Job", "/spec/selector"},
    Field{"Job", "/spec/template/metadata/labels/controller-uid"},
    Field{"Job", "/spec/template/metadata/labels/job-name"},
    Field{"Job", "/spec/template/metadata/labels/batch.kubernetes.io~1controller-uid"},
    Field{"Job", "/spec/template/metadata/labels/batch.kubernetes.io~1job-name"},
    Field{"Job", "/metadata/labels/controller-uid"},
    Field{"Job", "/metadata/labels/batch.kubernetes.io~1controller-uid"},
    Field{"Job", "/metadata/annotations/batch.kubernetes.io~1job-tracking"},
};

constexpr std::array kWorkloads = {
    "RoleBinding", "ClusterRoleBinding", "DaemonSet", "Deployment", "StatefulSet", "CronJob", "Job"};

void erase(json& object, const json::json_pointer& pointer) {
  if (!object.contains(pointer)) return;
  json& parent = object.at(pointer.parent_pointer());
  parent.erase(pointer.back());
  if (parent.is_object() && parent.empty() && pointer.parent_pointer().back() == "annotations")
    object["metadata"].erase("annotations");
}

// Finalizers that only an unfinished deletion sets.
void drop_deletion_finalizers(json& metadata) {
  if (!metadata.contains("finalizers")) return;
  json kept = json::array();
  for (const json& finalizer : metadata["finalizers"]) {
    if (finalizer != "orphan" && finalizer != "foregroundDeletion") kept.push_back(finalizer);
  }
  metadata["finalizers"] = std::move(kept);
}

// Token Secrets that a controller made for the account, and will make again under another name.
void drop_token_references(json& account) {
  if (!account.contains("secrets")) return;
  const std::string name = account["metadata"].value("name", "");
  json kept = json::array();
  for (const json& secret : account["secrets"]) {
    const std::string reference = secret.value("name", "");
    const bool made = reference.starts_with(name + "-token-") || reference.starts_with(name + "-dockercfg-");
    if (!made) kept.push_back(secret);
  }
  account["secrets"] = std::move(kept);
  if (account["secrets"].empty()) account.erase("secrets");
}

// The token controller fills such a Secret for the account that it names, by the account's UID of now.
void empty_token(json& secret) {
  if (secret.value("type", "") != "kubernetes.io/service-account-token") return;
  secret.erase("data");
  erase(secret, json::json_pointer("/metadata/annotations/kubernetes.io~1service-account.uid"));
}

bool has_manual_selector(const json& image) {
  return image.value(json::json_pointer("/spec/manualSelector"), false);
}

}  // namespace

json manifest_of(const json& image) {
  json manifest = image;
  for (const char* pointer : kOfEveryKind) erase(manifest, json::json_pointer(pointer));
  const std::string kind = image.value("kind", "");
  for (const Field& field : kOfOneKind) {
    if (kind == field.kind && !(kind == "Job" && has_manual_selector(image)))
      erase(manifest, json::json_pointer(field.pointer));
  }
  drop_deletion_finalizers(manifest["metadata"]);
  if (kind == "ServiceAccount") drop_token_references(manifest);
  if (kind == "Secret") empty_token(manifest);
  return manifest;
}

void repoint_owners(json& manifest, const OwnerUid& uid_of) {
  json& metadata = manifest["metadata"];
  if (!metadata.contains("ownerReferences")) return;
  json kept = json::array();
  for (json owner : metadata["ownerReferences"]) {
    if (const auto uid = uid_of(owner)) {
      owner["uid"] = *uid;
      kept.push_back(std::move(owner));
    }
  }
  metadata["ownerReferences"] = std::move(kept);
  if (metadata["ownerReferences"].empty()) metadata.erase("ownerReferences");
}

json without_service_addresses(json manifest) {
  json& spec = manifest["spec"];
  // "None" is a choice of the chart's, not an address.
  if (spec.value("clusterIP", "") != "None") {
    spec.erase("clusterIP");
    spec.erase("clusterIPs");
  }
  spec.erase("healthCheckNodePort");
  if (spec.contains("ports")) {
    for (json& port : spec["ports"]) port.erase("nodePort");
  }
  return manifest;
}

json without_volume(json manifest) {
  manifest["spec"].erase("volumeName");
  erase(manifest, json::json_pointer("/metadata/annotations/pv.kubernetes.io~1bound-by-controller"));
  return manifest;
}

RestoreStage stage_of(std::string_view kind) {
  return std::ranges::find(kWorkloads, kind) != kWorkloads.end() ? RestoreStage::workload
                                                                 : RestoreStage::base;
}

}  // namespace kots_export::change
