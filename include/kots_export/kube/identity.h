#pragma once

#include <kots_export/kube/client.h>
#include <kots_export/kube/credentials.h>
#include <kots_export/kube/kubeconfig.h>

#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Who this user is, and for how long.
namespace kots_export::kube {

struct User {
  std::string name;
  std::vector<std::string> groups;
};

// What a credential says of itself; nothing of it is secret.
struct CredentialFacts {
  std::string kind;          // "client certificate", "token"; empty: none, or one that says nothing
  std::optional<User> user;  // where it names one; with --as the one who is impersonated
  std::optional<std::time_t> ends;
  bool is_renewed = false;  // a token file or an exec plugin gives a new one in time
};

// Reads what requests would be sent with now. A token is taken for a JWT (RFC 7519), without a look at its
// signature; one that is none says nothing. Throws what CredentialSource::current throws.
[[nodiscard]] CredentialFacts credential_facts(const ResolvedConfig& config, CredentialSource& source);

// Asks the server by a SelfSubjectReview: v1, which is served from 1.28 on, else v1beta1, which 1.27 serves
// where it is switched on. Nothing where neither is served, or this user may not ask. Throws ApiError where
// the server knows no such user (401), ConnectionError, Interrupted.
[[nodiscard]] std::optional<User> ask_who_i_am(Client& client);

}  // namespace kots_export::kube
