#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>
#include <sys/types.h>

// The API server for gtest programs: in the test's own process, or as a process of its own.
namespace kots_export::apiserver {

class Server;

// How a test wants its server. What is not set is as the program's flags have it (README.md).
struct ApiServerOptions {
  int minor = 20;                                 // Kubernetes 1.MINOR
  bool http = false;                              // without TLS; the kubeconfig then holds a token
  bool http1 = false;                             // with TLS, but without HTTP/2
  bool cert_expired = false;                      // trouble with the server's certificate
  bool cert_not_yet_valid = false;                //
  std::string cert_host;                          // the only name it holds for
  std::vector<std::string> tokens;                // "TOKEN=USER[:GROUP,...]"
  std::vector<std::string> deny;                  // "USER verb resource[/name] [namespace]"
  std::vector<std::string> faults;                // see faults.h
  std::vector<std::filesystem::path> seed_files;  // YAML
  std::string seed;                               // YAML text
  std::string pv_reclaim = "Delete";
  std::size_t history = 50000;
  std::vector<std::string> custom_groups;  // of custom resources that are served: velero.io
  std::vector<std::string> stale_groups;   // "GROUP[/VERSION]" whose APIService is down
};

// A certificate and its key, as PEM.
struct PemPair {
  std::string certificate;
  std::string key;
};

// A server in this process, from construction to destruction. Its port is free, its files lie in a folder of
// its own that goes with it; any number may run at once. Functions may be called by any thread.
class ApiServer {
 public:
  // Throws std::runtime_error where a seed or an option is wrong.
  explicit ApiServer(const ApiServerOptions& options = {});
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;
  ~ApiServer();

  // --- How to reach it ---
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::uint16_t port() const;
  // The admin's kubeconfig, as text and as a file (0600).
  [[nodiscard]] std::string kubeconfig() const;
  [[nodiscard]] std::filesystem::path kubeconfig_path() const;
  // A folder of this server's own that a test may put files in.
  [[nodiscard]] std::filesystem::path folder() const;
  [[nodiscard]] std::string ca_pem() const;
  [[nodiscard]] PemPair admin_certificate() const;
  [[nodiscard]] std::string admin_token() const;
  // A new client certificate; `expired` for one that the server must refuse.
  [[nodiscard]] PemPair client_certificate(const std::string& user,
                                           const std::vector<std::string>& groups = {},
                                           bool expired = false) const;

  // --- What is in it; `kind_or_plural` is like "Secret" or "secrets" ---
  // Returns the object with apiVersion and kind, or nothing. The namespace is empty for cluster-scoped kinds.
  [[nodiscard]] std::optional<nlohmann::json> get(const std::string& kind_or_plural,
                                                  const std::string& name_space,
                                                  const std::string& name) const;
  // The objects of one namespace, or of all where it is empty, in the order of lists.
  [[nodiscard]] std::vector<nlohmann::json> list(const std::string& kind_or_plural,
                                                 const std::string& name_space = {}) const;
  // Stores an object (with apiVersion and kind), in place of one of that name; makes its namespace where
  // missing.
  void put(nlohmann::json object);
  // Deletes as a client would, in the background. Returns false where there is none.
  bool remove(const std::string& kind_or_plural, const std::string& name_space, const std::string& name);
  // Stores what a YAML text holds, helper documents (JobBehaviour, HelmRelease, ...) included.
  void seed(const std::string& yaml);
  // The newest resourceVersion: it grows with every write and with nothing else.
  [[nodiscard]] std::uint64_t resource_version() const;
  // Waits until `condition` holds, asked anew after every write. Returns false after `timeout`.
  [[nodiscard]] bool wait_until(const std::function<bool()>& condition,
                                std::chrono::milliseconds timeout = std::chrono::seconds(10)) const;
  // Forgets the history: watches and paged lists from before get 410.
  void compact();

  // --- What came, and trouble ---
  // Every request so far, in order of its answer (see RequestLog in faults.h for the fields).
  [[nodiscard]] std::vector<nlohmann::json> requests() const;
  // How many requests of that method (empty: any) came whose path and query hold `part`.
  [[nodiscard]] std::size_t count_requests(const std::string& method, const std::string& part = {}) const;
  // How many POST, PUT, PATCH and DELETE came; with dryRun=All and reviews left out.
  [[nodiscard]] std::size_t count_writes() const;
  void clear_requests();
  void add_fault(const std::string& rule);
  void clear_faults();
  // How many requests a fault `hold`, `hold-answer` or `late` keeps just now.
  [[nodiscard]] int held() const;
  void deny(const std::string& rule);
  void allow_all_again();
  // How many connections clients have made.
  [[nodiscard]] std::uint64_t connections() const;

 private:
  std::filesystem::path folder_;
  std::unique_ptr<Server> server_;
};

// The program kots-export-apiserver as a child process. It dies with this object, and with this process.
class ApiServerProcess {
 public:
  // Starts `program` with `arguments` (without --kubeconfig-out and --until-stdin-closes, which are added)
  // and waits until it listens. Throws std::runtime_error with what it wrote to standard error.
  ApiServerProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments);
  ApiServerProcess(const ApiServerProcess&) = delete;
  ApiServerProcess& operator=(const ApiServerProcess&) = delete;
  ~ApiServerProcess();

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::filesystem::path kubeconfig_path() const;
  [[nodiscard]] pid_t pid() const { return pid_; }
  // Ends it now: SIGTERM, or SIGKILL for a crash. Safe to call twice.
  void stop(int signal);

 private:
  std::filesystem::path folder_;
  std::string url_;
  pid_t pid_ = -1;
  int stdin_ = -1;
};

}  // namespace kots_export::apiserver
