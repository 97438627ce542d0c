#pragma once

#include <kots_export/migration/context.h>

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

// Whether a workload is as its spec wants it.
struct Readiness {
  enum class State {
    ready,
    in_progress,  // its controller is at work, or waits for its Pods
    failed,       // its controller has given up
  } state = State::ready;
  std::string why;  // "1 of 2 ready"; empty where it is ready
};

struct Workload {
  std::string kind;
  std::string name;
  nlohmann::json live;
  Readiness readiness;

  // "Deployment web (1 of 2 ready)"
  [[nodiscard]] std::string title_and_why() const;
  [[nodiscard]] bool is_ready() const { return readiness.state == Readiness::State::ready; }
};

// As kstatus judges: what a controller has not seen yet says nothing (observedGeneration first).
// Source: sigs.k8s.io/cli-utils, pkg/kstatus/status/core.go.
[[nodiscard]] Readiness judge(std::string_view kind, const nlohmann::json& live);

// The Deployments, StatefulSets, DaemonSets and Jobs of the namespace but for those of another Helm release
// that is there; of the Jobs of a CronJob the newest alone. Throws ApiError, ConnectionError.
[[nodiscard]] std::vector<Workload> read_workloads(Context& context);

// Whether the selector of `workload` (its matchLabels) takes `pod`.
[[nodiscard]] bool selects(const Workload& workload, const nlohmann::json& pod);

}  // namespace kots_export::migration
