#include "apiserver/behaviours.h"
#include "apiserver/controllers.h"
#include "apiserver/defaults.h"
#include "apiserver/lifecycle.h"

#include <functional>
#include <utility>

namespace kots_export::apiserver {
namespace {

using std::chrono::milliseconds;

constexpr const char* kNode = "node-1";
// How long a failed pull is reported as such before it is backed off, and how often a missing Secret is
// looked for.
constexpr milliseconds kPullBackOff{30};
constexpr milliseconds kRetry{50};
constexpr milliseconds kGrace{20};

std::string container_name(const Object& pod) {
  const Json& containers = member(pod.body(), {"spec", "containers"});
  return containers.empty() ? "" : text_member(containers.front(), {"name"});
}

void set_condition(Json& status, const char* type, bool holds, const std::string& reason = {},
                   const std::string& message = {}) {
  Json condition = {{"type", type}, {"status", holds ? "True" : "False"}, {"lastTransitionTime", now_text()}};
  if (!reason.empty()) condition["reason"] = reason;
  if (!message.empty()) condition["message"] = message;
  for (Json& known : status["conditions"]) {
    if (text_member(known, {"type"}) != type) continue;
    known = std::move(condition);
    return;
  }
  status["conditions"].push_back(std::move(condition));
}

void set_containers(Json& pod, const Json& state, bool ready) {
  Json statuses = Json::array();
  for (const Json& container : member(pod, {"spec", "containers"})) {
    statuses.push_back({{"name", text_member(container, {"name"})},
                        {"image", text_member(container, {"image"})},
                        {"imageID", ""},
                        {"ready", ready},
                        {"started", state.contains("running")},
                        {"restartCount", 0},
                        {"lastState", Json::object()},
                        {"state", state}});
  }
  pod["status"]["containerStatuses"] = std::move(statuses);
}

Json waiting(const std::string& reason, const std::string& message = {}) {
  Json state = {{"waiting", {{"reason", reason}}}};
  if (!message.empty()) state["waiting"]["message"] = message;
  return state;
}

// Schedules and runs every Pod that comes through the API, by the table of behaviours; ends those being
// deleted.
class Kubelet final : public Controller {
 public:
  Kubelet(Cluster& cluster, Timers& timers) : cluster_(cluster), timers_(timers) {}

  void handle(EventKind kind, const ObjectPtr& object, const ObjectPtr& previous) override {
    if (object->type().kind != "Pod") return;
    if (kind == EventKind::removed) {
      cluster_.logs.forget(object->uid());
      cluster_.environments.forget(object->uid());
    } else if (object->deleting() && (!previous || !previous->deleting())) {
      end(object);
    } else if (kind == EventKind::added && !previous) {
      schedule(object);
    }
  }

 private:
  void later(milliseconds delay, const ObjectPtr& pod, std::function<void(const ObjectPtr&)> step) {
    timers_.after(delay, [this, pod, step = std::move(step)] {
      const ObjectPtr current = cluster_.store.by_uid(pod->uid());
      if (current && !current->deleting()) step(current);
    });
  }

  void schedule(const ObjectPtr& pod) {
    const Json& containers = member(pod->body(), {"spec", "containers"});
    const std::string image = containers.empty() ? "" : text_member(containers.front(), {"image"});
    const bool forever = text_member(pod->body(), {"spec", "restartPolicy"}) == "Always";
    const Behaviour behaviour =
        cluster_.behaviours.find(pod->name(), image, forever ? Outcome::never_finish : Outcome::complete);
    if (behaviour.outcome == Outcome::unschedulable) {
      change_object(cluster_, pod, [](Json& body) {
        set_condition(body["status"], "PodScheduled", false, "Unschedulable",
                      "0/1 nodes are available: 1 Insufficient memory.");
      });
      return;
    }
    cluster_.logs.open(pod->uid(), container_name(*pod));
    change_object(cluster_, pod, [](Json& body) {
      body["spec"]["nodeName"] = kNode;
      Json& status = body["status"];
      status["hostIP"] = "10.0.0.1";
      status["startTime"] = now_text();
      set_condition(status, "Initialized", true);
      set_condition(status, "Ready", false, "ContainersNotReady");
      set_condition(status, "PodScheduled", true);
      set_containers(body, waiting("ContainerCreating"), false);
    });
    later(behaviour.start_delay, pod, [=, this](const ObjectPtr& current) { start(current, behaviour); });
  }

  void start(const ObjectPtr& pod, const Behaviour& behaviour) {
    if (behaviour.outcome == Outcome::image_pull_error) return fail_pull(pod);
    const Environment environment = start_containers(*pod);
    std::string problem = environment.problem;
    if (behaviour.outcome == Outcome::create_container_config_error && problem.empty()) {
      problem = "secret \"missing\" not found";
    }
    if (!problem.empty()) {
      change_object(cluster_, pod, [&](Json& body) {
        set_containers(body, waiting("CreateContainerConfigError", problem), false);
      });
      later(kRetry, pod, [=, this](const ObjectPtr& current) { start(current, behaviour); });
      return;
    }
    change_object(cluster_, pod, [](Json& body) {
      body["status"]["phase"] = "Running";
      body["status"]["podIP"] = "10.244.0.17";
      set_condition(body["status"], "Ready", true);
      set_condition(body["status"], "ContainersReady", true);
      set_containers(body, {{"running", {{"startedAt", now_text()}}}}, true);
    });
    run(pod, behaviour, environment, 0);
  }

  void run(const ObjectPtr& pod, const Behaviour& behaviour, const Environment& environment,
           std::size_t line) {
    later(behaviour.delay, pod, [=, this](const ObjectPtr& current) {
      if (line < behaviour.lines.size()) {
        cluster_.logs.append(pod->uid(), container_name(*pod), expand(behaviour.lines[line], environment));
        run(current, behaviour, environment, line + 1);
      } else if (behaviour.outcome != Outcome::never_finish) {
        finish(current, behaviour.outcome == Outcome::complete ? 0 : behaviour.exit_code);
      }
    });
  }

  void finish(const ObjectPtr& pod, int exit_code) {
    cluster_.logs.finish(pod->uid(), container_name(*pod));
    const bool success = exit_code == 0;
    change_object(cluster_, pod, [&](Json& body) {
      body["status"]["phase"] = success ? "Succeeded" : "Failed";
      set_condition(body["status"], "Ready", false, success ? "PodCompleted" : "PodFailed");
      set_containers(body,
                     {{"terminated",
                       {{"exitCode", exit_code},
                        {"reason", success ? "Completed" : "Error"},
                        {"startedAt", now_text()},
                        {"finishedAt", now_text()}}}},
                     false);
    });
  }

  void fail_pull(const ObjectPtr& pod) {
    const std::string image = text_member(member(pod->body(), {"spec", "containers"}).front(), {"image"});
    const std::string why = "rpc error: code = Unknown desc = failed to pull and unpack image \"" + image +
                            "\": failed to authorize: 401 Unauthorized";
    change_object(cluster_, pod,
                  [&](Json& body) { set_containers(body, waiting("ErrImagePull", why), false); });
    later(kPullBackOff, pod, [this, image](const ObjectPtr& current) {
      change_object(cluster_, current, [&](Json& body) {
        set_containers(body, waiting("ImagePullBackOff", "Back-off pulling image \"" + image + '"'), false);
      });
    });
  }

  void end(const ObjectPtr& pod) {
    cluster_.logs.finish(pod->uid(), container_name(*pod));
    timers_.after(kGrace, [this, pod] {
      try {
        delete_object(cluster_, pod->type(), pod->name_space(), pod->name(),
                      {pod->uid(), {}, Propagation::background, 0});
      } catch (const ApiError&) {
        // Somebody was quicker, with a grace of 0.
      }
    });
  }

  // Returns the first container's environment, or the one in which something is missing.
  Environment start_containers(const Object& pod) {
    Environment first;
    bool found = false;
    for (const Json& container : member(pod.body(), {"spec", "containers"})) {
      Environment environment = cluster_.environments.start(cluster_.store, pod, container);
      if (!environment.problem.empty()) return environment;
      if (!std::exchange(found, true)) first = std::move(environment);
    }
    return first;
  }

  Cluster& cluster_;
  Timers& timers_;
};

}  // namespace

std::unique_ptr<Controller> make_kubelet(Cluster& cluster, Timers& timers) {
  return std::make_unique<Kubelet>(cluster, timers);
}

}  // namespace kots_export::apiserver
