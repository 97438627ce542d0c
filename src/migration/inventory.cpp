#include <kots_export/helm/manifest.h>
#include <kots_export/migration/inventory.h>
#include <kots_export/migration/names.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace kots_export::migration {

namespace {

using ObjectKey = std::tuple<std::string, std::string, std::string, std::string>;

bool is_listed_kind(const kube::ApiResource& resource) {
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

}  // namespace

Inventory read_inventory(Context& context, std::string_view manifest) {
  // A list that starts again (410) gives an object twice: the last one counts.
  std::map<ObjectKey, kube::ObjectMetadata> objects;
  const auto kinds = listed_kinds(context.client);
  context.client.list_metadata(kinds, context.ns.name, [&objects](kube::ObjectMetadata object) {
    ObjectKey key{object.ref.gvr.group, object.ref.kind, object.ref.ns, object.ref.name};
    objects.insert_or_assign(std::move(key), std::move(object));
  });
  Inventory inventory;
  for (auto& [key, object] : objects) inventory.of_kinds.push_back(std::move(object));

  std::set<ObjectKey> seen;
  for (const helm::ManifestObject& named : helm::manifest_objects(manifest)) {
    const kube::ApiResource* resource = context.client.find_for_manifest(named.api_version, named.kind);
    if (resource == nullptr) continue;
    const bool namespaced = resource->scope == kube::ApiResource::Scope::namespaced;
    const std::string ns = !namespaced ? std::string() : named.ns.empty() ? context.ns.name : named.ns;
    // The fourteen kinds of the namespace are in the lists already; those of other namespaces are not.
    if (is_listed_kind(*resource) && ns == context.ns.name) continue;
    if (!seen.emplace(resource->gvr.group, resource->kind, ns, named.name).second) continue;
    auto live = context.client.get_metadata({.gvr = resource->gvr,
                                             .kind = resource->kind,
                                             .ns = ns,
                                             .name = named.name,
                                             .uid = {},
                                             .resource_version = {}});
    if (live) inventory.of_manifest.push_back(std::move(*live));
  }
  return inventory;
}

}  // namespace kots_export::migration
