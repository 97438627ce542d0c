#pragma once

#include "migration/verify/cause.h"
#include "migration/verify/workload.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The workflows' data on its way from PostgreSQL to the bucket, which takes hours.
namespace kots_export::migration {

// Whether `workload` is one of the Deployments that wait for it.
[[nodiscard]] bool waits_for_workflow_data(const Workload& workload);

// The init container that moves the data now, and its Pod.
struct Mover {
  std::string pod;
  std::string container;
  std::string since;          // RFC 3339
  std::int64_t restarts = 0;  // none of them after a failure
};

// Nothing where `workload` waits for no data, or something is wrong with one of its Pods.
[[nodiscard]] std::optional<Mover> mover_of(Context& context, const Workload& workload,
                                            const PodsAndEvents& seen);

}  // namespace kots_export::migration
