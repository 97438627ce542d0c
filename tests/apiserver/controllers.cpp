#include "apiserver/controllers.h"

#include "apiserver/lifecycle.h"

#include <algorithm>

namespace kots_export::apiserver {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 256;
constexpr std::chrono::milliseconds kIdle{200};

// Empties a namespace that is being deleted, then lets it go.
class NamespaceController final : public Controller {
 public:
  NamespaceController(Cluster& cluster, Timers& timers) : cluster_(cluster), timers_(timers) {}

  void handle(EventKind kind, const ObjectPtr& object, const ObjectPtr& previous) override {
    const bool marked =
        kind != EventKind::removed && object->type().kind == "Namespace" && object->deleting();
    if (marked && (!previous || !previous->deleting())) sweep(object);
  }

 private:
  void sweep(const ObjectPtr& name_space) {
    bool empty = true;
    for (const ResourceType& type : all_resource_types()) {
      if (!type.namespaced()) continue;
      for (const ObjectPtr& object : cluster_.store.list(type, name_space->name()).objects) {
        try {
          empty &= delete_object(cluster_, type, object->name_space(), object->name(),
                                 {{}, {}, Propagation::background, 0})
                       .removed;
        } catch (const ApiError&) {
          // Somebody else has deleted it.
        }
      }
    }
    if (!empty) {
      timers_.after(std::chrono::milliseconds(20), [this, name_space] { sweep(name_space); });
      return;
    }
    change_object(cluster_, name_space, [](Json& body) { body["spec"].erase("finalizers"); });
  }

  Cluster& cluster_;
  Timers& timers_;
};

}  // namespace

void Timers::after(std::chrono::milliseconds delay, std::function<void()> action) {
  actions_.emplace(Clock::now() + delay, std::move(action));
}

Clock::time_point Timers::run_due() {
  while (!actions_.empty() && actions_.begin()->first <= Clock::now()) {
    const std::function<void()> action = std::move(actions_.begin()->second);
    actions_.erase(actions_.begin());
    action();
  }
  return actions_.empty() ? Clock::time_point::max() : actions_.begin()->first;
}

std::unique_ptr<Controller> make_namespace_controller(Cluster& cluster, Timers& timers) {
  return std::make_unique<NamespaceController>(cluster, timers);
}

ControllerManager::ControllerManager(Cluster& cluster) : cluster_(cluster) {
  controllers_.push_back(make_garbage_collector(cluster));
  controllers_.push_back(make_volume_controller(cluster));
  controllers_.push_back(make_job_controller(cluster, timers_));
  controllers_.push_back(make_kubelet(cluster, timers_));
  controllers_.push_back(make_namespace_controller(cluster, timers_));
  thread_ = std::thread([this] { run(); });
}

ControllerManager::~ControllerManager() {
  cluster_.store.close();
  thread_.join();
}

void ControllerManager::run() {
  const auto tell = [this](EventKind kind, const ObjectPtr& object, const ObjectPtr& previous) {
    for (const auto& controller : controllers_) controller->handle(kind, object, previous);
  };
  std::uint64_t seen = cluster_.store.resource_version();
  for (const ResourceType& type : all_resource_types()) {
    for (const ObjectPtr& object : cluster_.store.list(type, "").objects)
      tell(EventKind::added, object, object);
  }
  while (!cluster_.store.closed()) {
    const Clock::time_point due = timers_.run_due();
    const auto events = cluster_.store.events_after(seen, kBatch, std::min(due, Clock::now() + kIdle));
    if (!events) {
      // The history was compacted under a test's hands; go on with what comes.
      seen = cluster_.store.resource_version();
      continue;
    }
    for (const Event& event : *events) tell(event.kind, event.object, event.previous);
    seen += events->size();
  }
}

}  // namespace kots_export::apiserver
