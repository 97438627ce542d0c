#include <kots_export/kube/access.h>
#include <kots_export/kube/http_status.h>
#include <kots_export/util/json.h>
#include <kots_export/util/text.h>

#include "kube/client_state.h"
#include "kube/retry.h"

#include <optional>

#include <nlohmann/json.hpp>

namespace kots_export::kube {

namespace {

Request review_of(const AccessQuestion& question) {
  const ObjectRef& object = question.object;
  nlohmann::json attributes{{"verb", question.verb},
                            {"group", object.gvr.group},
                            {"resource", object.gvr.resource},
                            {"namespace", object.ns},
                            {"name", object.name}};
  if (!question.subresource.empty()) attributes["subresource"] = question.subresource;
  const nlohmann::json review{{"apiVersion", "authorization.k8s.io/v1"},
                              {"kind", "SelfSubjectAccessReview"},
                              {"spec", {{"resourceAttributes", std::move(attributes)}}}};
  return {.method = Method::post,
          .path = std::string(kReviewsPath) + "v1/selfsubjectaccessreviews",
          .headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}},
          .body = review.dump(),
          .timeout = {},
          .expected = {.kinds = {"SelfSubjectAccessReview"}, .name = {}}};
}

Access answer_in(const Reply& reply, const std::string& action) {
  if (reply.status == http::kForbidden || reply.status == http::kNotFound) return Access::unknown;
  if (!http::is_success(reply.status)) throw api_error(action, reply);
  const auto answer = nlohmann::json::parse(reply.body, nullptr, false);
  const auto* allowed = util::find_at(answer, {"status", "allowed"});
  if (allowed == nullptr) throw not_json(action);
  return *allowed == true ? Access::allowed : Access::denied;
}

}  // namespace

std::vector<Access> review_access(Client& client, std::span<const AccessQuestion> questions) {
  std::vector<std::optional<Outcome>> outcomes(questions.size());
  ListedRequests requests(client);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    requests.add({.request = review_of(questions[i]),
                  .done = [&outcomes, i](Outcome outcome) { outcomes[i] = std::move(outcome); },
                  .on_data = {}});
  }
  client.run(requests);
  std::vector<Access> answers;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const std::string action =
        util::filled("ask whether this user may {verb} {resource}",
                     {{"verb", questions[i].verb}, {"resource", questions[i].object.gvr.resource}});
    answers.push_back(answer_in(reply_of(client, outcomes[i], action), action));
  }
  return answers;
}

bool is_allowed(Client& client, const std::string& verb, const ObjectRef& object) {
  const AccessQuestion question{.verb = verb, .object = object};
  return review_access(client, std::span(&question, 1)).front() == Access::allowed;
}

}  // namespace kots_export::kube
