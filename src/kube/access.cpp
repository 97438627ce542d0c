#include <kots_export/kube/access.h>

#include <nlohmann/json.hpp>

namespace kots_export::kube {

namespace {

class OneRequest : public RequestSource {
 public:
  explicit OneRequest(Exchange exchange) : exchange_(std::move(exchange)) {}
  std::optional<Exchange> next() override { return std::exchange(exchange_, std::nullopt); }

 private:
  std::optional<Exchange> exchange_;
};

}  // namespace

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
  bool allowed = false;
  OneRequest source({.request = {.method = Method::post,
                                 .path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                                 .headers = {{"Content-Type", "application/json"}},
                                 .body = review.dump(),
                                 .timeout = {}},
                     .done =
                         [&allowed](const Outcome& outcome) {
                           const auto* reply = std::get_if<Reply>(&outcome);
                           if (reply == nullptr || reply->status >= 300) return;
                           const auto answer = nlohmann::json::parse(reply->body, nullptr, false);
                           if (!answer.is_object()) return;
                           allowed = answer.value(nlohmann::json::json_pointer("/status/allowed"), false);
                         },
                     .on_data = {}});
  client.run(source);
  return allowed;
}

}  // namespace kots_export::kube
