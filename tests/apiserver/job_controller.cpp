#include "apiserver/controllers.h"
#include "apiserver/defaults.h"
#include "apiserver/lifecycle.h"

#include <algorithm>

namespace kots_export::apiserver {
namespace {

bool has_condition(const Json& body, const char* type) {
  const Json& conditions = member(body, {"status", "conditions"});
  return std::any_of(conditions.begin(), conditions.end(), [&](const Json& condition) {
    return text_member(condition, {"type"}) == type && text_member(condition, {"status"}) == "True";
  });
}

bool is_finished(const Json& job) { return has_condition(job, "Complete") || has_condition(job, "Failed"); }

void add_condition(Json& status, const char* type, const std::string& reason = {},
                   const std::string& message = {}) {
  Json condition = {
      {"type", type}, {"status", "True"}, {"lastProbeTime", now_text()}, {"lastTransitionTime", now_text()}};
  if (!reason.empty()) condition["reason"] = reason;
  if (!message.empty()) condition["message"] = message;
  status["conditions"].push_back(std::move(condition));
}

// Gives a Job its Pods, one after the other, until one succeeds or backoffLimit is passed. Retries come at
// once.
class JobController final : public Controller {
 public:
  JobController(Cluster& cluster, Timers& timers) : cluster_(cluster), timers_(timers) {}

  void handle(EventKind kind, const ObjectPtr& object, const ObjectPtr& previous) override {
    if (object->type().kind == "Job" && kind != EventKind::removed) {
      if (kind == EventKind::added) watch_deadline(object);
      if (previous && kind == EventKind::modified && is_finished(object->body()) &&
          !is_finished(previous->body())) {
        schedule_removal(object);
      }
      sync(object->uid());
    } else if (object->type().kind == "Pod") {
      for (const Json& owner : member(object->body(), {"metadata", "ownerReferences"})) {
        if (text_member(owner, {"kind"}) == "Job") sync(text_member(owner, {"uid"}));
      }
    }
  }

 private:
  void sync(const std::string& uid) {
    const ObjectPtr job = cluster_.store.by_uid(uid);
    if (!job || job->deleting() || is_finished(job->body())) return;
    if (member(job->body(), {"spec", "suspend"}) == Json(true)) return;
    int active = 0;
    int succeeded = 0;
    int failed = 0;
    for (const ObjectPtr& pod : cluster_.store.dependents(uid)) {
      if (pod->type().kind != "Pod") continue;
      const std::string phase = text_member(pod->body(), {"status", "phase"});
      if (phase == "Succeeded") {
        ++succeeded;
      } else if (phase == "Failed") {
        ++failed;
      } else if (!pod->deleting()) {
        ++active;
      }
    }
    const bool give_up = failed > integer_member(job->body(), {"spec", "backoffLimit"}, 6);
    const bool done = succeeded >= integer_member(job->body(), {"spec", "completions"}, 1);
    const bool start = !give_up && !done && active == 0;
    if (start) start_pod(job);
    change_object(cluster_, job, [&](Json& body) {
      if (is_finished(body)) return;
      Json& status = body["status"];
      if (!status.is_object()) status = Json::object();
      if (!status.contains("startTime")) status["startTime"] = now_text();
      const auto count = [&](const char* name, int value) {
        if (value > 0)
          status[name] = value;
        else
          status.erase(name);
      };
      count("active", start ? 1 : active);
      count("succeeded", succeeded);
      count("failed", failed);
      if (done) {
        status["completionTime"] = now_text();
        add_condition(status, "Complete");
      } else if (give_up) {
        add_condition(status, "Failed", "BackoffLimitExceeded",
                      "Job has reached the specified backoff limit");
      }
    });
  }

  void start_pod(const ObjectPtr& job) {
    const Json& pod_template = member(job->body(), {"spec", "template"});
    Json metadata = {{"generateName", job->name() + '-'},
                     {"namespace", job->name_space()},
                     {"ownerReferences", Json::array({{{"apiVersion", "batch/v1"},
                                                       {"kind", "Job"},
                                                       {"name", job->name()},
                                                       {"uid", job->uid()},
                                                       {"controller", true},
                                                       {"blockOwnerDeletion", true}}})}};
    for (const char* field : {"labels", "annotations"}) {
      if (const Json& value = member(pod_template, {"metadata", field}); !value.is_null())
        metadata[field] = value;
    }
    try {
      create_object(cluster_, cluster_.type("Pod"),
                    {{"metadata", std::move(metadata)}, {"spec", member(pod_template, {"spec"})}});
    } catch (const ApiError&) {
      // The namespace is going, or the template cannot make a Pod: the Job stays without one.
    }
  }

  void watch_deadline(const ObjectPtr& job) {
    const long long seconds = integer_member(job->body(), {"spec", "activeDeadlineSeconds"}, -1);
    if (seconds < 0 || is_finished(job->body())) return;
    timers_.after(std::chrono::seconds(seconds), [this, job] {
      const ObjectPtr current = cluster_.store.by_uid(job->uid());
      if (!current || is_finished(current->body())) return;
      change_object(cluster_, current, [](Json& body) {
        body["status"].erase("active");
        add_condition(body["status"], "Failed", "DeadlineExceeded",
                      "Job was active longer than specified deadline");
      });
      for (const ObjectPtr& pod : cluster_.store.dependents(job->uid())) {
        if (pod->type().kind == "Pod") remove(pod);
      }
    });
  }

  void schedule_removal(const ObjectPtr& job) {
    const long long seconds = integer_member(job->body(), {"spec", "ttlSecondsAfterFinished"}, -1);
    if (seconds >= 0) timers_.after(std::chrono::seconds(seconds), [this, job] { remove(job); });
  }

  void remove(const ObjectPtr& object) {
    try {
      delete_object(cluster_, object->type(), object->name_space(), object->name(),
                    {object->uid(), {}, Propagation::background, {}});
    } catch (const ApiError&) {
      // Somebody else has deleted it.
    }
  }

  Cluster& cluster_;
  Timers& timers_;
};

}  // namespace

std::unique_ptr<Controller> make_job_controller(Cluster& cluster, Timers& timers) {
  return std::make_unique<JobController>(cluster, timers);
}

}  // namespace kots_export::apiserver
