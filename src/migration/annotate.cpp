#include <kots_export/helm/storage.h>
#include <kots_export/migration/annotate.h>
#include <kots_export/migration/names.h>

#include <set>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

constexpr std::string_view kReleaseSecretPrefix = "sh.helm.release.v1.";

// The releases that have a Secret in the namespace, read from the inventory: no request of its own.
std::set<std::string> releases_in(const Inventory& inventory) {
  std::set<std::string> releases;
  for (const auto& object : inventory.of_kinds) {
    if (object.ref.kind != "Secret" || !object.ref.name.starts_with(kReleaseSecretPrefix)) continue;
    const std::string rest = object.ref.name.substr(kReleaseSecretPrefix.size());
    if (const auto version = rest.rfind(".v"); version != std::string::npos)
      releases.insert(rest.substr(0, version));
  }
  return releases;
}

// The other release that an object belongs to, or nothing. A release's own Secrets carry no annotations but
// its name.
std::optional<std::string> owner_other_than(const std::string& release, const kube::ObjectMetadata& object,
                                            const std::string& ns, const std::set<std::string>& releases) {
  if (object.ref.kind == "Secret" && object.ref.name.starts_with(kReleaseSecretPrefix)) {
    const std::string rest = object.ref.name.substr(kReleaseSecretPrefix.size());
    const std::string owner = rest.substr(0, rest.rfind(".v"));
    return owner == release ? std::nullopt : std::optional(owner);
  }
  const std::string* owner = object.annotation(names::kReleaseName);
  if (owner == nullptr || *owner == release || !releases.contains(*owner)) return std::nullopt;
  const std::string* owner_ns = object.annotation(names::kReleaseNamespace);
  return owner_ns == nullptr || *owner_ns == ns ? std::optional(*owner) : std::nullopt;
}

}  // namespace

change::Plan plan_annotate(Context& context, const Inventory& inventory, TakeOwnership take_ownership) {
  change::MetadataEdit edit;
  edit.labels[std::string(names::kManagedBy)] = names::kHelm;
  edit.annotations[std::string(names::kReleaseName)] = context.release;
  edit.annotations[std::string(names::kReleaseNamespace)] = context.ns.name;

  const auto releases = releases_in(inventory);
  change::Plan plan;
  const auto plan_object = [&](const kube::ObjectMetadata& object) {
    if (take_ownership == TakeOwnership::no) {
      if (const auto owner = owner_other_than(context.release, object, context.ns.name, releases)) {
        context.observer.note("annotate.other-release",
                              {{"object", kube::describe(object.ref)}, {"release", *owner}});
        return;
      }
    }
    auto [patch, before] = change::metadata_patch(object, edit);
    if (patch.is_null()) {
      ++plan.already_right;
      return;
    }
    plan.changes.push_back({.verb = change::Verb::patch,
                            .step = "annotate",
                            .object = object.ref,
                            .before = std::move(before),
                            .after = std::move(patch),
                            .why = "helm upgrade adopts only what is marked as the release's"});
  };
  for (const auto& object : inventory.of_kinds) plan_object(object);
  for (const auto& object : inventory.of_manifest) plan_object(object);
  return plan;
}

}  // namespace kots_export::migration
