#pragma once

#include "apiserver/fixture.h"

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

// A plain HTTP client on libcurl's easy interface: what the server's own tests look at it with.
namespace kots_export::apiserver {

using Json = nlohmann::json;

struct Reply {
  int status = 0;     // 0: no answer
  int curl_code = 0;  // CURLcode
  std::string error;  // libcurl's words for it
  std::string body;
  std::string headers;  // in lower case: HTTP/1.1 and HTTP/2 write the names differently
  [[nodiscard]] Json json() const { return Json::parse(body, nullptr, false); }
};

// Whom and how to ask. Without anything, the admin by token.
struct Identity {
  std::string token;
  PemPair certificate;
  std::vector<std::string> headers;
  std::string ca_pem;  // instead of the server's
};

class Client {
 public:
  explicit Client(const ApiServer& server) : Client(server, Identity{server.admin_token(), {}, {}, {}}) {}
  Client(const ApiServer& server, Identity identity);

  [[nodiscard]] Reply get(const std::string& path, const std::vector<std::string>& headers = {}) const;
  [[nodiscard]] Reply post(const std::string& path, const Json& body) const;
  [[nodiscard]] Reply put(const std::string& path, const Json& body) const;
  // A JSON merge patch.
  [[nodiscard]] Reply patch(const std::string& path, const Json& change) const;
  [[nodiscard]] Reply remove(const std::string& path, const Json& options = nullptr) const;
  // Anything; a request lasts at most ten seconds.
  [[nodiscard]] Reply send(const std::string& method, const std::string& path, const std::string& body,
                           const std::vector<std::string>& headers) const;

 private:
  std::string url_;
  std::string server_ca_;
  Identity identity_;
};

// A ConfigMap or Secret as a client would send it.
[[nodiscard]] Json config_map(const std::string& name);
[[nodiscard]] Json secret(const std::string& name);
// A Job with one container.
[[nodiscard]] Json job(const std::string& name);

inline constexpr const char* kConfigMaps = "/api/v1/namespaces/default/configmaps";
inline constexpr const char* kSecrets = "/api/v1/namespaces/default/secrets";
inline constexpr const char* kJobs = "/apis/batch/v1/namespaces/default/jobs";
inline constexpr const char* kPods = "/api/v1/namespaces/default/pods";

}  // namespace kots_export::apiserver
