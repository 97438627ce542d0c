#pragma once

#include "apiserver/access.h"
#include "apiserver/behaviours.h"
#include "apiserver/log_book.h"
#include "apiserver/pod_environments.h"
#include "apiserver/resources.h"
#include "apiserver/store.h"

#include <span>
#include <string>

namespace kots_export::apiserver {

// Annotations of a Pod that tell this server about its image. They are taken off before the Pod is stored.
inline constexpr const char* kImageEnvAnnotation = "apiserver.test/image-env";  // JSON map
inline constexpr const char* kLogsAnnotation = "apiserver.test/logs";           // text, lines

// The state of the simulated cluster: what handlers, controllers and seeds work on.
struct Cluster {
  Cluster(int minor, std::size_t history_limit, std::span<const std::string> custom = {})
      : registry(minor, custom), store(history_limit) {}

  Registry registry;
  Store store;
  AccessRules access;
  LogBook logs;
  Behaviours behaviours;
  PodEnvironments environments;
  std::string reclaim_policy = "Delete";  // of the PersistentVolumes made for claims
  std::string authority_pem;              // what kube-root-ca.crt holds

  [[nodiscard]] const ResourceType& type(const char* kind) const { return *registry.type_named(kind); }
};

}  // namespace kots_export::apiserver
