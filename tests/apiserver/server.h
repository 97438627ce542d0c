#pragma once

#include "apiserver/certificates.h"
#include "apiserver/cluster.h"
#include "apiserver/controllers.h"
#include "apiserver/discovery.h"
#include "apiserver/faults.h"
#include "apiserver/http_server.h"
#include "apiserver/rest.h"
#include "apiserver/tls.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kots_export::apiserver {

enum class Protocol { https, http };

// How the server is started; each field is a flag of the program (see README.md).
struct ServerOptions {
  int minor = 20;
  std::uint16_t port = 0;
  Protocol protocol = Protocol::https;
  HttpVersions versions = HttpVersions::http1_and_http2;  // over TLS; without it HTTP/1.1 alone
  Validity validity = Validity::now;
  std::string certificate_host;  // instead of localhost and the loopback addresses
  std::vector<std::string> tokens;
  std::vector<std::string> deny;
  std::vector<std::string> faults;
  std::vector<std::filesystem::path> seeds;
  std::string seed_text;
  std::filesystem::path seed_folder;  // where relative paths of `seed_text` begin
  std::filesystem::path job_behaviour;
  std::string pv_reclaim = "Delete";
  std::filesystem::path request_log;
  std::size_t history = 50000;
  std::vector<std::string> custom_groups;  // of custom resources that are served: velero.io
  std::vector<std::string> stale_groups;   // "GROUP" or "GROUP/VERSION", see discovery.h
};

// A request's line in the log while the request is being answered.
struct LogEntry {
  Json line;
  Effect effect;
  std::function<void(int status)> log;  // writes the line, once
  std::shared_ptr<void> held;           // by the fault `late`
};

// The API server, running from its constructor to its destructor.
class Server {
 public:
  // Throws std::runtime_error for a bad option or seed, or a port that is taken.
  explicit Server(const ServerOptions& options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  [[nodiscard]] std::string url() const;
  // A kubeconfig for the admin: embedded CA and client certificate, one context, namespace `default`.
  [[nodiscard]] std::string kubeconfig() const;
  [[nodiscard]] const std::string& authority_pem() const { return server_authority_.certificate_pem; }
  [[nodiscard]] const KeyPair& admin() const { return admin_; }
  [[nodiscard]] const std::string& admin_token() const { return admin_token_; }
  // A new client certificate, signed by the client CA.
  [[nodiscard]] KeyPair issue_client(const std::string& user, const std::vector<std::string>& groups,
                                     Validity validity = Validity::now) const;

  [[nodiscard]] Cluster& cluster() { return cluster_; }
  [[nodiscard]] Faults& faults() { return faults_; }
  [[nodiscard]] RequestLog& requests() { return requests_; }
  [[nodiscard]] std::uint64_t connections() const { return http_->connections(); }

 private:
  void handle(const Request& request, ResponseWriter& answer);
  enum class Played { before, whole };  // whether the request is still to be answered
  Played play(const Fault& fault, ResponseWriter& answer, LogEntry& entry);
  void route(const Request& request, ResponseWriter& answer, LogEntry& entry);
  void serve_api(const Request& request, ResponseWriter& answer, LogEntry& entry);
  bool serve_plain_path(const Request& request, ResponseWriter& answer) const;
  bool serve_testing(const Request& request, ResponseWriter& answer);

  Protocol protocol_;
  std::vector<StaleGroup> stale_groups_;
  Cluster cluster_;
  Authenticator authenticator_;
  Faults faults_;
  RequestLog requests_;
  KeyPair server_authority_;
  KeyPair client_authority_;
  KeyPair admin_;
  std::string admin_token_;
  std::unique_ptr<TlsContext> tls_;
  std::unique_ptr<ControllerManager> controllers_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace kots_export::apiserver
