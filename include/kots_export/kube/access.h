#pragma once

#include <kots_export/kube/client.h>

#include <string>

namespace kots_export::kube {

// One question to the API server's authorizer (authorization.k8s.io/v1 SelfSubjectAccessReview): may this
// user do `verb` on the object? An empty name asks for all objects of the resource. Returns false where the
// server says no, or cannot be asked. Creates nothing: the review is not stored.
[[nodiscard]] bool is_allowed(Client& client, const std::string& verb, const ObjectRef& object);

}  // namespace kots_export::kube
