#pragma once

#include "cli/complete.h"

#include <string>
#include <vector>

namespace kots_export::cli {

// The values that exist now: of the kubeconfig, of the cluster, of the folder of the journals. The flags in
// `before` count, as they would for the command. A cluster has two seconds. None where something fails.
[[nodiscard]] std::vector<Candidate> live_values(Live what, const std::vector<std::string>& before);

}  // namespace kots_export::cli
