#include <kots_export/kube/access.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/util/json.h>

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
  try {
    const Reply reply = client.send({.method = Method::post,
                                     .path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                                     .headers = {{"Content-Type", "application/json"}},
                                     .body = review.dump(),
                                     .timeout = {}},
                                    "ask what this user may do");
    if (!http::is_success(reply.status)) return false;
    const auto answer = nlohmann::json::parse(reply.body, nullptr, false);
    const auto* allowed = util::find_at(answer, {"status", "allowed"});
    return allowed != nullptr && *allowed == true;
  } catch (const ConnectionError&) {
    return false;
  }
}

}  // namespace kots_export::kube
