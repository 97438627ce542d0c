#include "migration/job_watch.h"

#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

struct StartProblem {
  std::string_view reason;
  enum class Means { wait, give_up, no_image } means;
  std::string_view hint;
};

// The waiting reasons of a container (kubelet, pkg/kubelet/images and kuberuntime) that do not go away by
// themselves, or that a person should know of at once.
constexpr std::array<StartProblem, 8> kStartProblems = {{
    {"ErrImagePull", StartProblem::Means::wait, ""},
    {"ImagePullBackOff", StartProblem::Means::no_image, ""},
    {"InvalidImageName", StartProblem::Means::give_up, "The image's name is wrong; check --dev."},
    {"ErrImageNeverPull", StartProblem::Means::give_up, "The image must be on the node already."},
    {"CreateContainerConfigError", StartProblem::Means::give_up,
     "Something that the Pod refers to is missing."},
    {"CreateContainerError", StartProblem::Means::give_up,
     "The node's container runtime refused the container."},
    {"RunContainerError", StartProblem::Means::give_up, "The node's container runtime could not start it."},
    {"StartError", StartProblem::Means::give_up, "The image's command could not be started."},
}};

class JobWatch {
 public:
  JobWatch(Context& context, std::string container, util::AppendFile& log)
      : context_(context), container_(std::move(container)), log_(log) {}

  void started(kube::Client::Follow& follow) { follow_ = &follow; }

  kube::Flow on_job(const kube::WatchEvent& event) {
    if (event.type == kube::WatchEvent::Type::bookmark) return kube::Flow::go_on;
    if (event.type == kube::WatchEvent::Type::deleted) return on_job_gone();
    job_is_listed_ = true;
    for (const json& condition :
         event.object.value("status", json::object()).value("conditions", json::array())) {
      if (condition.value("status", "") != "True") continue;
      const std::string type = condition.value("type", "");
      if (type == "Complete") return end({JobEnd::Result::complete, "", ""});
      if (type == "Failed") return end({JobEnd::Result::failed, text_of(condition), ""});
    }
    return kube::Flow::go_on;
  }

  // A deletion that fell into a gap of the watch shows only in what the next list does not name.
  kube::Flow on_jobs_listed() {
    return std::exchange(job_is_listed_, false) ? kube::Flow::go_on : on_job_gone();
  }

  // The Job controller tells only by an Event that the server refuses the Job's Pods (a quota, an admission).
  kube::Flow on_event(const kube::WatchEvent& event) {
    if (event.type != kube::WatchEvent::Type::bookmark && event.type != kube::WatchEvent::Type::deleted)
      tell_once("flyway.pod-refused", event.object.value("message", ""));
    return kube::Flow::go_on;
  }

  void tell(change::JobState state) {
    if (state == state_) return;
    state_ = std::move(state);
    context_.observer.job_seen(state_);
  }

  kube::Flow on_pod(const kube::WatchEvent& event) {
    if (event.type == kube::WatchEvent::Type::bookmark || event.type == kube::WatchEvent::Type::deleted) {
      return kube::Flow::go_on;
    }
    const json status = event.object.value("status", json::object());
    tell({.job = state_.job,
          .pod = event.object["metadata"].value("name", ""),
          .phase = status.value("phase", ""),
          .reason = waiting_reason(status)});
    tell_if_unschedulable(status);
    for (const json& container : status.value("containerStatuses", json::array())) {
      const json state = container.value("state", json::object());
      if (state.contains("waiting")) {
        if (on_waiting(state["waiting"]) == kube::Flow::stop) return kube::Flow::stop;
      } else if (container.value("name", "") == container_ &&
                 (state.contains("running") || state.contains("terminated"))) {
        follow_log(event.object["metadata"].value("name", ""));
      }
    }
    return is_kept_by_sidecar(status) ? end({JobEnd::Result::complete, "", ""}) : kube::Flow::go_on;
  }

  // What the live stream missed is read once more at the end: a Job can be done before its Pod was seen to
  // run, or before a log could be opened.
  void complete_log(const kube::ApiResource& pods, const std::string& job) {
    secondary("flyway.pods-unreadable", {}, [&] {
      for (const json& pod : context_.client.list(pods, context_.ns.name, "job-name=" + job)) {
        if (has_started(pod)) pods_.try_emplace(pod["metadata"].value("name", ""), 0);
      }
    });
    for (auto& [pod, logged] : pods_) {
      std::optional<std::string> whole;
      secondary("flyway.log-unreadable", pod,
                [&, &name = pod] { whole = context_.client.log(context_.ns.name, name, container_); });
      if (!whole) continue;
      std::string_view rest = *whole;
      rest.remove_prefix(std::min(logged, rest.size()));
      while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        on_line(logged, line);
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      }
    }
    secondary("flyway.log-unwritable", {}, [&] { log_.sync(); });
  }

  [[nodiscard]] const JobEnd& result() const { return end_; }

 private:
  static std::string text_of(const json& condition) {
    return util::printable(util::filled(
        "{reason}: {message}",
        {{"reason", condition.value("reason", "")}, {"message", condition.value("message", "")}}));
  }

  kube::Flow end(JobEnd end) {
    end_ = std::move(end);
    if (follow_ != nullptr) follow_->stop();
    return kube::Flow::stop;
  }

  // Why the migrator's container does not run yet; empty where it does.
  [[nodiscard]] std::string waiting_reason(const json& status) const {
    for (const json& container : status.value("containerStatuses", json::array())) {
      if (container.value("name", "") == container_)
        return util::text_at(container, {"state", "waiting", "reason"});
    }
    return {};
  }

  [[nodiscard]] bool has_started(const json& pod) const {
    for (const json& container :
         pod.value("status", json::object()).value("containerStatuses", json::array())) {
      if (container.value("name", "") == container_)
        return !container.value("state", json::object()).contains("waiting");
    }
    return false;
  }

  // The work is done, but another container that was put into the Pod runs on: its Job would never end.
  [[nodiscard]] bool is_kept_by_sidecar(const json& status) const {
    bool is_done = false;
    bool another_runs = false;
    for (const json& container : status.value("containerStatuses", json::array())) {
      const json state = container.value("state", json::object());
      if (container.value("name", "") == container_) {
        is_done = state.value("terminated", json::object()).value("exitCode", -1) == 0;
      } else {
        another_runs = another_runs || state.contains("running");
      }
    }
    return is_done && another_runs;
  }

  kube::Flow on_job_gone() {
    return end({JobEnd::Result::failed, "the Job was deleted by somebody else", ""});
  }

  void follow_log(const std::string& name) {
    const auto [pod, is_new] = pods_.try_emplace(name, 0);
    if (!is_new || follow_ == nullptr) return;
    follow_->add_log(
        {.ns = context_.ns.name,
         .pod = name,
         .container = container_,
         .on_line = [this, &logged = pod->second](std::string_view line) { on_line(logged, line); }});
  }

  void on_line(std::size_t& logged, std::string_view line) {
    logged += line.size() + 1;
    secondary("flyway.log-unwritable", {}, [&] { log_.append(std::string(line) + "\n"); });
    context_.observer.log_line(container_, line);
  }

  void tell_if_unschedulable(const json& status) {
    for (const json& condition : status.value("conditions", json::array())) {
      if (condition.value("type", "") == "PodScheduled" && condition.value("reason", "") == "Unschedulable") {
        tell_once("flyway.unschedulable", condition.value("message", ""));
      }
    }
  }

  kube::Flow on_waiting(const json& waiting) {
    const std::string reason = waiting.value("reason", "");
    const auto known = std::ranges::find(kStartProblems, reason, &StartProblem::reason);
    if (known == kStartProblems.end()) return kube::Flow::go_on;
    if (known->means == StartProblem::Means::wait) {
      tell_once("flyway.image-not-pulled", waiting.value("message", ""));
      return kube::Flow::go_on;
    }
    const bool has_image = known->means != StartProblem::Means::no_image;
    return end({has_image ? JobEnd::Result::cannot_start : JobEnd::Result::cannot_pull, text_of(waiting),
                std::string(known->hint)});
  }

  // The migration is what counts: it is judged by the Job, with or without its log. What fails of `action` is
  // told once for each Pod, and the run goes on.
  template <typename Action>
  void secondary(const std::string& id, const std::string& pod, const Action& action) {
    try {
      action();
    } catch (const Interrupted&) {
      throw;
    } catch (const Error& error) {
      if (told_.insert(id + pod).second) context_.observer.warn(id, {{"pod", pod}, {"why", error.why()}});
    }
  }

  void tell_once(const std::string& id, const std::string& message) {
    if (told_.insert(id).second) context_.observer.warn(id, {{"message", util::printable(message)}});
  }

  Context& context_;
  std::string container_;
  util::AppendFile& log_;
  kube::Client::Follow* follow_ = nullptr;
  JobEnd end_;
  change::JobState state_;
  bool job_is_listed_ = false;
  std::map<std::string, std::size_t> pods_;  // and how many bytes of its log are written
  std::set<std::string> told_;
};

}  // namespace

JobEnd follow_job(Context& context, const std::string& name, const std::string& container,
                  util::AppendFile& log, std::chrono::seconds timeout) {
  JobWatch watch(context, container, log);
  watch.tell({.job = name, .pod = {}, .phase = {}, .reason = {}});
  const auto& jobs = require_resource(context.client, "batch", "Job");
  const auto& pods = require_resource(context.client, "", "Pod");
  std::vector<kube::WatchSpec> watches;
  watches.push_back({.resource = jobs,
                     .ns = context.ns.name,
                     .label_selector = {},
                     .field_selector = "metadata.name=" + name,
                     .on_event = [&](const kube::WatchEvent& event) { return watch.on_job(event); },
                     .on_listed = [&] { return watch.on_jobs_listed(); }});
  watches.push_back({.resource = pods,
                     .ns = context.ns.name,
                     .label_selector = "job-name=" + name,
                     .field_selector = {},
                     .on_event = [&](const kube::WatchEvent& event) { return watch.on_pod(event); }});
  watches.push_back(
      {.resource = {.gvr = {"", "v1", "events"}, .kind = "Event", .verbs = {}},
       .ns = context.ns.name,
       .label_selector = {},
       .field_selector = "involvedObject.kind=Job,involvedObject.name=" + name + ",reason=FailedCreate",
       .on_event = [&](const kube::WatchEvent& event) { return watch.on_event(event); },
       .needed = kube::WatchSpec::Needed::no});
  (void)context.client.follow(std::move(watches), std::chrono::steady_clock::now() + timeout,
                              [&watch](kube::Client::Follow& follow) { watch.started(follow); });
  watch.complete_log(pods, name);
  return watch.result();
}

}  // namespace kots_export::migration
