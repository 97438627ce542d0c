#include <kots_export/change/holds.h>
#include <kots_export/change/recheck.h>

#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include <nlohmann/json.hpp>

namespace kots_export::change {

using kube::ObjectMetadata;
using nlohmann::json;

namespace {

// Kinds of which the plan names fewer objects are read one by one.
constexpr std::size_t kWorthAList = 20;

std::unordered_map<kube::ObjectKey, const ObjectMetadata*> by_key(std::span<const ObjectMetadata> objects) {
  std::unordered_map<kube::ObjectKey, const ObjectMetadata*> index;
  for (const auto& object : objects) index[kube::key_of(object.ref)] = &object;
  return index;
}

// True where labels and annotations are all that the patch touches.
bool is_metadata_patch(const json& patch) {
  if (patch.size() != 1 || !patch.contains("metadata")) return false;
  for (const auto& [key, value] : patch["metadata"].items()) {
    if (key != "labels" && key != "annotations") return false;
  }
  return true;
}

json as_object(const ObjectMetadata& object) {
  json result{{"metadata", {{"labels", json::object()}, {"annotations", json::object()}}}};
  for (const auto& [key, value] : object.labels) result["metadata"]["labels"][key] = value;
  for (const auto& [key, value] : object.annotations) result["metadata"]["annotations"][key] = value;
  return result;
}

class Rechecker {
 public:
  Rechecker(kube::Client& client, std::span<const ObjectMetadata> now, Made made)
      : client_(client), now_(by_key(now)), made_(std::move(made)) {}

  Recheck run(const Plan& plan) {
    Recheck result{
        .left = {.changes = {}, .already_right = plan.already_right}, .done = 0, .changed = {}, .made = {}};
    for (const auto& change : plan.changes) {
      if (change.verb == Verb::remove) deleted_.insert(kube::key_of(change.object));
    }
    for (const auto& planned : plan.changes) {
      const Change change = with_uids_of_done(planned);
      const std::optional<std::string> trouble = look_at(change);
      if (trouble && trouble->empty()) {
        ++result.done;
        if (change.verb == Verb::create)
          made_[kube::key_of(change.object)] = now_.at(kube::key_of(change.object))->ref.uid;
      } else if (trouble) {
        result.changed.push_back(kube::describe(change.object) + " " + *trouble);
      } else {
        result.left.changes.push_back(change);
      }
    }
    result.left.already_right += result.done;
    result.made = std::move(made_);
    return result;
  }

 private:
  // Nothing where the Change is still to be done; empty where it is done; else what speaks against it.
  std::optional<std::string> look_at(const Change& change) {
    if (!change.needs.empty()) return std::nullopt;  // what it is about is still to be made
    const auto found = now_.find(kube::key_of(change.object));
    if (found == now_.end()) {
      if (change.verb == Verb::create) return std::nullopt;
      return change.verb == Verb::remove ? "" : "does not exist any more";
    }
    const ObjectMetadata& now = *found->second;
    if (change.verb == Verb::create) {
      if (deleted_.contains(found->first)) return std::nullopt;  // the plan makes room for it
      return is_true(change, now) ? "" : "exists already";
    }
    if (now.ref.uid != change.object.uid) return "was replaced by another object of the same name";
    if (change.verb == Verb::patch && is_true(change, now)) return "";
    const std::string& planned = change.object.resource_version;
    if (!planned.empty() && planned != now.ref.resource_version) return "was changed";
    return std::nullopt;
  }

  // What the plan was to create, and is there.
  [[nodiscard]] Change with_uids_of_done(Change change) const {
    std::erase_if(change.needs, [&](const Change::Need& need) {
      const auto made = made_.find(kube::key_of(need.created));
      if (made == made_.end()) return false;
      fill_in(change, need, made->second);
      return true;
    });
    return change;
  }

  bool is_true(const Change& change, const ObjectMetadata& now) {
    if (change.verb == Verb::patch && is_metadata_patch(change.after))
      return holds(as_object(now), change.after);
    const auto whole = client_.get(change.object);
    return whole && holds(*whole, change.after);
  }

  kube::Client& client_;
  std::unordered_map<kube::ObjectKey, const ObjectMetadata*> now_;
  std::unordered_set<kube::ObjectKey> deleted_;
  Made made_;
};

}  // namespace

std::vector<ObjectMetadata> read_objects(kube::Client& client, const kube::Namespace& ns, const Plan& plan) {
  std::map<kube::GroupVersionResource, std::size_t> counts;
  for (const auto& change : plan.changes) ++counts[change.object.gvr];
  std::unordered_set<kube::ObjectKey> wanted;
  std::vector<kube::ObjectRef> single;
  std::map<kube::GroupVersionResource, kube::ApiResource> listed;
  for (const auto& change : plan.changes) {
    const kube::ObjectRef& object = change.object;
    if (!wanted.insert(kube::key_of(object)).second) continue;
    if (object.ns == ns.name && counts[object.gvr] >= kWorthAList) {
      listed.try_emplace(object.gvr, kube::ApiResource{.gvr = object.gvr, .kind = object.kind, .verbs = {}});
    } else {
      single.push_back(object);
    }
  }
  // A list that starts again gives an object twice: the last one counts.
  std::map<kube::ObjectKey, ObjectMetadata> objects;
  for (auto& object : client.get_metadata(single)) {
    if (object) objects.insert_or_assign(kube::key_of(object->ref), std::move(*object));
  }
  std::vector<kube::ApiResource> kinds;
  for (const auto& [gvr, kind] : listed) kinds.push_back(kind);
  client.list_metadata(kinds, ns.name, [&](ObjectMetadata object) {
    kube::ObjectKey key = kube::key_of(object.ref);
    if (wanted.contains(key)) objects.insert_or_assign(std::move(key), std::move(object));
  });
  std::vector<ObjectMetadata> result;
  for (auto& [key, object] : objects) result.push_back(std::move(object));
  return result;
}

Recheck recheck(kube::Client& client, const Plan& plan, std::span<const ObjectMetadata> now, Made made) {
  return Rechecker(client, now, std::move(made)).run(plan);
}

}  // namespace kots_export::change
