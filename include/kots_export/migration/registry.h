#pragma once

#include <kots_export/kube/transport.h>
#include <kots_export/util/secret.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

// A registry of images and charts, asked as the kubelet and Helm ask it.
namespace kots_export::migration {

// Makes a transport to another server than the cluster's ("https://cciserver.azurecr.io").
using TransportTo = std::function<std::unique_ptr<kube::Transport>(const std::string& url)>;

struct RegistryLogin {
  std::string username;
  Secret<std::string> password;
};

struct RegistryAnswer {
  enum class Kind {
    yes,
    refused,  // these credentials, or what they ask for
    missing,  // it has no such repository or tag
    unknown,  // it was not reached, is in trouble, or something else answers in its place
  } kind = Kind::unknown;
  std::string why = {};  // for people, no secret; empty for `yes`
};

// Asks questions; each is GET, and where a 401 names a challenge the same GET again with what that wants:
// Basic, or a Bearer token of the token server. Sources: OCI Distribution Specification 1.1, Pulling
// manifests; Docker's Token Authentication Specification; RFC 9110, 11.6.1. Credentials go to the registry
// only for Basic, and to the token server that it names only over TLS, unless the registry itself is reached
// without. Redirects are not followed. One question takes 20 s at most, and nothing is tried again. The
// questions throw Interrupted; all else that goes wrong is an answer.
class RegistryClient {
 public:
  // `server` is a host, or "http://HOST" for one without TLS; a path after it, as in a key of Secret regcred,
  // is not looked at.
  RegistryClient(const std::string& server, TransportTo transport_to);

  // Whether it accepts the credentials at all.
  [[nodiscard]] RegistryAnswer log_in(const RegistryLogin& login);
  // Whether these credentials may pull `reference` (a tag) of `repository`, and it is there.
  [[nodiscard]] RegistryAnswer find(const std::string& repository, const std::string& reference,
                                    const RegistryLogin& login);

 private:
  struct Question;

  RegistryAnswer ask(const Question& question, const RegistryLogin& login);
  RegistryAnswer ask_with_token(const Question& question, const RegistryLogin& login,
                                const std::map<std::string, std::string>& challenge);
  kube::Reply get(const std::string& origin, const std::string& path, const std::string& authorization);

  std::string url_;
  TransportTo transport_to_;
  std::map<std::string, std::unique_ptr<kube::Transport>> transports_ =
      {};                                                // by origin, with their connections
  std::chrono::steady_clock::time_point deadline_ = {};  // of the question under way
};

}  // namespace kots_export::migration
