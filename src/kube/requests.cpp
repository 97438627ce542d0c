#include <kots_export/kube/client.h>

#include <nlohmann/json.hpp>

namespace kots_export::kube {

using nlohmann::json;

namespace {

// Recorded in managedFields of what is written, so that an operator sees who changed an object.
std::string write_query(DryRun dry_run) {
  return dry_run == DryRun::server ? "?fieldManager=kots-export&dryRun=All" : "?fieldManager=kots-export";
}

Request json_request(Method method, std::string path, std::string content_type, const json& body) {
  return {.method = method,
          .path = std::move(path),
          .headers = {{"Content-Type", std::move(content_type)}, {"Accept", "application/json"}},
          .body = body.dump(),
          .timeout = {}};
}

// The answer to a patch is read for its UID and resourceVersion alone: the object's content stays at home.
constexpr const char* kMetadataOnly =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

}  // namespace

std::string_view to_string(DryRun dry_run) {
  switch (dry_run) {
    case DryRun::none:
      return "none";
    case DryRun::client:
      return "client";
    case DryRun::server:
      return "server";
  }
  return "";
}

std::string_view to_string(Propagation propagation) {
  switch (propagation) {
    case Propagation::background:
      return "Background";
    case Propagation::foreground:
      return "Foreground";
    case Propagation::orphan:
      return "Orphan";
  }
  return "";
}

Request get_request(const ObjectRef& object) {
  return {.method = Method::get,
          .path = object_path(object),
          .headers = {{"Accept", "application/json"}},
          .body = {},
          .timeout = {},
          .expected = {.kinds = {object.kind}, .name = object.name}};
}

Request create_request(const ObjectRef& object, const json& manifest, DryRun dry_run) {
  return json_request(Method::post, collection_path(object.gvr, object.ns) + write_query(dry_run),
                      "application/json", manifest);
}

Request merge_patch_request(const ObjectRef& object, const json& patch, DryRun dry_run) {
  Request request = json_request(Method::patch, object_path(object) + write_query(dry_run),
                                 "application/merge-patch+json", patch);
  request.headers.back().second = kMetadataOnly;
  return request;
}

Request try_replace_request(const ObjectRef& object, const json& manifest) {
  return json_request(Method::put, object_path(object) + write_query(DryRun::server), "application/json",
                      manifest);
}

Request delete_request(const ObjectRef& object, Propagation propagation, DryRun dry_run) {
  json options{
      {"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"propagationPolicy", to_string(propagation)}};
  if (!object.uid.empty()) options["preconditions"]["uid"] = object.uid;
  if (!object.resource_version.empty()) options["preconditions"]["resourceVersion"] = object.resource_version;
  // In the body: where a DELETE has one, the server reads no option from the query, dryRun least of all.
  if (dry_run == DryRun::server) options["dryRun"] = {"All"};
  return json_request(Method::del, object_path(object), "application/json", options);
}

}  // namespace kots_export::kube
