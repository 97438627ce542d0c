#include "apiserver/rest.h"

#include "apiserver/status.h"

namespace kots_export::apiserver {
namespace {

void serve_subresource(const Call& call) {
  const std::string& name = call.info.subresource;
  if (!call.type().has_subresource(name)) throw unknown_resource();
  if (name == "log") return pod_log(call);
  if (name == "exec") return pod_exec(call);
  if (name == "scale") return serve_scale(call);
  if (call.info.verb == "get") return get_object(call);
  if (call.info.verb == "update") return update(call);
  if (call.info.verb == "patch") return patch(call);
  throw method_not_allowed(call.request.method);
}

}  // namespace

void serve_resource(const Call& call) {
  if (!call.info.subresource.empty()) return serve_subresource(call);
  const std::string& verb = call.info.verb;
  if (verb == "get") return get_object(call);
  if (verb == "list") return list_objects(call);
  if (verb == "watch") return watch(call);
  if (verb == "create" && call.info.name.empty()) return create(call);
  if (verb == "update" && !call.info.name.empty()) return update(call);
  if (verb == "patch" && !call.info.name.empty()) return patch(call);
  if (verb == "delete") return remove(call);
  if (verb == "deletecollection") return remove_collection(call);
  throw method_not_allowed(call.request.method);
}

}  // namespace kots_export::apiserver
