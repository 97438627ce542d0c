#include <kots_export/helm/manifest.h>
#include <kots_export/migration/inventory.h>
#include <kots_export/migration/names.h>

#include "migration/cluster_objects.h"

#include <algorithm>
#include <map>
#include <unordered_set>

namespace kots_export::migration {

namespace {

bool is_listed_kind(const kube::ObjectRef& resource) {
  return std::ranges::any_of(names::kKinds, [&](const names::Kind& kind) {
    return kind.group == resource.gvr.group && kind.kind == resource.kind;
  });
}

std::vector<kube::ApiResource> listed_kinds(kube::Client& client) {
  std::vector<kube::ApiResource> kinds;
  for (const names::Kind& kind : names::kKinds) {
    if (const kube::ApiResource* resource = client.find_resource(kind.group, kind.kind))
      kinds.push_back(*resource);
  }
  return kinds;
}

std::vector<kube::ObjectRef> take_out_what_may_not_be_read(Context& context,
                                                           std::vector<kube::ObjectRef>& objects) {
  const auto denied = denied_of_cluster(context, "get", objects);
  std::vector<kube::ObjectRef> taken;
  std::vector<kube::ObjectRef> kept;
  for (std::size_t i = 0; i < objects.size(); ++i)
    (denied[i] ? taken : kept).push_back(std::move(objects[i]));
  objects = std::move(kept);
  return taken;
}

}  // namespace

std::vector<kube::ObjectRef> objects_named_by(Context& context, std::string_view manifest) {
  std::vector<kube::ObjectRef> objects;
  std::unordered_set<kube::ObjectKey> seen;
  for (const helm::ManifestObject& named : helm::manifest_objects(manifest)) {
    const kube::ApiResource* resource = context.client.find_for_manifest(named.api_version, named.kind);
    if (resource == nullptr) continue;
    const bool namespaced = resource->scope == kube::ApiResource::Scope::namespaced;
    kube::ObjectRef object{.gvr = resource->gvr,
                           .kind = resource->kind,
                           .ns = !namespaced        ? std::string()
                                 : named.ns.empty() ? context.ns.name
                                                    : named.ns,
                           .name = named.name,
                           .uid = {},
                           .resource_version = {}};
    if (seen.insert(kube::key_of(object)).second) objects.push_back(std::move(object));
  }
  return objects;
}

std::vector<kube::ObjectRef> objects_beyond_lists(Context& context, std::string_view manifest) {
  std::vector<kube::ObjectRef> objects = objects_named_by(context, manifest);
  std::erase_if(objects, [&](const kube::ObjectRef& object) {
    return object.ns == context.ns.name && is_listed_kind(object);
  });
  return objects;
}

Inventory read_inventory(Context& context, std::string_view manifest, Extent extent) {
  Inventory inventory;
  const auto kinds = listed_kinds(context.client);
  kube::MetadataLists lists(
      kube::from_the_beginning(kinds), context.ns.name,
      [&inventory](kube::ObjectMetadata object) { inventory.of_kinds.push_back(std::move(object)); },
      extent == Extent::whole ? kube::MetadataLists::Pages::all : kube::MetadataLists::Pages::first);
  context.client.read(lists);
  inventory.rest = lists.rest();
  // Pages arrive in any order; a plan reads better, and is the same each time, by kind and name.
  std::ranges::sort(inventory.of_kinds, {}, [](const kube::ObjectMetadata& object) {
    return std::tie(object.ref.gvr.group, object.ref.kind, object.ref.name);
  });
  std::vector<kube::ObjectRef> beyond = objects_beyond_lists(context, manifest);
  inventory.unseen = take_out_what_may_not_be_read(context, beyond);
  for (auto& live : context.client.get_metadata(beyond)) {
    if (live) inventory.of_manifest.push_back(std::move(*live));
  }
  return inventory;
}

}  // namespace kots_export::migration
