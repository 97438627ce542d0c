#include "apiserver/controllers.h"
#include "apiserver/lifecycle.h"

#include <algorithm>

namespace kots_export::apiserver {
namespace {

bool has_finalizer(const Object& object, const char* name) {
  const Json& finalizers = member(object.body(), {"metadata", "finalizers"});
  return std::find(finalizers.begin(), finalizers.end(), Json(name)) != finalizers.end();
}

void drop_finalizer(Json& body, const char* name) {
  Json& metadata = body["metadata"];
  if (!metadata.contains("finalizers")) return;
  Json& finalizers = metadata["finalizers"];
  finalizers.erase(std::remove(finalizers.begin(), finalizers.end(), Json(name)), finalizers.end());
  if (finalizers.empty()) metadata.erase("finalizers");
}

void drop_owner(Json& body, const std::string& uid) {
  Json& metadata = body["metadata"];
  if (!metadata.contains("ownerReferences")) return;
  Json& owners = metadata["ownerReferences"];
  owners.erase(std::remove_if(owners.begin(), owners.end(),
                              [&](const Json& owner) { return text_member(owner, {"uid"}) == uid; }),
               owners.end());
  if (owners.empty()) metadata.erase("ownerReferences");
}

bool blocks(const Object& dependent, const std::string& owner) {
  const Json& owners = member(dependent.body(), {"metadata", "ownerReferences"});
  return std::any_of(owners.begin(), owners.end(), [&](const Json& reference) {
    return text_member(reference, {"uid"}) == owner &&
           member(reference, {"blockOwnerDeletion"}) == Json(true);
  });
}

// Owner references, as kube-controller-manager's garbage collector honours them.
class GarbageCollector final : public Controller {
 public:
  explicit GarbageCollector(Cluster& cluster) : cluster_(cluster) {}

  void handle(EventKind kind, const ObjectPtr& object, const ObjectPtr& previous) override {
    if (kind == EventKind::removed) {
      for (const ObjectPtr& dependent : cluster_.store.dependents(object->uid()))
        owner_gone(dependent, object->uid());
      for (const Json& owner : member(object->body(), {"metadata", "ownerReferences"})) {
        if (const ObjectPtr waiting = cluster_.store.by_uid(text_member(owner, {"uid"})))
          try_foreground(waiting);
      }
      return;
    }
    // What is there at the start (told with itself as the previous state) may name owners that a seed left
    // out.
    if (kind == EventKind::added && !previous) check_owners(object);
    if (!object->deleting()) return;
    if (has_finalizer(*object, "orphan")) orphan_dependents(object);
    if (has_finalizer(*object, "foregroundDeletion")) {
      for (const ObjectPtr& dependent : cluster_.store.dependents(object->uid())) {
        if (!dependent->deleting()) remove(dependent, Propagation::foreground);
      }
      try_foreground(object);
    }
  }

 private:
  [[nodiscard]] bool has_living_owner(const Object& object) const {
    const Json& owners = member(object.body(), {"metadata", "ownerReferences"});
    return std::any_of(owners.begin(), owners.end(), [&](const Json& owner) {
      return cluster_.store.by_uid(text_member(owner, {"uid"})) != nullptr;
    });
  }

  void owner_gone(const ObjectPtr& dependent, const std::string& owner) {
    if (has_living_owner(*dependent)) {
      change_object(cluster_, dependent, [&](Json& body) { drop_owner(body, owner); });
    } else if (!dependent->deleting()) {
      remove(dependent, Propagation::background);
    }
  }

  void check_owners(const ObjectPtr& object) {
    const bool owned = !member(object->body(), {"metadata", "ownerReferences"}).empty();
    if (owned && !has_living_owner(*object)) remove(object, Propagation::background);
  }

  void orphan_dependents(const ObjectPtr& owner) {
    for (const ObjectPtr& dependent : cluster_.store.dependents(owner->uid())) {
      change_object(cluster_, dependent, [&](Json& body) { drop_owner(body, owner->uid()); });
    }
    change_object(cluster_, owner, [](Json& body) { drop_finalizer(body, "orphan"); });
  }

  void try_foreground(const ObjectPtr& owner) {
    if (!owner->deleting() || !has_finalizer(*owner, "foregroundDeletion")) return;
    for (const ObjectPtr& dependent : cluster_.store.dependents(owner->uid())) {
      if (blocks(*dependent, owner->uid())) return;
    }
    change_object(cluster_, owner, [](Json& body) { drop_finalizer(body, "foregroundDeletion"); });
  }

  void remove(const ObjectPtr& object, Propagation propagation) {
    try {
      delete_object(cluster_, object->type(), object->name_space(), object->name(),
                    {object->uid(), {}, propagation, {}});
    } catch (const ApiError&) {
      // It is gone already, or another object has its name.
    }
  }

  Cluster& cluster_;
};

}  // namespace

std::unique_ptr<Controller> make_garbage_collector(Cluster& cluster) {
  return std::make_unique<GarbageCollector>(cluster);
}

}  // namespace kots_export::apiserver
