#pragma once

#include "migration/verify/cause.h"

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

// One container of a Pod that is not ready: its status as the kubelet reports it.
struct ContainerInTrouble {
  std::string pod;
  const nlohmann::json& pod_object;
  const nlohmann::json& status;

  [[nodiscard]] std::string name() const;
};

// The trouble that the container's own state tells: its image, its configuration, its end. Nothing where it
// only has not started yet, or runs.
[[nodiscard]] std::optional<Cause> cause_of(Context& context, const ContainerInTrouble& container,
                                            const PodsAndEvents& seen);

}  // namespace kots_export::migration
