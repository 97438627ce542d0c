#include "apiserver/controllers.h"
#include "apiserver/defaults.h"
#include "apiserver/lifecycle.h"

#include <algorithm>

namespace kots_export::apiserver {
namespace {

constexpr const char* kClaimFinalizer = "kubernetes.io/pvc-protection";

// Binds every claim to a volume of its own, keeps a claim that a Pod uses from going, and does with the
// volume of a claim that is gone what its reclaim policy says.
class VolumeController final : public Controller {
 public:
  explicit VolumeController(Cluster& cluster) : cluster_(cluster) {}

  void handle(EventKind kind, const ObjectPtr& object, const ObjectPtr&) override {
    const std::string& name = object->type().kind;
    if (name == "PersistentVolumeClaim") {
      if (kind == EventKind::removed) {
        release(object);
      } else if (object->deleting()) {
        try_remove(object);
      } else {
        bind(object);
      }
    } else if (name == "PersistentVolume" && kind != EventKind::removed) {
      settle(object);
    } else if (name == "Pod" && (kind == EventKind::removed || finished(*object))) {
      for (const ObjectPtr& claim : claims_in(object->name_space())) {
        if (claim->deleting()) try_remove(claim);
      }
    }
  }

 private:
  static bool finished(const Object& pod) {
    const std::string phase = text_member(pod.body(), {"status", "phase"});
    return phase == "Succeeded" || phase == "Failed";
  }

  [[nodiscard]] std::vector<ObjectPtr> claims_in(const std::string& name_space) const {
    return cluster_.store.list(cluster_.type("PersistentVolumeClaim"), name_space).objects;
  }

  [[nodiscard]] bool in_use(const Object& claim) const {
    for (const ObjectPtr& pod : cluster_.store.list(cluster_.type("Pod"), claim.name_space()).objects) {
      if (finished(*pod)) continue;
      for (const Json& volume : member(pod->body(), {"spec", "volumes"})) {
        if (text_member(volume, {"persistentVolumeClaim", "claimName"}) == claim.name()) return true;
      }
    }
    return false;
  }

  void bind(const ObjectPtr& claim) {
    if (text_member(claim->body(), {"status", "phase"}) == "Bound") return;
    const ResourceType& volumes = cluster_.type("PersistentVolume");
    std::string name = text_member(claim->body(), {"spec", "volumeName"});
    if (name.empty()) name = "pvc-" + claim->uid();
    const Json& capacity = member(claim->body(), {"spec", "resources", "requests"});
    const Json& modes = member(claim->body(), {"spec", "accessModes"});
    if (const ObjectPtr volume = cluster_.store.get(volumes, "", name)) {
      if (!take(volume, claim)) return;
    } else {
      create_object(cluster_, volumes,
                    {{"metadata", {{"name", name}, {"finalizers", {"kubernetes.io/pv-protection"}}}},
                     {"spec",
                      {{"accessModes", modes},
                       {"capacity", capacity},
                       {"claimRef",
                        {{"apiVersion", "v1"},
                         {"kind", "PersistentVolumeClaim"},
                         {"name", claim->name()},
                         {"namespace", claim->name_space()},
                         {"uid", claim->uid()}}},
                       {"hostPath", {{"path", "/var/lib/volumes/" + name}}},
                       {"persistentVolumeReclaimPolicy", cluster_.reclaim_policy},
                       {"storageClassName", text_member(claim->body(), {"spec", "storageClassName"})},
                       {"volumeMode", "Filesystem"}}},
                     {"status", {{"phase", "Bound"}}}},
                    {}, DryRun::no, Origin::seed);
    }
    change_object(cluster_, claim, [&](Json& body) {
      body["metadata"]["annotations"]["pv.kubernetes.io/bind-completed"] = "yes";
      body["metadata"]["annotations"]["pv.kubernetes.io/bound-by-controller"] = "yes";
      body["spec"]["volumeName"] = name;
      body["status"] = {{"phase", "Bound"}, {"accessModes", modes}, {"capacity", capacity}};
    });
  }

  // Ties an existing volume to the claim that names it. False where the volume is another claim's: then a new
  // claim waits, and one that was bound before is lost.
  bool take(const ObjectPtr& volume, const ObjectPtr& claim) {
    const Json& reference = member(volume->body(), {"spec", "claimRef"});
    const std::string uid = text_member(reference, {"uid"});
    const bool other =
        !reference.is_null() && (text_member(reference, {"name"}) != claim->name() ||
                                 text_member(reference, {"namespace"}) != claim->name_space() ||
                                 (!uid.empty() && uid != claim->uid()));
    if (other) {
      const Json& bound =
          member(claim->body(), {"metadata", "annotations", "pv.kubernetes.io/bind-completed"});
      if (!bound.is_null())
        change_object(cluster_, claim, [](Json& body) { body["status"]["phase"] = "Lost"; });
      return false;
    }
    change_object(cluster_, volume, [&](Json& body) {
      body["spec"]["claimRef"] = {{"apiVersion", "v1"},
                                  {"kind", "PersistentVolumeClaim"},
                                  {"name", claim->name()},
                                  {"namespace", claim->name_space()},
                                  {"uid", claim->uid()}};
      body["status"]["phase"] = "Bound";
    });
    return true;
  }

  // A released volume whose claimRef lost its UID waits for the claim of that name.
  void settle(const ObjectPtr& volume) {
    const std::string phase = text_member(volume->body(), {"status", "phase"});
    if (volume->deleting() && phase != "Bound") {
      change_object(cluster_, volume, [](Json& body) { body["metadata"].erase("finalizers"); });
      return;
    }
    if (phase != "Released" || !text_member(volume->body(), {"spec", "claimRef", "uid"}).empty()) return;
    change_object(cluster_, volume, [](Json& body) { body["status"]["phase"] = "Available"; });
    const ObjectPtr claim = cluster_.store.get(cluster_.type("PersistentVolumeClaim"),
                                               text_member(volume->body(), {"spec", "claimRef", "namespace"}),
                                               text_member(volume->body(), {"spec", "claimRef", "name"}));
    if (claim && !claim->deleting()) bind(claim);
  }

  void try_remove(const ObjectPtr& claim) {
    if (in_use(*claim)) return;
    change_object(cluster_, claim, [](Json& body) {
      if (!body["metadata"].contains("finalizers")) return;
      Json& finalizers = body["metadata"]["finalizers"];
      finalizers.erase(std::remove(finalizers.begin(), finalizers.end(), Json(kClaimFinalizer)),
                       finalizers.end());
      if (finalizers.empty()) body["metadata"].erase("finalizers");
    });
  }

  void release(const ObjectPtr& claim) {
    const ObjectPtr volume = cluster_.store.get(cluster_.type("PersistentVolume"), "",
                                                text_member(claim->body(), {"spec", "volumeName"}));
    if (!volume || text_member(volume->body(), {"spec", "claimRef", "uid"}) != claim->uid()) return;
    const ObjectPtr released =
        change_object(cluster_, volume, [](Json& body) { body["status"]["phase"] = "Released"; });
    if (released && text_member(released->body(), {"spec", "persistentVolumeReclaimPolicy"}) == "Delete") {
      cluster_.store.remove(released);
    }
  }

  Cluster& cluster_;
};

}  // namespace

std::unique_ptr<Controller> make_volume_controller(Cluster& cluster) {
  return std::make_unique<VolumeController>(cluster);
}

}  // namespace kots_export::apiserver
