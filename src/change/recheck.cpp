#include <kots_export/change/holds.h>
#include <kots_export/change/object_history.h>
#include <kots_export/change/recheck.h>
#include <kots_export/util/text.h>

#include "change/live_objects.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include <nlohmann/json.hpp>

namespace kots_export::change {

using kube::ObjectMetadata;
using nlohmann::json;

namespace {

// Of what changed in one object.
constexpr std::size_t kNamedAtMost = 3;

std::unordered_map<kube::ObjectKey, const ObjectMetadata*> by_key(std::span<const ObjectMetadata> objects) {
  std::unordered_map<kube::ObjectKey, const ObjectMetadata*> index;
  for (const auto& object : objects) index[kube::key_of(object.ref)] = &object;
  return index;
}

// What a plan deletes makes room for what it creates.
std::unordered_set<kube::ObjectKey> deleted_by(const Plan& plan) {
  std::unordered_set<kube::ObjectKey> deleted;
  for (const Change& change : plan.changes) {
    if (change.verb == Verb::remove) deleted.insert(kube::key_of(change.object));
  }
  return deleted;
}

json as_object(const ObjectMetadata& object) {
  json result{{"metadata", {{"labels", json::object()}, {"annotations", json::object()}}}};
  for (const auto& [key, value] : object.labels) result["metadata"]["labels"][key] = value;
  for (const auto& [key, value] : object.annotations) result["metadata"]["annotations"][key] = value;
  return result;
}

bool is_same(const Change& one, const Change& other) {
  return one.verb == other.verb && one.object.uid == other.object.uid && one.after == other.after;
}

// `sentence` on each of `plan` that is not in `other`: "not needed any more: delete Deployment kotsadm".
void compare(const Plan& plan, const Plan& other, std::string_view sentence,
             std::vector<std::string>& found) {
  std::unordered_multimap<kube::ObjectKey, const Change*> index;
  for (const Change& change : other.changes) index.emplace(kube::key_of(change.object), &change);
  for (const Change& change : plan.changes) {
    const auto [begin, end] = index.equal_range(kube::key_of(change.object));
    if (std::any_of(begin, end, [&](const auto& entry) { return is_same(*entry.second, change); })) continue;
    found.push_back(util::filled(
        sentence, {{"verb", to_string(change.verb)}, {"object", kube::describe(change.object)}}));
  }
}

// `sentence` on {object}.
std::string on(std::string_view sentence, const kube::ObjectRef& object) {
  return util::filled(sentence, {{"object", kube::describe(object)}});
}

class Rechecker {
 public:
  Rechecker(kube::Client& client, std::span<const ObjectMetadata> now, const ObjectStates& then, Made made)
      : client_(client), now_(by_key(now)), then_(then), made_(std::move(made)) {}

  Recheck run(const Plan& plan) {
    Recheck result{
        .left = {.changes = {}, .already_right = plan.already_right}, .done = 0, .changed = {}, .made = {}};
    deleted_ = deleted_by(plan);
    for (const auto& planned : plan.changes) {
      Change change = with_uids_of_done(planned);
      const std::optional<std::string> trouble = look_at(change);
      if (trouble && trouble->empty()) {
        ++result.done;
        if (change.verb == Verb::create)
          made_[kube::key_of(change.object)] = now_.at(kube::key_of(change.object))->ref.uid;
      } else if (trouble) {
        result.changed.push_back(*trouble);
      } else {
        insist_on_now(change);
        result.left.changes.push_back(std::move(change));
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
      return change.verb == Verb::remove ? "" : on("{object} does not exist any more", change.object);
    }
    const ObjectMetadata& now = *found->second;
    if (change.verb == Verb::create) {
      if (deleted_.contains(found->first)) return std::nullopt;  // the plan makes room for it
      return is_true(change, now) ? "" : on("{object} exists already", change.object);
    }
    if (now.ref.uid != change.object.uid)
      return on("{object} was replaced by another object of the same name", change.object);
    if (change.verb == Verb::patch && is_true(change, now)) return "";
    return what_changed(change.object, now);
  }

  std::optional<std::string> what_changed(const kube::ObjectRef& planned, const ObjectMetadata& now) {
    if (planned.resource_version.empty() || planned.resource_version == now.ref.resource_version)
      return std::nullopt;
    const auto then = then_.find(kube::key_of(planned));
    const std::optional<json> live = client_.get(planned);
    if (!live) return on("{object} does not exist any more", planned);
    const std::string writer = last_writer(*live);
    if (then == then_.end()) {
      const char* sentence = writer.empty() ? "{object} was changed" : "{object} was changed ({writer})";
      return util::filled(sentence, {{"object", kube::describe(planned)}, {"writer", writer}});
    }
    const std::vector<std::string> found = differences(then->second, state_of(planned, *live));
    if (found.empty()) return std::nullopt;
    const char* sentence =
        writer.empty() ? "{object} was changed: {changes}" : "{object} was changed: {changes} ({writer})";
    return util::filled(sentence, {{"object", kube::describe(planned)},
                                   {"changes", util::listed(found, kNamedAtMost)},
                                   {"writer", writer}});
  }

  // What counts of it is as it was planned on; from now on nothing may change.
  void insist_on_now(Change& change) const {
    const auto found = now_.find(kube::key_of(change.object));
    if (!change.object.resource_version.empty() && found != now_.end())
      change.object.resource_version = found->second->ref.resource_version;
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
    if (change.verb == Verb::patch && touch_labels_and_annotations_only(patched_keys(nullptr, change.after)))
      return holds(as_object(now), change.after);
    const auto whole = client_.get(change.object);
    return whole && holds(*whole, change.after);
  }

  kube::Client& client_;
  std::unordered_map<kube::ObjectKey, const ObjectMetadata*> now_;
  const ObjectStates& then_;
  std::unordered_set<kube::ObjectKey> deleted_;
  Made made_;
};

}  // namespace

std::vector<ObjectMetadata> read_objects(kube::Client& client, const Plan& plan) {
  std::vector<kube::ObjectRef> named;
  for (const auto& change : plan.changes) named.push_back(change.object);
  std::vector<ObjectMetadata> objects;
  read_metadata(client, named, [&](ObjectMetadata object) { objects.push_back(std::move(object)); });
  return objects;
}

bool is_as_planned(const Plan& plan, std::span<const ObjectMetadata> now) {
  const auto there = by_key(now);
  const auto deleted = deleted_by(plan);
  return std::ranges::all_of(plan.changes, [&](const Change& change) {
    if (!change.needs.empty()) return true;  // what it is about is still to be made
    const auto found = there.find(kube::key_of(change.object));
    if (change.verb == Verb::create) return found == there.end() || deleted.contains(found->first);
    if (found == there.end() || found->second->ref.uid != change.object.uid) return false;
    const std::string& planned = change.object.resource_version;
    return planned.empty() || planned == found->second->ref.resource_version;
  });
}

void require_same(const Plan& plan, const Plan& now, const Hint& hint) {
  std::vector<std::string> found;
  compare(plan, now, "not needed any more: {verb} {object}", found);
  compare(now, plan, "new: {verb} {object}", found);
  if (found.empty()) return;
  const std::string why = found.size() == 1
                              ? found.front()
                              : util::filled("{change}, and {count} more",
                                             {{"change", found.front()}, {"count", found.size() - 1}});
  throw Error("the cluster is not as the plan saw it any more, and nothing was changed", why, hint);
}

Recheck recheck(kube::Client& client, const Plan& plan, std::span<const ObjectMetadata> now,
                const ObjectStates& then, Made made) {
  return Rechecker(client, now, then, std::move(made)).run(plan);
}

}  // namespace kots_export::change
