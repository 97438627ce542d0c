#include "apiserver/resources.h"

#include <algorithm>
#include <stdexcept>

namespace kots_export::apiserver {
namespace {

// Shorthands that keep the table below readable: one kind, a few lines.
struct TypeBuilder {
  ResourceType type;

  TypeBuilder(std::string group, std::string plural, std::string singular, std::string kind) {
    type.group = std::move(group);
    type.plural = std::move(plural);
    type.singular = std::move(singular);
    type.kind = std::move(kind);
  }
  TypeBuilder& at(std::string version, int first = kFirstMinor, int last = kLastMinor) {
    return at_group(type.group, std::move(version), first, last);
  }
  TypeBuilder& at_group(std::string group, std::string version, int first, int last) {
    type.versions.push_back({std::move(group), std::move(version), first, last});
    return *this;
  }
  TypeBuilder& cluster() {
    type.scope = Scope::cluster;
    return *this;
  }
  TypeBuilder& names(std::vector<std::string> short_names) {
    type.short_names = std::move(short_names);
    return *this;
  }
  TypeBuilder& sub(std::vector<std::string> subresources) {
    type.subresources = std::move(subresources);
    return *this;
  }
  TypeBuilder& rule(NameRule name_rule) {
    type.name_rule = name_rule;
    return *this;
  }
  TypeBuilder& generation() {
    type.has_generation = true;
    return *this;
  }
  TypeBuilder& returned() {
    type.returns_deleted = true;
    return *this;
  }
  TypeBuilder& all() {
    type.in_category_all = true;
    return *this;
  }
  TypeBuilder& custom() {
    type.is_custom = true;
    return *this;
  }
  TypeBuilder& orphans() {
    type.orphans_by_default = true;
    return *this;
  }
};

TypeBuilder kind(std::string group, std::string plural, std::string singular, std::string name) {
  return {std::move(group), std::move(plural), std::move(singular), std::move(name)};
}

std::vector<TypeBuilder> core_types() {
  return {
      kind("", "configmaps", "configmap", "ConfigMap").at("v1").names({"cm"}),
      kind("", "endpoints", "endpoints", "Endpoints").at("v1").names({"ep"}),
      kind("", "events", "event", "Event").at("v1").names({"ev"}),
      kind("", "limitranges", "limitrange", "LimitRange").at("v1").names({"limits"}),
      kind("", "namespaces", "namespace", "Namespace")
          .at("v1")
          .cluster()
          .names({"ns"})
          .sub({"status", "finalize"})
          .rule(NameRule::label)
          .returned(),
      kind("", "nodes", "node", "Node").at("v1").cluster().names({"no"}).sub({"status"}),
      kind("", "persistentvolumeclaims", "persistentvolumeclaim", "PersistentVolumeClaim")
          .at("v1")
          .names({"pvc"})
          .sub({"status"})
          .returned(),
      kind("", "persistentvolumes", "persistentvolume", "PersistentVolume")
          .at("v1")
          .cluster()
          .names({"pv"})
          .sub({"status"})
          .returned(),
      kind("", "pods", "pod", "Pod").at("v1").names({"po"}).sub({"exec", "log", "status"}).returned().all(),
      kind("", "resourcequotas", "resourcequota", "ResourceQuota")
          .at("v1")
          .names({"quota"})
          .sub({"status"})
          .returned(),
      kind("", "secrets", "secret", "Secret").at("v1"),
      kind("", "serviceaccounts", "serviceaccount", "ServiceAccount").at("v1").names({"sa"}).returned(),
      kind("", "services", "service", "Service")
          .at("v1")
          .names({"svc"})
          .sub({"status"})
          .rule(NameRule::label_1035)
          .all(),
  };
}

std::vector<TypeBuilder> workload_types() {
  return {
      kind("apps", "controllerrevisions", "controllerrevision", "ControllerRevision").at("v1"),
      kind("apps", "daemonsets", "daemonset", "DaemonSet")
          .at("v1")
          .names({"ds"})
          .sub({"status"})
          .generation()
          .all(),
      kind("apps", "deployments", "deployment", "Deployment")
          .at("v1")
          .names({"deploy"})
          .sub({"scale", "status"})
          .generation()
          .all(),
      kind("apps", "replicasets", "replicaset", "ReplicaSet")
          .at("v1")
          .names({"rs"})
          .sub({"scale", "status"})
          .generation()
          .all(),
      kind("apps", "statefulsets", "statefulset", "StatefulSet")
          .at("v1")
          .names({"sts"})
          .sub({"scale", "status"})
          .generation()
          .all(),
      kind("autoscaling", "horizontalpodautoscalers", "horizontalpodautoscaler", "HorizontalPodAutoscaler")
          .at("v1")
          .names({"hpa"})
          .sub({"status"})
          .all(),
      kind("batch", "cronjobs", "cronjob", "CronJob")
          .at("v1", 21)
          .at("v1beta1", kFirstMinor, 24)
          .names({"cj"})
          .sub({"status"})
          .generation()
          .all(),
      kind("batch", "jobs", "job", "Job").at("v1").sub({"status"}).generation().all().orphans(),
  };
}

std::vector<TypeBuilder> cluster_service_types() {
  return {
      kind("apiextensions.k8s.io", "customresourcedefinitions", "customresourcedefinition",
           "CustomResourceDefinition")
          .at("v1")
          .at("v1beta1", kFirstMinor, 21)
          .cluster()
          .names({"crd", "crds"})
          .sub({"status"})
          .generation(),
      kind("velero.io", "backups", "backup", "Backup").at("v1").custom(),
      kind("coordination.k8s.io", "leases", "lease", "Lease").at("v1").at("v1beta1", kFirstMinor, 21),
      kind("networking.k8s.io", "ingressclasses", "ingressclass", "IngressClass")
          .at("v1", 19)
          .at("v1beta1", 18, 21)
          .cluster()
          .generation(),
      kind("networking.k8s.io", "ingresses", "ingress", "Ingress")
          .at("v1", 19)
          .at("v1beta1", kFirstMinor, 21)
          .at_group("extensions", "v1beta1", kFirstMinor, 21)
          .names({"ing"})
          .sub({"status"})
          .generation(),
      kind("networking.k8s.io", "networkpolicies", "networkpolicy", "NetworkPolicy")
          .at("v1")
          .names({"netpol"})
          .generation(),
      kind("policy", "poddisruptionbudgets", "poddisruptionbudget", "PodDisruptionBudget")
          .at("v1", 21)
          .at("v1beta1", kFirstMinor, 24)
          .names({"pdb"})
          .sub({"status"})
          .generation(),
      kind("policy", "podsecuritypolicies", "podsecuritypolicy", "PodSecurityPolicy")
          .at("v1beta1", kFirstMinor, 24)
          .cluster()
          .names({"psp"})
          .returned(),
      kind("rbac.authorization.k8s.io", "clusterrolebindings", "clusterrolebinding", "ClusterRoleBinding")
          .at("v1")
          .at("v1beta1", kFirstMinor, 21)
          .cluster()
          .rule(NameRule::path_segment),
      kind("rbac.authorization.k8s.io", "clusterroles", "clusterrole", "ClusterRole")
          .at("v1")
          .at("v1beta1", kFirstMinor, 21)
          .cluster()
          .rule(NameRule::path_segment),
      kind("rbac.authorization.k8s.io", "rolebindings", "rolebinding", "RoleBinding")
          .at("v1")
          .at("v1beta1", kFirstMinor, 21)
          .rule(NameRule::path_segment),
      kind("rbac.authorization.k8s.io", "roles", "role", "Role")
          .at("v1")
          .at("v1beta1", kFirstMinor, 21)
          .rule(NameRule::path_segment),
      kind("scheduling.k8s.io", "priorityclasses", "priorityclass", "PriorityClass")
          .at("v1")
          .cluster()
          .names({"pc"}),
      kind("storage.k8s.io", "storageclasses", "storageclass", "StorageClass")
          .at("v1")
          .at("v1beta1", kFirstMinor, 21)
          .cluster()
          .names({"sc"}),
  };
}

bool serves(const ServedVersion& version, int minor) {
  return version.first <= minor && minor <= version.last;
}

}  // namespace

bool ResourceType::has_subresource(std::string_view name) const {
  return std::find(subresources.begin(), subresources.end(), name) != subresources.end();
}

const std::vector<ResourceType>& all_resource_types() {
  static const std::vector<ResourceType> kTypes = [] {
    std::vector<ResourceType> types;
    for (const auto& part : {core_types(), workload_types(), cluster_service_types()}) {
      for (const TypeBuilder& builder : part) types.push_back(builder.type);
    }
    return types;
  }();
  return kTypes;
}

Registry::Registry(int minor, std::span<const std::string> custom) : minor_(minor) {
  if (minor < kFirstMinor || minor > kLastMinor) {
    throw std::runtime_error("Kubernetes 1." + std::to_string(minor) + " is not known; 1." +
                             std::to_string(kFirstMinor) + " to 1." + std::to_string(kLastMinor) + " are");
  }
  for (const ResourceType& type : all_resource_types()) {
    if (type.is_custom && std::ranges::find(custom, type.group) == custom.end()) continue;
    for (const ServedVersion& version : type.versions) {
      if (serves(version, minor)) served_.push_back({&type, &version});
    }
  }
}

ServedResource Registry::find(std::string_view group, std::string_view version,
                              std::string_view plural) const {
  for (const ServedResource& resource : served_) {
    if (resource.version->group == group && resource.version->version == version &&
        resource.type->plural == plural) {
      return resource;
    }
  }
  return {};
}

ServedResource Registry::find_kind(std::string_view api_version, std::string_view kind) const {
  for (const ResourceType& type : all_resource_types()) {
    if (type.kind != kind) continue;
    for (const ServedVersion& version : type.versions) {
      if (version.api_version() == api_version) return {&type, &version};
    }
  }
  return {};
}

const ResourceType* Registry::type_named(std::string_view name) const {
  for (const ResourceType& type : all_resource_types()) {
    if (type.kind == name || type.plural == name || type.singular == name) return &type;
  }
  return nullptr;
}

std::vector<std::string> Registry::groups() const {
  std::vector<std::string> groups;
  for (const ServedResource& resource : served_) {
    const std::string& group = resource.version->group;
    if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
  }
  for (const char* review : {"authentication.k8s.io", "authorization.k8s.io"}) groups.emplace_back(review);
  return groups;
}

std::vector<std::string> Registry::versions_of(std::string_view group) const {
  if (group == "authorization.k8s.io" || group == "authentication.k8s.io") return {"v1"};
  std::vector<std::string> versions;
  for (const ServedResource& resource : served_) {
    const std::string& version = resource.version->version;
    if (resource.version->group == group &&
        std::find(versions.begin(), versions.end(), version) == versions.end()) {
      versions.push_back(version);
    }
  }
  // v1 before v1beta1, the only two forms in the table.
  std::sort(versions.begin(), versions.end());
  return versions;
}

const ServedVersion* Registry::storage_version(const ResourceType& type) const {
  for (const ServedVersion& version : type.versions) {
    if (serves(version, minor_)) return &version;
  }
  return nullptr;
}

}  // namespace kots_export::apiserver
