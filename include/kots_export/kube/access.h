#pragma once

#include <kots_export/kube/client.h>

#include <span>
#include <string>
#include <vector>

// Questions to the API server's authorizer (authorization.k8s.io/v1 SelfSubjectAccessReview). They create
// nothing: a review is not stored.
namespace kots_export::kube {

// May this user do `verb` on `object`? An empty name asks for all objects of the resource, a `subresource`
// ("exec", "log") for that one.
struct AccessQuestion {
  std::string verb;
  ObjectRef object;
  std::string subresource = {};
};

// unknown: this user may not ask (403), or the server knows no reviews.
enum class Access { allowed, denied, unknown };

// Many questions, side by side; the answers are in the order of `questions`. Throws ApiError where a review
// fails otherwise, ConnectionError, Interrupted.
[[nodiscard]] std::vector<Access> review_access(Client& client, std::span<const AccessQuestion> questions);

// One question. A server that lets nobody ask is no yes.
[[nodiscard]] bool is_allowed(Client& client, const std::string& verb, const ObjectRef& object);

}  // namespace kots_export::kube
