#include <kots_export/change/change.h>

#include <algorithm>
#include <unordered_map>

namespace kots_export::change {

using nlohmann::json;

void fill_in(Change& change, const Change::Need& need, const std::string& uid) {
  if (need.at.empty()) {
    change.object.uid = uid;
  } else {
    change.after[json::json_pointer(need.at)] = uid;
  }
}

bool is_about_created(const Change& change) {
  return std::ranges::any_of(change.needs, [](const Change::Need& need) { return need.at.empty(); });
}

std::unordered_set<kube::ObjectKey> created_and_deleted(const Plan& plan) {
  std::unordered_set<kube::ObjectKey> created;
  std::unordered_set<kube::ObjectKey> both;
  for (const Change& change : plan.changes) {
    const kube::ObjectKey key = kube::key_of(change.object);
    if (change.verb == Verb::create) created.insert(key);
    if (change.verb == Verb::remove && is_about_created(change) && created.contains(key)) both.insert(key);
  }
  return both;
}

void PlanSummary::count(Verb verb) {
  switch (verb) {
    case Verb::create:
      ++create;
      break;
    case Verb::patch:
      ++patch;
      break;
    case Verb::remove:
      ++remove;
      break;
  }
}

PlanSummary& PlanSummary::operator+=(const PlanSummary& other) {
  create += other.create;
  patch += other.patch;
  remove += other.remove;
  already_right += other.already_right;
  return *this;
}

void Plan::add(std::optional<Change> change) {
  if (change) {
    changes.push_back(std::move(*change));
  } else {
    ++already_right;
  }
}

PlanSummary summarize(const Plan& plan) {
  PlanSummary summary{.already_right = plan.already_right};
  for (const Change& change : plan.changes) summary.count(change.verb);
  return summary;
}

namespace {

// The part of `wanted` that differs from `live`, and what stands there now.
std::pair<json, json> differing(const json& wanted,
                                const std::string* (*find)(const kube::ObjectMetadata&, std::string_view),
                                const kube::ObjectMetadata& live) {
  json patch = json::object();
  json before = json::object();
  for (const auto& [key, value] : wanted.items()) {
    const std::string* present = find(live, key);
    const bool right =
        value.is_null() ? present == nullptr : present != nullptr && *present == value.get<std::string>();
    if (right) continue;
    patch[key] = value;
    before[key] = present != nullptr ? json(*present) : json(nullptr);
  }
  return {std::move(patch), std::move(before)};
}

}  // namespace

MetadataPatch metadata_patch(const kube::ObjectMetadata& live, const MetadataEdit& edit) {
  auto [labels, labels_before] = differing(
      edit.labels, [](const kube::ObjectMetadata& object, std::string_view key) { return object.label(key); },
      live);
  auto [annotations, annotations_before] = differing(
      edit.annotations,
      [](const kube::ObjectMetadata& object, std::string_view key) { return object.annotation(key); }, live);
  MetadataPatch result;
  if (!labels.empty()) {
    result.patch["metadata"]["labels"] = std::move(labels);
    result.before["metadata"]["labels"] = std::move(labels_before);
  }
  if (!annotations.empty()) {
    result.patch["metadata"]["annotations"] = std::move(annotations);
    result.before["metadata"]["annotations"] = std::move(annotations_before);
  }
  return result;
}

void join(Change& into, Change&& from) {
  // A plain merge: merge_patch would read the nulls of `from` as "remove from the patch".
  into.after.update(from.after, /*merge_objects=*/true);
  into.before.update(from.before, /*merge_objects=*/true);
  if (into.step != from.step) into.step += "+" + from.step;
  if (into.why != from.why) into.why += "; " + from.why;
}

Plan join(std::vector<Plan> plans, std::size_t object_count) {
  Plan joined;
  std::unordered_map<kube::ObjectKey, std::size_t> index;
  std::unordered_set<kube::ObjectKey> removed;
  for (const Plan& plan : plans) {
    for (const Change& change : plan.changes) {
      if (change.verb == Verb::remove) removed.insert(kube::key_of(change.object));
    }
  }
  for (Plan& plan : plans) {
    for (Change& change : plan.changes) {
      const kube::ObjectKey key = kube::key_of(change.object);
      if (change.verb == Verb::patch && removed.contains(key)) continue;
      const auto known = index.find(key);
      if (known == index.end()) {
        index.emplace(key, joined.changes.size());
        joined.changes.push_back(std::move(change));
      } else if (change.verb == Verb::patch && joined.changes[known->second].verb == Verb::patch) {
        join(joined.changes[known->second], std::move(change));
      }
    }
  }
  joined.already_right = object_count > joined.changes.size() ? object_count - joined.changes.size() : 0;
  return joined;
}

}  // namespace kots_export::change
