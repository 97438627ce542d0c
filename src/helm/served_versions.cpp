#include <kots_export/helm/served_versions.h>
#include <kots_export/util/error.h>

#include "helm/manifest_nodes.h"
#include "helm/new_shapes.h"

#include <algorithm>
#include <array>
#include <optional>

namespace kots_export::helm {

namespace {

struct Row {
  std::string_view from;
  std::string_view kind;
  std::string_view to;
  NewShape shape = nullptr;  // null: the same
};

// The kinds of Kubernetes that lost a version in 1.16, 1.22, 1.25, 1.26, 1.27, 1.29 and 1.32, and have
// another one that says the same; the best of several first. Source: Kubernetes' deprecated API migration
// guide. Not here, since they need what only their author knows: CustomResourceDefinition, webhook
// configurations, CertificateSigningRequest, Event, PriorityLevelConfiguration, HorizontalPodAutoscaler
// v2beta1.
constexpr std::array kRows = {
    // 1.16
    Row{"extensions/v1beta1", "DaemonSet", "apps/v1", require_selector},
    Row{"extensions/v1beta1", "Deployment", "apps/v1", require_selector},
    Row{"extensions/v1beta1", "ReplicaSet", "apps/v1", require_selector},
    Row{"extensions/v1beta1", "NetworkPolicy", "networking.k8s.io/v1"},
    Row{"extensions/v1beta1", "PodSecurityPolicy", "policy/v1beta1"},
    Row{"apps/v1beta1", "Deployment", "apps/v1", require_selector},
    Row{"apps/v1beta1", "StatefulSet", "apps/v1", require_selector},
    Row{"apps/v1beta2", "DaemonSet", "apps/v1", require_selector},
    Row{"apps/v1beta2", "Deployment", "apps/v1", require_selector},
    Row{"apps/v1beta2", "ReplicaSet", "apps/v1", require_selector},
    Row{"apps/v1beta2", "StatefulSet", "apps/v1", require_selector},
    // 1.22
    Row{"extensions/v1beta1", "Ingress", "networking.k8s.io/v1", to_ingress_v1},
    Row{"extensions/v1beta1", "Ingress", "networking.k8s.io/v1beta1"},
    Row{"networking.k8s.io/v1beta1", "Ingress", "networking.k8s.io/v1", to_ingress_v1},
    Row{"networking.k8s.io/v1beta1", "IngressClass", "networking.k8s.io/v1"},
    Row{"rbac.authorization.k8s.io/v1alpha1", "ClusterRole", "rbac.authorization.k8s.io/v1"},
    Row{"rbac.authorization.k8s.io/v1alpha1", "ClusterRoleBinding", "rbac.authorization.k8s.io/v1",
        require_subjects_of_v1},
    Row{"rbac.authorization.k8s.io/v1alpha1", "Role", "rbac.authorization.k8s.io/v1"},
    Row{"rbac.authorization.k8s.io/v1alpha1", "RoleBinding", "rbac.authorization.k8s.io/v1",
        require_subjects_of_v1},
    Row{"rbac.authorization.k8s.io/v1beta1", "ClusterRole", "rbac.authorization.k8s.io/v1"},
    Row{"rbac.authorization.k8s.io/v1beta1", "ClusterRoleBinding", "rbac.authorization.k8s.io/v1"},
    Row{"rbac.authorization.k8s.io/v1beta1", "Role", "rbac.authorization.k8s.io/v1"},
    Row{"rbac.authorization.k8s.io/v1beta1", "RoleBinding", "rbac.authorization.k8s.io/v1"},
    Row{"scheduling.k8s.io/v1alpha1", "PriorityClass", "scheduling.k8s.io/v1"},
    Row{"scheduling.k8s.io/v1beta1", "PriorityClass", "scheduling.k8s.io/v1"},
    Row{"storage.k8s.io/v1beta1", "CSIDriver", "storage.k8s.io/v1"},
    Row{"storage.k8s.io/v1beta1", "CSINode", "storage.k8s.io/v1"},
    Row{"storage.k8s.io/v1beta1", "StorageClass", "storage.k8s.io/v1"},
    Row{"storage.k8s.io/v1beta1", "VolumeAttachment", "storage.k8s.io/v1"},
    Row{"apiregistration.k8s.io/v1beta1", "APIService", "apiregistration.k8s.io/v1"},
    Row{"coordination.k8s.io/v1beta1", "Lease", "coordination.k8s.io/v1"},
    // 1.25
    Row{"batch/v1beta1", "CronJob", "batch/v1"},
    Row{"policy/v1beta1", "PodDisruptionBudget", "policy/v1", require_filled_selector},
    Row{"discovery.k8s.io/v1beta1", "EndpointSlice", "discovery.k8s.io/v1", require_no_topology},
    Row{"node.k8s.io/v1beta1", "RuntimeClass", "node.k8s.io/v1"},
    // 1.26, 1.27
    Row{"autoscaling/v2beta2", "HorizontalPodAutoscaler", "autoscaling/v2"},
    Row{"storage.k8s.io/v1beta1", "CSIStorageCapacity", "storage.k8s.io/v1"},
    // 1.26, 1.29, 1.32
    Row{"flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema", "flowcontrol.apiserver.k8s.io/v1"},
    Row{"flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema", "flowcontrol.apiserver.k8s.io/v1beta3"},
    Row{"flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema", "flowcontrol.apiserver.k8s.io/v1beta2"},
    Row{"flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema", "flowcontrol.apiserver.k8s.io/v1"},
    Row{"flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema", "flowcontrol.apiserver.k8s.io/v1beta3"},
    Row{"flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema", "flowcontrol.apiserver.k8s.io/v1"},
};

// A kind that Kubernetes has given up (1.25), and that nothing takes the place of.
bool is_given_up(const ManifestObject& object) {
  return object.kind == "PodSecurityPolicy" &&
         (object.api_version == "policy/v1beta1" || object.api_version == "extensions/v1beta1");
}

bool is_of(const Row& row, const ApiKind& kind) { return row.from == kind.first && row.kind == kind.second; }
ApiKind target_of(const Row& row) { return {std::string(row.to), std::string(row.kind)}; }
ApiKind kind_of(const ManifestObject& object) { return {object.api_version, object.kind}; }

// The first row for the object whose version is served, or null.
const Row* find_row(const ManifestObject& object, const IsServed& is_served) {
  const auto* const row = std::ranges::find_if(kRows, [&](const Row& candidate) {
    return is_of(candidate, kind_of(object)) && is_served(target_of(candidate));
  });
  return row == kRows.end() ? nullptr : row;
}

// `edit` with the object in its new version. Throws Error where that cannot be.
YamlEdit with_new_version(YamlEdit edit, const YAML::Node& object, const Row& row) {
  edit.replace_scalar(YamlEdit::find(object, "apiVersion").value, row.to);
  if (row.shape != nullptr) row.shape(object, edit);
  (void)edit.result();
  return edit;
}

// Maps the objects of one document; nothing where the document is to go.
std::optional<std::string> map_document(std::string_view text, const IsServed& is_served,
                                        ServedManifest& result) {
  YamlEdit edit(text);
  for (const ObjectNode& found : object_nodes(text)) {
    const ManifestObject& object = found.object;
    if (is_served(kind_of(object))) continue;
    const auto leave = [&](std::string why) {
      result.unmapped.push_back({.object = object, .why = std::move(why)});
    };
    if (const Row* row = find_row(object, is_served)) {
      try {
        edit = with_new_version(edit, found.node, *row);
        result.mapped.push_back({.object = object, .to = std::string(row->to)});
      } catch (const Error& error) {
        leave(error.what());
      }
    } else if (!is_given_up(object)) {
      leave("nothing that is served says the same");
    } else if (found.place == ObjectNode::Place::in_list) {
      leave("it is one of a List");
    } else {
      result.mapped.push_back({.object = object, .to = {}});
      return std::nullopt;
    }
  }
  return edit.result();
}

}  // namespace

std::vector<ApiKind> kinds_of(std::string_view manifest) {
  std::vector<ApiKind> kinds;
  for (const ManifestObject& object : manifest_objects(manifest)) kinds.push_back(kind_of(object));
  std::ranges::sort(kinds);
  const auto rest = std::ranges::unique(kinds);
  kinds.erase(rest.begin(), rest.end());
  return kinds;
}

std::vector<ApiKind> successors_of(const ApiKind& kind) {
  std::vector<ApiKind> successors;
  for (const Row& row : kRows) {
    if (is_of(row, kind)) successors.push_back(target_of(row));
  }
  return successors;
}

ServedManifest map_to_served(std::string_view manifest, const IsServed& is_served) {
  ServedManifest result;
  for (const auto& [whole, text] : split_documents(manifest)) {
    const auto mapped = map_document(text, is_served, result);
    if (!mapped) continue;
    result.text += whole.substr(0, whole.size() - text.size());
    result.text += *mapped;
  }
  return result;
}

}  // namespace kots_export::helm
