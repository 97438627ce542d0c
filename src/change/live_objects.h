#pragma once

#include <kots_export/kube/client.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include <nlohmann/json.hpp>

namespace kots_export::change {

// Reads many objects side by side, and hands each over as it comes: its place in `objects`, and its whole
// content, or nothing where it is not there. Throws ApiError, ConnectionError, Interrupted.
void read_objects(kube::Client& client, std::span<const kube::ObjectRef> objects,
                  const std::function<void(std::size_t, std::optional<nlohmann::json>)>& on_object);

// Reads the metadata of many objects, and hands each over as it comes, in no order and each once; what is not
// there is not handed over. Kinds of which many are named in one namespace are listed there, a page at a
// time; the others are read by name. Throws as read_objects.
void read_metadata(kube::Client& client, std::span<const kube::ObjectRef> objects,
                   const std::function<void(kube::ObjectMetadata)>& on_object);

// The UID of what an ownerReference of an object in `ns` names, as it is there now; nothing where it is not.
[[nodiscard]] std::optional<std::string> live_uid_of_owner(kube::Client& client, const nlohmann::json& owner,
                                                           const std::string& ns);

}  // namespace kots_export::change
