#include "apiserver/rest.h"
#include "apiserver/status.h"

#include <algorithm>
#include <chrono>

namespace kots_export::apiserver {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kIdle{100};

// Returns the container whose log is asked for. Throws ApiError 400 as the real server does.
std::string choose_container(const Object& pod, const std::string& wanted) {
  const Json& containers = member(pod.body(), {"spec", "containers"});
  for (const Json& container : member(pod.body(), {"spec", "initContainers"}))
    if (!wanted.empty() && text_member(container, {"name"}) == wanted) return wanted;
  std::string all;
  for (const Json& container : containers) {
    const std::string name = text_member(container, {"name"});
    if (name == wanted || (wanted.empty() && containers.size() == 1)) return name;
    all += (all.empty() ? "" : " ") + name;
  }
  if (!wanted.empty()) throw bad_request("container " + wanted + " is not valid for pod " + pod.name());
  throw bad_request("a container name must be specified for pod " + pod.name() + ", choose one of: [" + all +
                    ']');
}

void require_started(const Object& pod, const std::string& container) {
  std::string reason = "ContainerCreating";
  for (const char* statuses : {"initContainerStatuses", "containerStatuses"}) {
    for (const Json& status : member(pod.body(), {"status", statuses})) {
      if (text_member(status, {"name"}) != container) continue;
      if (!member(status, {"state", "waiting"}).is_object()) return;
      reason = text_member(status, {"state", "waiting", "reason"});
    }
  }
  const bool seeded = text_member(pod.body(), {"status", "phase"}) == "Running";
  if (seeded) return;
  const std::string what =
      reason == "ContainerCreating" || reason == "PodInitializing"
          ? "is waiting to start: " + reason
          : "is waiting to start: " + (reason == "ImagePullBackOff" || reason == "ErrImagePull"
                                           ? "trying and failing to pull image"
                                           : reason);
  throw bad_request("container \"" + container + "\" in pod \"" + pod.name() + "\" " + what);
}

long long number(const Request& request, const char* parameter) {
  const auto text = request.parameter(parameter);
  return text ? std::strtoll(text->c_str(), nullptr, 10) : -1;
}

}  // namespace

void pod_log(const Call& call) {
  if (call.request.method != "GET") throw method_not_allowed(call.request.method);
  const ObjectPtr pod = call.cluster.store.get(call.type(), call.name_space(), call.info.name);
  if (!pod) throw not_found(call.type(), call.info.name);
  const std::string container = choose_container(*pod, call.request.parameter("container").value_or(""));
  require_started(*pod, container);
  const bool follow = call.request.flag("follow");
  const bool timestamps = call.request.flag("timestamps");
  const long long seconds = number(call.request, "sinceSeconds");
  const auto since = std::chrono::system_clock::now() - std::chrono::seconds(seconds);
  const LogBook& logs = call.cluster.logs;

  LogBook::Part part = logs.read(pod->uid(), container, 0, Clock::now());
  std::size_t read = part.lines.size();
  const long long tail = number(call.request, "tailLines");
  if (tail >= 0 && part.lines.size() > static_cast<std::size_t>(tail)) {
    part.lines.erase(part.lines.begin(), part.lines.end() - static_cast<std::ptrdiff_t>(tail));
  }
  call.answer.begin(200, "text/plain");
  for (;;) {
    std::string text;
    for (const LogLine& line : part.lines) {
      if (seconds >= 0 && line.at < since) continue;
      if (timestamps) text += line.time + ' ';
      text += line.text + '\n';
    }
    call.answer.chunk(text);
    if (!follow || part.finished || call.cluster.store.closed() || call.answer.client_gone()) break;
    part = logs.read(pod->uid(), container, read, Clock::now() + kIdle);
    read += part.lines.size();
  }
  call.answer.end();
}

}  // namespace kots_export::apiserver
