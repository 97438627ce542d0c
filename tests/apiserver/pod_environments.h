#pragma once

#include "apiserver/environment.h"
#include "apiserver/store.h"

#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace kots_export::apiserver {

// The environment of every container, by the Pod's uid. A container keeps what it was started with: a Secret
// that is changed or deleted later makes no difference to it. Safe for many threads.
class PodEnvironments {
 public:
  // What the Pod's image sets by itself.
  void set_image(const std::string& uid, std::map<std::string, std::string> variables);
  // Resolves a container's environment anew and, where nothing stands in the way, keeps it: the container
  // starts.
  Environment start(const Store& store, const Object& pod, const Json& container);
  // Returns what the container was started with; starts it where it has not been (a seed says that it runs).
  Environment get(const Store& store, const Object& pod, const Json& container);
  // Starts every container of the Pods that run but have none yet: seeded ones.
  void start_seeded(const Store& store);
  void forget(const std::string& uid);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::string, std::string>> images_;
  std::map<std::pair<std::string, std::string>, Environment> started_;  // uid and container
};

}  // namespace kots_export::apiserver
