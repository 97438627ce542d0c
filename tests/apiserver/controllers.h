#pragma once

#include "apiserver/cluster.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

// What runs in a cluster beside the API server: each Controller plays one part of kube-controller-manager or
// the kubelet. All of them share one thread, so they need no locks among themselves.
namespace kots_export::apiserver {

// Functions to be called later, by the controllers' thread.
class Timers {
 public:
  void after(std::chrono::milliseconds delay, std::function<void()> action);
  // Runs what is due and returns when the next one is.
  std::chrono::steady_clock::time_point run_due();

 private:
  std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> actions_;
};

class Controller {
 public:
  virtual ~Controller() = default;
  // Called once for every object that is there when the server starts, then for every write.
  virtual void handle(EventKind kind, const ObjectPtr& object, const ObjectPtr& previous) = 0;
};

[[nodiscard]] std::unique_ptr<Controller> make_garbage_collector(Cluster& cluster);
[[nodiscard]] std::unique_ptr<Controller> make_job_controller(Cluster& cluster, Timers& timers);
[[nodiscard]] std::unique_ptr<Controller> make_kubelet(Cluster& cluster, Timers& timers);
[[nodiscard]] std::unique_ptr<Controller> make_volume_controller(Cluster& cluster);
[[nodiscard]] std::unique_ptr<Controller> make_namespace_controller(Cluster& cluster, Timers& timers);

// The thread of all controllers. It ends when the store is closed.
class ControllerManager {
 public:
  explicit ControllerManager(Cluster& cluster);
  ControllerManager(const ControllerManager&) = delete;
  ControllerManager& operator=(const ControllerManager&) = delete;
  ~ControllerManager();

 private:
  void run();

  Cluster& cluster_;
  Timers timers_;
  std::vector<std::unique_ptr<Controller>> controllers_;
  std::thread thread_;
};

}  // namespace kots_export::apiserver
