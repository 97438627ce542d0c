#include "apiserver/pod_environments.h"

namespace kots_export::apiserver {

void PodEnvironments::set_image(const std::string& uid, std::map<std::string, std::string> variables) {
  const std::lock_guard lock(mutex_);
  images_[uid] = std::move(variables);
}

Environment PodEnvironments::start(const Store& store, const Object& pod, const Json& container) {
  const std::lock_guard lock(mutex_);
  const auto image = images_.find(pod.uid());
  Environment environment =
      resolve_environment(store, pod.body(), container,
                          image == images_.end() ? std::map<std::string, std::string>() : image->second);
  if (environment.problem.empty()) started_[{pod.uid(), text_member(container, {"name"})}] = environment;
  return environment;
}

Environment PodEnvironments::get(const Store& store, const Object& pod, const Json& container) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = started_.find({pod.uid(), text_member(container, {"name"})});
    if (found != started_.end()) return found->second;
  }
  return start(store, pod, container);
}

void PodEnvironments::start_seeded(const Store& store) {
  for (const ResourceType& type : all_resource_types()) {
    if (type.kind != "Pod") continue;
    for (const ObjectPtr& pod : store.list(type, "").objects) {
      if (text_member(pod->body(), {"status", "phase"}) != "Running") continue;
      for (const Json& container : member(pod->body(), {"spec", "containers"}))
        (void)get(store, *pod, container);
    }
  }
}

void PodEnvironments::forget(const std::string& uid) {
  const std::lock_guard lock(mutex_);
  images_.erase(uid);
  started_.erase(started_.lower_bound({uid, std::string()}),
                 started_.lower_bound({uid + '\xff', std::string()}));
}

}  // namespace kots_export::apiserver
