#include <kots_export/helm/manifest.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include "migration/checks/checking.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

using nlohmann::json;

namespace {

// What `helm upgrade --force` sends for a Service whose chart names no address: all of it but that. A
// headless one is told apart by its address, so its chart names it.
bool has_address_of_the_servers(const json& service) {
  const std::string address = util::text_at(service, {"spec", "clusterIP"});
  return util::text_at(service, {"spec", "type"}) == "ClusterIP" && !address.empty() && address != "None";
}

json without_address(json service, const kube::ApiResource& resource) {
  service["apiVersion"] = resource.gvr.version;  // items of a list have neither
  service["kind"] = resource.kind;
  service["spec"].erase("clusterIP");
  service["spec"].erase("clusterIPs");
  return service;
}

// A Service of the release whose address the server chose, or null.
json service_of_the_release(Context& context, const kube::ApiResource& services) {
  std::set<std::string> names;
  const helm::Release& release = decoded_revision(context, current_revision(context));
  for (const auto& object : helm::manifest_objects(release.manifest)) {
    if (object.kind == services.kind && (object.ns.empty() || object.ns == context.ns.name))
      names.insert(object.name);
  }
  for (json& service : context.client.list(services, context.ns.name)) {
    if (names.contains(util::text_at(service, {"metadata", "name"})) && has_address_of_the_servers(service))
      return std::move(service);
  }
  return nullptr;
}

// Whether it is the missing address that the server refuses, and not something that a webhook does.
bool refuses_missing_address(const kube::Reply& reply) {
  return reply.status == kube::http::kInvalid && kube::blames_field(reply, "spec.clusterIP");
}

// What the server says that helps nobody to know.
std::string no_answer_in(const kube::Reply& reply, const std::string& action) {
  if (kube::http::is_success(reply.status)) return "the answer is not the Service";
  return kube::api_error(action, reply).why();
}

bool is_service(const kube::Reply& reply, const kube::ObjectRef& service) {
  const auto found = kube::identity_in(reply.body);
  return kube::http::is_success(reply.status) && found && found->kind == service.kind &&
         found->name == service.name;
}

}  // namespace

// `--force` replaces each object by a PUT. Until 1.20.10 and 1.21.4 that of a Service needed the address
// which the server had chosen, and no chart knows it. Source: kubernetes/kubernetes pull request 103532.
CheckFinding check_helm_force(Checking& checking) {
  Context& context = checking.context;
  const kube::ApiResource& services = require_resource(context.client, "", "Service");
  const json service = service_of_the_release(context, services);
  if (service.is_null()) return skipped("the release has no Service whose address the server chose");
  const kube::ObjectRef object =
      object_ref(context, "", "Service", util::text_at(service, {"metadata", "name"}));
  const std::string action = util::filled("try to replace Service {service}", {{"service", object.name}});
  const kube::Reply reply =
      context.client.send(kube::try_replace_request(object, without_address(service, services)), action);
  if (is_service(reply, object)) {
    context.helm_force = HelmForce::taken;
    return ok(
        util::filled("the server takes Service {service} without its address", {{"service", object.name}}));
  }
  if (refuses_missing_address(reply)) {
    context.helm_force = HelmForce::refused;
    return note(
        util::filled(
            "the server refuses to replace a Service that does not name its address, as `helm upgrade "
            "--force` does: {why}",
            {{"why", kube::api_error(action, reply).why()}}),
        "The `helm upgrade` that is printed at the end has no --force.");
  }
  return note(util::filled("whether `helm upgrade --force` can replace Services is not known: {why}",
                           {{"why", no_answer_in(reply, action)}}),
              "If it cannot, leave --force out.");
}

}  // namespace kots_export::migration
