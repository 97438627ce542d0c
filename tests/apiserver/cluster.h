#pragma once

#include "apiserver/access.h"
#include "apiserver/behaviours.h"
#include "apiserver/log_book.h"
#include "apiserver/resources.h"
#include "apiserver/store.h"

#include <map>
#include <mutex>
#include <string>

namespace kots_export::apiserver {

// Annotations of a Pod that tell this server about its image. They are taken off before the Pod is stored.
inline constexpr const char* kImageEnvAnnotation = "apiserver.test/image-env";  // JSON map
inline constexpr const char* kLogsAnnotation = "apiserver.test/logs";           // text, lines

// What the image of each Pod sets by itself, by the Pod's uid. Safe for many threads.
class ImageEnvironments {
 public:
  void set(const std::string& uid, std::map<std::string, std::string> variables) {
    const std::lock_guard lock(mutex_);
    variables_[uid] = std::move(variables);
  }
  [[nodiscard]] std::map<std::string, std::string> get(const std::string& uid) const {
    const std::lock_guard lock(mutex_);
    const auto found = variables_.find(uid);
    return found == variables_.end() ? std::map<std::string, std::string>() : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::string, std::string>> variables_;
};

// The state of the simulated cluster: what handlers, controllers and seeds work on.
struct Cluster {
  Cluster(int minor, std::size_t history_limit) : registry(minor), store(history_limit) {}

  Registry registry;
  Store store;
  AccessRules access;
  LogBook logs;
  Behaviours behaviours;
  ImageEnvironments image_environments;
  std::string reclaim_policy = "Delete";  // of the PersistentVolumes made for claims
  std::string authority_pem;              // what kube-root-ca.crt holds

  [[nodiscard]] const ResourceType& type(const char* kind) const { return *registry.type_named(kind); }
};

}  // namespace kots_export::apiserver
