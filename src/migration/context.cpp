#include <kots_export/kube/http_status.h>
#include <kots_export/migration/context.h>
#include <kots_export/migration/paths.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

bool find_namespace(Context& context) {
  if (context.namespace_uid) return true;
  try {
    const auto live = context.client.get_metadata(object_ref(context, "", "Namespace", context.ns.name));
    if (live) context.namespace_uid = live->ref.uid;
  } catch (const kube::ApiError& error) {
    if (error.code() != kube::http::kForbidden) throw;
    context.namespace_uid = "";
  }
  return context.namespace_uid.has_value();
}

const std::vector<helm::StoredRevision>& stored_releases(Context& context) {
  if (!context.releases) context.releases = helm::list_releases(context.client, context.ns.name);
  return *context.releases;
}

std::vector<helm::StoredRevision> stored_revisions(Context& context) {
  std::vector<helm::StoredRevision> revisions;
  for (const auto& stored : stored_releases(context)) {
    if (stored.release == context.release) revisions.push_back(stored);
  }
  return revisions;
}

helm::StoredRevision current_revision(Context& context) {
  const auto revisions = stored_revisions(context);
  return helm::newest_deployed(revisions).value_or(revisions.back());
}

const helm::Release& decoded_revision(Context& context, const helm::StoredRevision& stored) {
  const auto known = context.decoded.find(stored.revision);
  if (known != context.decoded.end()) return known->second;
  return context.decoded.emplace(stored.revision, helm::read_revision(context.client, stored)).first->second;
}

std::string known_chart_version(const Context& context) {
  return context.decoded.empty() ? std::string() : context.decoded.rbegin()->second.chart_version;
}

const kube::ApiResource& require_resource(kube::Client& client, std::string_view group,
                                          std::string_view kind) {
  if (const kube::ApiResource* resource = client.find_resource(group, kind)) return *resource;
  const char* words =
      group.empty() ? "this server does not serve {kind}" : "this server does not serve {kind} ({group})";
  throw Error(
      util::filled(words, {{"kind", kind}, {"group", group}}), {},
      "kots-export works on Kubernetes 1.16 and later. Check with --context that this is the right cluster.");
}

kube::ObjectRef object_ref(const Context& context, std::string_view group, std::string_view kind,
                           std::string name) {
  const kube::ApiResource& resource = require_resource(context.client, group, kind);
  return {.gvr = resource.gvr,
          .kind = resource.kind,
          .ns = resource.scope == kube::ApiResource::Scope::namespaced ? context.ns.name : std::string(),
          .name = std::move(name),
          .uid = {},
          .resource_version = {}};
}

kube::ObjectRef identified(kube::ObjectRef object, const nlohmann::json& live) {
  const auto metadata = live.value("metadata", nlohmann::json::object());
  object.uid = metadata.value("uid", object.uid);
  object.resource_version = metadata.value("resourceVersion", object.resource_version);
  return object;
}

void require_writable_folders(const Paths& paths) {
  util::require_writable_folder(paths.output());
  util::require_writable_folder(paths.logs());
}

}  // namespace kots_export::migration
