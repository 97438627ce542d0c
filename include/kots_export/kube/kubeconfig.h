#pragma once

#include <kots_export/util/secret.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// kubeconfig as client-go reads it (tools/clientcmd); docs/kubeconfig.md has every rule. In short:
//  - --kubeconfig names one file, which must exist; else every file of KUBECONFIG is merged; else
//    ~/.kube/config; else the Pod's service account (in-cluster).
//  - Merging: the first file that defines a context, cluster or user of a name wins whole; so does the first
//    current-context that is not empty. A missing file of KUBECONFIG is skipped; a name twice in one file is
//    an error, and so is a field of the wrong type.
//  - Relative paths in a file are relative to the folder of that file.
//  - `*-data` beats the file of the same meaning (where kubectl refuses to choose); a flag beats both.
//  - --certificate-authority puts aside the file's insecure-skip-tls-verify, --insecure-skip-tls-verify its
//    certificate-authority, --server its tls-server-name.
//  - --token replaces the file's token and tokenFile. A client certificate still goes along; a password
//  beside
//    a token is an error.
//  - A user that is not in any file is nobody: requests go out without credentials. A cluster must be there.
//  - A server without a scheme is http; over http no credentials are sent.
//  - Where files with contexts exist but no current-context, that is an error, even inside a Pod.
namespace kots_export::kube {

// What the command line says. Empty: not given.
struct KubeconfigOverrides {
  std::optional<std::filesystem::path> kubeconfig;
  std::string context;
  std::string cluster;
  std::string user;
  std::string server;
  std::string ns;
  Secret<std::string> token;
  std::string as;
  std::string as_uid;
  std::vector<std::string> as_groups;
  enum class Verify {
    as_configured,
    never
  } verify = Verify::as_configured;  // never: --insecure-skip-tls-verify
  std::string certificate_authority;
  std::string tls_server_name;
  std::string client_certificate;
  std::string client_key;
};

// Where configuration is looked for beside the flags; a parameter, so that tests need no process environment.
struct Environment {
  std::function<std::optional<std::string>(std::string_view)> get;
  std::filesystem::path home;
  std::filesystem::path in_cluster_folder = "/var/run/secrets/kubernetes.io/serviceaccount";

  [[nodiscard]] static Environment of_process();
};

struct TlsConfig {
  std::optional<std::string> ca_pem;  // nothing: the system's roots
  enum class Verify { yes, no } verify = Verify::yes;
  std::string server_name;  // empty: the server's own
  std::string client_cert_pem;
  Secret<std::string> client_key_pem;
};

// client.authentication.k8s.io: a program that prints credentials.
struct ExecPlugin {
  std::string api_version;
  std::string command;
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
  std::string install_hint;
  enum class Cluster { leave_out, provide } provide_cluster_info = Cluster::leave_out;
  enum class Interactive { never, if_available, always } interactive = Interactive::if_available;
};

struct Auth {
  Secret<std::string> token;
  std::filesystem::path token_file;  // read again while running: such tokens rotate
  std::string username;              // basic authentication
  Secret<std::string> password;
  std::optional<ExecPlugin> exec;
};

struct Impersonation {
  std::string user;
  std::string uid;
  std::vector<std::string> groups;
  std::vector<std::pair<std::string, std::string>> extra;
};

// The answer: everything that a connection needs, files read.
struct ResolvedConfig {
  std::string context;  // names, for people; empty in-cluster or with flags alone
  std::string cluster;
  std::string user;
  std::string server;  // "https://host[:port][/prefix]", no slash at the end
  std::string ns;      // of the context; empty: none
  TlsConfig tls;
  std::string proxy_url;
  Auth auth;
  Impersonation impersonation;
  std::string exec_extension;  // JSON the cluster has for exec plugins (spec.cluster.config); empty: none
  std::vector<std::filesystem::path> sources;
};

// Loads, merges, applies the flags and checks. Throws Error that names every problem found and what to do.
[[nodiscard]] ResolvedConfig resolve(const KubeconfigOverrides& overrides, const Environment& environment);

// The proxy for the server: proxy-url, else HTTPS_PROXY or HTTP_PROXY with NO_PROXY as Go's
// x/net/http/httpproxy reads them (CIDRs, domains, leading dots, ports, *; loopback is never proxied). Empty:
// none.
[[nodiscard]] std::string proxy_for(const ResolvedConfig& config, const Environment& environment);
// The same for another server than the cluster's.
[[nodiscard]] std::string proxy_from_environment(std::string_view url, const Environment& environment);

}  // namespace kots_export::kube
