#pragma once

#include <kots_export/kube/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

// From the image of a deleted object to a manifest by which the server makes it again.
namespace kots_export::change {

// Returns `image` without what the server sets (UID, resourceVersion, times, status, ...) and without what
// its controllers fill in for this one object and would refuse or misread on a new one; one table in
// restore.cpp says what that is for which kind. Names, labels, annotations, spec and data stay.
[[nodiscard]] nlohmann::json manifest_of(const nlohmann::json& image);

// What becomes of each owner reference: the UID it is to have, or nothing to drop it. An object whose owner
// does not exist by UID is deleted by Kubernetes' garbage collector at once.
using OwnerUid = std::function<std::optional<std::string>(const nlohmann::json& owner)>;
void repoint_owners(nlohmann::json& manifest, const OwnerUid& uid_of);

// A Service without the addresses and ports of nodes that it had: the server chooses anew.
[[nodiscard]] nlohmann::json without_service_addresses(nlohmann::json manifest);
// A claim without its volume: the server's provisioner makes a new, empty one.
[[nodiscard]] nlohmann::json without_volume(nlohmann::json manifest);

// The order in which kinds are made again: what others refer to comes first.
enum class RestoreStage { base, workload };
[[nodiscard]] RestoreStage stage_of(std::string_view kind);

}  // namespace kots_export::change
