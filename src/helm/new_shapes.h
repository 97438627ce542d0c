#pragma once

#include "helm/yaml_edit.h"

// What an object needs beside another apiVersion. Each throws Error, with why, where the object cannot be
// written in the new version so that it means the same. Source: Kubernetes' deprecated API migration guide,
// and the conversions and defaults of k8s.io/kubernetes/pkg/apis.
namespace kots_export::helm {

using NewShape = void (*)(const YAML::Node& object, YamlEdit& edit);

// networking.k8s.io/v1: backends name their service in a map, and each path has a pathType.
void to_ingress_v1(const YAML::Node& object, YamlEdit& edit);
// apps/v1 no longer makes the selector from the template's labels.
void require_selector(const YAML::Node& object, YamlEdit& edit);
// An empty selector meant no Pod in policy/v1beta1, and means every Pod in policy/v1.
void require_filled_selector(const YAML::Node& object, YamlEdit& edit);
// rbac.authorization.k8s.io/v1alpha1 had apiVersion in a subject, and "*" for every user.
void require_subjects_of_v1(const YAML::Node& object, YamlEdit& edit);
// discovery.k8s.io/v1 has fields of their own for what stood in topology.
void require_no_topology(const YAML::Node& object, YamlEdit& edit);

}  // namespace kots_export::helm
