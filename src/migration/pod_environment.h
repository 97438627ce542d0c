#pragma once

#include <kots_export/migration/context.h>

#include <map>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace kots_export::migration {

// The environment of a container as its Pod describes it: env and envFrom, with the Secrets and ConfigMaps
// that they name as they are now, and $(NAME) expanded. Source: the kubelet's makeEnvironmentVariables. Left
// out is what only the container knows: fields of the Pod, what the image sets, references to a service's
// variables, keys that are gone. Throws ApiError where a Secret or ConfigMap may not be read.
[[nodiscard]] std::map<std::string, std::string> described_environment(Context& context,
                                                                       const nlohmann::json& container);

}  // namespace kots_export::migration
