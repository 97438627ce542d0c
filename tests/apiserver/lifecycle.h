#pragma once

#include "apiserver/cluster.h"
#include "apiserver/status.h"

#include <functional>
#include <optional>
#include <string>

// How objects come, change and go: what the real server's generic registry does between a request and etcd.
// Bodies are in the storage form (see Object).
namespace kots_export::apiserver {

enum class DryRun { no, yes };
// A seed keeps the uid, the times and the status it brings along; a client's are replaced.
enum class Origin { client, seed };

// Who wrote, for managedFields. An empty name records nothing.
struct Manager {
  std::string name;
  std::string api_version;
};

// Stores a new object and returns it (not stored with a dry run). Throws ApiError: 422, 409 AlreadyExists,
// 404 where the namespace is missing, 403 where it is being terminated.
ObjectPtr create_object(Cluster& cluster, const ResourceType& type, Json body, const Manager& manager = {},
                        DryRun dry_run = DryRun::no, Origin origin = Origin::client);

// Takes the annotations off a Pod that tell of its image (see cluster.h), and remembers what they say. The
// log is that of its first container, an init container where it has one. The Pod has its UID.
void take_image_annotations(Cluster& cluster, Json& pod);

// Which part of an object an update may change.
enum class Part { main, status };

// Stores `after` in place of `current`. Returns the new state, `current` itself where nothing differs, or
// null where somebody else was quicker (decide anew). Throws ApiError: 409 on another resourceVersion, 422
// on another uid and on what validation finds.
ObjectPtr update_object(Cluster& cluster, const ObjectPtr& current, Json after, Part part,
                        const Manager& manager = {}, DryRun dry_run = DryRun::no);

// Lets `change` work on the newest state until it is stored, without validation: for controllers.
// Returns null where the object is gone.
ObjectPtr change_object(Cluster& cluster, const ObjectPtr& object, const std::function<void(Json&)>& change);

enum class Propagation { by_default, background, foreground, orphan };

struct Deletion {
  std::optional<std::string> uid;
  std::optional<std::string> resource_version;
  Propagation propagation = Propagation::by_default;
  std::optional<long long> grace_seconds;
};

struct DeleteResult {
  ObjectPtr object;      // the last state
  bool removed = false;  // false: finalizers or a running Pod keep it for now
  bool changed = false;  // false: nothing was stored (a dry run, or it was being deleted already)
};

// Deletes, or marks as being deleted. Throws ApiError: 404, 409 where a precondition does not hold.
DeleteResult delete_object(Cluster& cluster, const ResourceType& type, const std::string& name_space,
                           const std::string& name, const Deletion& deletion, DryRun dry_run = DryRun::no);

// Removes an object that is being deleted as soon as nothing holds it any more.
void finish_deletion(Cluster& cluster, const ObjectPtr& object);

}  // namespace kots_export::apiserver
