#include <kots_export/helm/storage.h>
#include <kots_export/migration/annotate.h>
#include <kots_export/migration/names.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include "migration/cluster_objects.h"
#include "migration/migrator_job.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

std::set<std::string> names_of_releases(Context& context) {
  std::set<std::string> releases;
  for (const auto& stored : stored_releases(context)) releases.insert(stored.release);
  return releases;
}

// The other release that an object belongs to, or nothing. A release's own Secrets carry no annotations but
// its name.
std::optional<std::string> owner_other_than(const std::string& release, const kube::ObjectMetadata& object,
                                            const std::string& ns, const std::set<std::string>& releases) {
  if (object.ref.kind == "Secret" && object.ref.name.starts_with(helm::kReleaseSecretPrefix)) {
    const std::string rest = object.ref.name.substr(helm::kReleaseSecretPrefix.size());
    const std::string owner = rest.substr(0, rest.rfind(".v"));
    return owner == release ? std::nullopt : std::optional(owner);
  }
  const std::string* owner = object.annotation(names::kReleaseName);
  if (owner == nullptr || *owner == release || !releases.contains(*owner)) return std::nullopt;
  const std::string* owner_ns = object.annotation(names::kReleaseNamespace);
  return owner_ns == nullptr || *owner_ns == ns ? std::optional(*owner) : std::nullopt;
}

// Nothing of the release's: what the database migration of a run makes and deletes again.
bool is_of_migrator(const kube::ObjectRef& object) {
  return (object.kind == "Job" && object.name == names::kMigrator) ||
         (object.kind == "Secret" && object.name == kMigratorSecret);
}

// What an administrator does in the place of this user.
std::string by_hand(const Context& context, const kube::ObjectRef& ref, const json& edits_of_it) {
  const std::string object = ref.gvr.resource + " " + util::shell_quote(ref.name);
  const auto pairs = [&](const char* what) {
    std::string text;
    const nlohmann::json* edits = util::find_at(edits_of_it, {"metadata", what});
    if (edits == nullptr) return text;
    for (const auto& [key, value] : edits->items())
      text += " " + util::shell_quote(key + "=" + value.get<std::string>());
    return text;
  };
  std::string commands;
  for (const auto& [verb, what] : {std::pair{"annotate", "annotations"}, std::pair{"label", "labels"}}) {
    const std::string edits = pairs(what);
    if (edits.empty()) continue;
    commands +=
        (commands.empty() ? "`" : " && ") +
        context.commands.kubectl(context.ns.name, std::string(verb) + " --overwrite " + object + edits);
  }
  return commands + "`";
}

void tell_not_ours_to_change(Context& context, std::string_view verb, const kube::ObjectRef& object,
                             const json& edits) {
  context.lacking.push_back({.verb = std::string(verb), .object = object});
  context.observer.warn("annotate.not-ours-to-change",
                        {{"object", kube::describe(object)}, {"commands", by_hand(context, object, edits)}});
}

// Those that are not this user's to change are left out, so that the migration does not end half-way, and
// Helm adopts them once an administrator has marked them.
void leave_out_what_is_not_ours_to_change(Context& context, change::Plan& plan) {
  const auto is_of_cluster = [](const change::Change& change) { return change.object.ns.empty(); };
  if (std::ranges::none_of(plan.changes, is_of_cluster)) return;  // of many Changes nothing is copied
  std::vector<kube::ObjectRef> objects;
  for (const change::Change& change : plan.changes) objects.push_back(change.object);
  const auto denied = denied_of_cluster(context, "patch", objects);
  std::vector<change::Change> kept;
  for (std::size_t i = 0; i < plan.changes.size(); ++i) {
    change::Change& change = plan.changes[i];
    if (denied[i]) {
      tell_not_ours_to_change(context, "patch", change.object, change.after);
    } else {
      kept.push_back(std::move(change));
    }
  }
  plan.changes = std::move(kept);
}

// Whether they bear the marks nobody knows here: all of them are given.
void tell_what_is_not_seen(Context& context, std::span<const kube::ObjectRef> unseen) {
  const json marks{{"metadata",
                    {{"annotations",
                      {{std::string(names::kReleaseName), context.release},
                       {std::string(names::kReleaseNamespace), context.ns.name}}},
                     {"labels", {{std::string(names::kManagedBy), std::string(names::kHelm)}}}}}};
  for (const kube::ObjectRef& object : unseen) tell_not_ours_to_change(context, "get", object, marks);
}

}  // namespace

ObjectPlanner annotate_planner(Context& context, TakeOwnership take_ownership) {
  change::MetadataEdit edit;
  edit.labels[std::string(names::kManagedBy)] = names::kHelm;
  edit.annotations[std::string(names::kReleaseName)] = context.release;
  edit.annotations[std::string(names::kReleaseNamespace)] = context.ns.name;

  return [&context, take_ownership, edit = std::move(edit), releases = names_of_releases(context)](
             const kube::ObjectMetadata& object) -> std::optional<change::Change> {
    const bool is_going = object.life == kube::ObjectMetadata::Life::terminating;
    if (is_going || is_of_migrator(object.ref)) return std::nullopt;
    if (take_ownership == TakeOwnership::no) {
      if (const auto owner = owner_other_than(context.release, object, context.ns.name, releases)) {
        context.observer.note("annotate.other-release",
                              {{"object", kube::describe(object.ref)}, {"release", *owner}});
        return std::nullopt;
      }
    }
    auto [patch, before] = change::metadata_patch(object, edit);
    if (patch.is_null()) return std::nullopt;
    return change::Change{.verb = change::Verb::patch,
                          .step = "annotate",
                          .object = object.ref,
                          .before = std::move(before),
                          .after = std::move(patch),
                          .why = "helm upgrade adopts only what is marked as the release's"};
  };
}

change::Plan plan_annotate(Context& context, const Inventory& inventory, TakeOwnership take_ownership) {
  const ObjectPlanner planner = annotate_planner(context, take_ownership);
  change::Plan plan;
  for (const auto* objects : {&inventory.of_kinds, &inventory.of_manifest}) {
    for (const auto& object : *objects) plan.add(planner(object));
  }
  leave_out_what_is_not_ours_to_change(context, plan);
  tell_what_is_not_seen(context, inventory.unseen);
  return plan;
}

}  // namespace kots_export::migration
