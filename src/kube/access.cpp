#include <kots_export/kube/access.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/util/json.h>

#include "kube/client_state.h"
#include "kube/retry.h"

#include <nlohmann/json.hpp>

namespace kots_export::kube {

bool is_allowed(Client& client, const std::string& verb, const ObjectRef& object) {
  const nlohmann::json review{{"apiVersion", "authorization.k8s.io/v1"},
                              {"kind", "SelfSubjectAccessReview"},
                              {"spec",
                               {{"resourceAttributes",
                                 {{"verb", verb},
                                  {"group", object.gvr.group},
                                  {"resource", object.gvr.resource},
                                  {"namespace", object.ns},
                                  {"name", object.name}}}}}};
  const std::string action = "ask whether this user may " + verb + " " + object.gvr.resource;
  const Reply reply =
      client.send({.method = Method::post,
                   .path = std::string(kReviewsPath) + "v1/selfsubjectaccessreviews",
                   .headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}},
                   .body = review.dump(),
                   .timeout = {}},
                  action);
  // A server that lets nobody ask is no yes.
  if (reply.status == http::kForbidden || reply.status == http::kNotFound) return false;
  if (!http::is_success(reply.status)) throw api_error(action, reply);
  const auto answer = nlohmann::json::parse(reply.body, nullptr, false);
  const auto* allowed = util::find_at(answer, {"status", "allowed"});
  if (allowed == nullptr) throw not_json(action);
  return *allowed == true;
}

}  // namespace kots_export::kube
