#include "apiserver/rest.h"
#include "apiserver/status.h"
#include "apiserver/wire.h"

namespace kots_export::apiserver {

bool serve_review(Cluster& cluster, const Request& request, const RequestInfo& info, const User& user,
                  ResponseWriter& answer) {
  const bool authorization = info.group == "authorization.k8s.io";
  if (!info.is_api || info.version != "v1" || (!authorization && info.group != "authentication.k8s.io"))
    return false;
  if (info.verb != "create") throw method_not_allowed(request.method);
  Json body = Json::parse(request.body, nullptr, false);
  if (!body.is_object()) throw bad_request("the object provided is unrecognized");
  if (authorization && info.resource == "selfsubjectaccessreviews") {
    body = review_access(cluster.access, user, std::move(body));
  } else if (authorization && info.resource == "selfsubjectrulesreviews") {
    body = review_rules(cluster.access, cluster.registry, user, std::move(body));
  } else if (!authorization && info.resource == "selfsubjectreviews" && cluster.registry.minor() >= 28) {
    body["status"] = {{"userInfo", {{"username", user.name}, {"groups", user.groups}}}};
  } else {
    throw unknown_resource();
  }
  answer.send(201, "application/json", dump_json(body));
  return true;
}

}  // namespace kots_export::apiserver
