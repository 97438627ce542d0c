#pragma once

#include <kots_export/migration/context.h>

#include "migration/finding.h"
#include "migration/verify/workload.h"

#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

// Why workloads are not ready, from their Pods and the events.
namespace kots_export::migration {

// What is read once for all of them.
struct PodsAndEvents {
  std::vector<nlohmann::json> pods;
  std::vector<nlohmann::json> warnings;  // events of type Warning, the newest last
  // Why this user may not read them; mostly empty.
  std::string no_pods = {};
  std::string no_events = {};
};
// What this user may not read of them is left out.
[[nodiscard]] PodsAndEvents read_pods_and_events(Context& context);

// The UID of `object`; empty where it has none.
[[nodiscard]] std::string uid_of(const nlohmann::json& object);

// Those of `events` about an object, the newest last; none of an earlier object of that name, where both UIDs
// are known.
[[nodiscard]] std::vector<const nlohmann::json*> events_of(const PodsAndEvents& seen, std::string_view kind,
                                                           std::string_view name, std::string_view uid);
// The message of the newest of them that is of one of `reasons`; empty where none is.
[[nodiscard]] std::string newest_message(const PodsAndEvents& seen, std::string_view kind,
                                         const nlohmann::json& object,
                                         std::span<const std::string_view> reasons);

// The cause of one workload's trouble. Workloads with the same key have the same one.
struct Cause {
  std::string key;
  std::string what;    // "the image cannot be pulled ..."
  std::string remedy;  // with commands
};

// The causes that the Pods of `workload` give, at least one. Reads logs, pull Secrets and claims where a Pod
// needs them; what this user may not read is left out.
[[nodiscard]] std::vector<Cause> causes_of(Context& context, const Workload& workload,
                                           const PodsAndEvents& seen);

// Whether they say no more than that Pods have not started yet.
[[nodiscard]] bool only_start(const std::vector<Cause>& causes);

// The last lines of a container's log, on one line; empty where they cannot be read.
[[nodiscard]] std::string log_tail(Context& context, const std::string& pod, const std::string& container,
                                   kube::Client::LogPart::Instance instance, int lines = 3);

}  // namespace kots_export::migration
