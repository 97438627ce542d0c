#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>

#include "kube/kubeconfig_file.h"

#include <algorithm>

namespace kots_export::kube {

namespace {

// Collects every problem, so that an operator mends them in one go.
class Problems {
 public:
  void add(std::string text) { texts_.push_back(std::move(text)); }

  void throw_if_any() const {
    if (texts_.empty()) return;
    std::string all;
    for (const auto& text : texts_) all += (all.empty() ? "" : "; ") + text;
    throw Error("the kubeconfig cannot be used", all,
                "Look at it with `kubectl config view`; choose another context with --context.");
  }

 private:
  std::vector<std::string> texts_;
};

std::string known_names(const std::map<std::string, KubeconfigEntry>& entries) {
  std::string names;
  for (const auto& [name, entry] : entries) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "none" : names;
}

std::filesystem::path relative_to(const std::filesystem::path& path, const std::filesystem::path& folder) {
  return path.is_absolute() ? path : (folder / path).lexically_normal();
}

// The PEM of a `*-data` field, else of the file. Nothing where neither is there.
std::optional<std::string> data_or_file(const KubeconfigEntry& entry, const std::string& name,
                                        Problems& problems) {
  if (const std::string data = field(entry.body, (name + "-data").c_str()); !data.empty()) {
    auto decoded = util::base64_decode(data);
    if (!decoded) problems.add(name + "-data is not base64");
    return decoded;
  }
  const std::string file = field(entry.body, name.c_str());
  if (file.empty()) return std::nullopt;
  const auto path = relative_to(file, entry.folder);
  auto content = util::read_file_if_exists(path);
  if (!content) problems.add(name + " " + path.string() + ": there is no such file");
  return content;
}

bool is_true(const YAML::Node& node, const char* name) {
  const std::string text = field(node, name);
  return text == "true" || text == "True" || text == "TRUE";
}

// client-go's defaulting: a server without a scheme is https.
std::string normalized_server(std::string server) {
  if (server.find("://") == std::string::npos) server = "https://" + server;
  while (server.ends_with('/')) server.pop_back();
  return server;
}

void read_cluster(const KubeconfigEntry& entry, ResolvedConfig& config, Problems& problems) {
  config.server = field(entry.body, "server");
  config.tls.server_name = field(entry.body, "tls-server-name");
  config.proxy_url = field(entry.body, "proxy-url");
  if (is_true(entry.body, "insecure-skip-tls-verify")) config.tls.verify = TlsConfig::Verify::no;
  config.tls.ca_pem = data_or_file(entry, "certificate-authority", problems);
}

std::optional<ExecPlugin> read_exec(const KubeconfigEntry& entry, Problems& problems) {
  const YAML::Node node = entry.body["exec"];
  if (!node || !node.IsMap()) return std::nullopt;
  ExecPlugin plugin;
  plugin.api_version = field(node, "apiVersion");
  plugin.command = field(node, "command");
  plugin.install_hint = field(node, "installHint");
  if (is_true(node, "provideClusterInfo")) plugin.provide_cluster_info = ExecPlugin::Cluster::provide;
  const std::string interactive = field(node, "interactiveMode");
  if (interactive == "Never") plugin.interactive = ExecPlugin::Interactive::never;
  if (interactive == "Always") plugin.interactive = ExecPlugin::Interactive::always;
  for (const YAML::Node& arg : node["args"] ? node["args"] : YAML::Node(YAML::NodeType::Sequence))
    plugin.args.push_back(arg.Scalar());
  for (const YAML::Node& variable : node["env"] ? node["env"] : YAML::Node(YAML::NodeType::Sequence)) {
    plugin.env.emplace_back(field(variable, "name"), field(variable, "value"));
  }
  if (plugin.command.empty()) problems.add("the user's exec plugin has no command");
  if (plugin.command.find('/') != std::string::npos)
    plugin.command = relative_to(plugin.command, entry.folder).string();
  constexpr std::string_view kGroup = "client.authentication.k8s.io/";
  if (plugin.api_version != std::string(kGroup) + "v1" &&
      plugin.api_version != std::string(kGroup) + "v1beta1") {
    problems.add("the user's exec plugin " + plugin.command + " has apiVersion \"" + plugin.api_version +
                 "\"; v1 and v1beta1 of client.authentication.k8s.io are supported (update the plugin and "
                 "its kubeconfig entry)");
  }
  return plugin;
}

void refuse_auth_provider(const YAML::Node& user, Problems& problems) {
  const YAML::Node provider = user["auth-provider"];
  if (!provider || !provider.IsMap()) return;
  const std::string name = field(provider, "name");
  std::string instead = "use an exec plugin instead";
  if (name == "gcp")
    instead = "run `gcloud container clusters get-credentials CLUSTER` with gke-gcloud-auth-plugin installed";
  if (name == "azure") instead = "run `kubelogin convert-kubeconfig`";
  if (name == "oidc") instead = "use the exec plugin kubelogin (`kubectl oidc-login setup`)";
  problems.add("the user's auth-provider " + name +
               " is not supported, as in kubectl since 1.26: " + instead);
}

void read_user(const KubeconfigEntry& entry, ResolvedConfig& config, Problems& problems) {
  const YAML::Node& user = entry.body;
  if (!user || !user.IsMap()) return;
  config.tls.client_cert_pem = data_or_file(entry, "client-certificate", problems).value_or("");
  config.tls.client_key_pem = Secret<std::string>(data_or_file(entry, "client-key", problems).value_or(""));
  if (config.tls.client_cert_pem.empty() != config.tls.client_key_pem.empty()) {
    problems.add("the user has a client certificate or its key, but not both");
  }
  config.auth.token = Secret<std::string>(field(user, "token"));
  if (const std::string file = field(user, "tokenFile"); !file.empty())
    config.auth.token_file = relative_to(file, entry.folder);
  config.auth.username = field(user, "username");
  config.auth.password = Secret<std::string>(field(user, "password"));
  config.auth.exec = read_exec(entry, problems);
  refuse_auth_provider(user, problems);
  config.impersonation.user = field(user, "as");
  config.impersonation.uid = field(user, "as-uid");
  for (const YAML::Node& group :
       user["as-groups"] ? user["as-groups"] : YAML::Node(YAML::NodeType::Sequence)) {
    config.impersonation.groups.push_back(group.Scalar());
  }
  if (const YAML::Node extra = user["as-user-extra"]; extra && extra.IsMap()) {
    for (const auto& pair : extra) {
      for (const YAML::Node& value : pair.second)
        config.impersonation.extra.emplace_back(pair.first.Scalar(), value.Scalar());
    }
  }
}

const KubeconfigEntry* find_entry(const std::map<std::string, KubeconfigEntry>& entries,
                                  const std::string& name, const std::string& what, Problems& problems) {
  if (name.empty()) return nullptr;
  const auto found = entries.find(name);
  if (found != entries.end()) return &found->second;
  problems.add("there is no " + what + " \"" + name + "\" (known: " + known_names(entries) + ")");
  return nullptr;
}

void apply_overrides(const KubeconfigOverrides& overrides, ResolvedConfig& config) {
  if (!overrides.server.empty()) config.server = overrides.server;
  if (!overrides.ns.empty()) config.ns = overrides.ns;
  if (!overrides.tls_server_name.empty()) config.tls.server_name = overrides.tls_server_name;
  if (!overrides.certificate_authority.empty())
    config.tls.ca_pem = util::read_file(overrides.certificate_authority);
  if (!overrides.client_certificate.empty())
    config.tls.client_cert_pem = util::read_file(overrides.client_certificate);
  if (!overrides.client_key.empty())
    config.tls.client_key_pem = Secret<std::string>(util::read_file(overrides.client_key));
  if (overrides.verify == KubeconfigOverrides::Verify::never) {
    config.tls.verify = TlsConfig::Verify::no;
    config.tls.ca_pem.reset();
  }
  if (!overrides.token.empty()) {
    // As kubectl: a token given by hand is how this user authenticates, whatever the file says.
    config.auth =
        Auth{.token = overrides.token, .token_file = {}, .username = {}, .password = {}, .exec = {}};
  }
  if (!overrides.as.empty()) config.impersonation.user = overrides.as;
  if (!overrides.as_uid.empty()) config.impersonation.uid = overrides.as_uid;
  if (!overrides.as_groups.empty()) config.impersonation.groups = overrides.as_groups;
}

std::optional<ResolvedConfig> in_cluster(const Environment& environment) {
  const auto host = environment.get("KUBERNETES_SERVICE_HOST");
  const auto port = environment.get("KUBERNETES_SERVICE_PORT");
  const auto token_file = environment.in_cluster_folder / "token";
  if (!host || !port || host->empty() || !util::read_file_if_exists(token_file)) return std::nullopt;
  ResolvedConfig config;
  const bool ipv6 = host->find(':') != std::string::npos;
  config.server = "https://" + (ipv6 ? "[" + *host + "]" : *host) + ":" + *port;
  config.tls.ca_pem = util::read_file_if_exists(environment.in_cluster_folder / "ca.crt");
  config.auth.token_file = token_file;
  config.ns = std::string(
      util::trim(util::read_file_if_exists(environment.in_cluster_folder / "namespace").value_or("")));
  config.sources.push_back(environment.in_cluster_folder);
  return config;
}

[[noreturn]] void refuse_without_config(const Kubeconfig& merged) {
  std::string looked;
  for (const auto& file : merged.missing) looked += (looked.empty() ? "" : ", ") + file.string();
  throw Error(
      "there is no kubeconfig", looked.empty() ? "no file is named" : "looked for " + looked,
      "Name one with --kubeconfig or KUBECONFIG, or log in to the cluster with your cloud's command.");
}

}  // namespace

ResolvedConfig resolve(const KubeconfigOverrides& overrides, const Environment& environment) {
  const Kubeconfig merged = load_kubeconfig(overrides, environment);
  const bool empty = merged.clusters.empty() && merged.contexts.empty() && merged.users.empty();
  if (empty && overrides.server.empty()) {
    if (auto config = in_cluster(environment); config && merged.sources.empty()) {
      apply_overrides(overrides, *config);
      return std::move(*config);
    }
    if (merged.sources.empty()) refuse_without_config(merged);
  }

  Problems problems;
  ResolvedConfig config;
  config.sources = merged.sources;
  config.context = overrides.context.empty() ? merged.current_context : overrides.context;
  if (const auto* context = find_entry(merged.contexts, config.context, "context", problems)) {
    config.cluster = field(context->body, "cluster");
    config.user = field(context->body, "user");
    config.ns = field(context->body, "namespace");
  }
  if (!overrides.cluster.empty()) config.cluster = overrides.cluster;
  if (!overrides.user.empty()) config.user = overrides.user;
  if (const auto* cluster = find_entry(merged.clusters, config.cluster, "cluster", problems))
    read_cluster(*cluster, config, problems);
  if (const auto* user = find_entry(merged.users, config.user, "user", problems))
    read_user(*user, config, problems);
  problems.throw_if_any();
  apply_overrides(overrides, config);

  if (config.server.empty()) {
    if (config.context.empty()) {
      problems.add("it has no current-context (contexts: " + known_names(merged.contexts) +
                   "); choose one with --context");
    } else {
      problems.add("no server is set for cluster \"" + config.cluster + "\" of context \"" + config.context +
                   "\"");
    }
  }
  if (config.tls.verify == TlsConfig::Verify::no && config.tls.ca_pem) {
    problems.add(
        "the cluster has a certificate-authority and insecure-skip-tls-verify; only one makes sense");
  }
  problems.throw_if_any();
  config.server = normalized_server(config.server);
  return config;
}

}  // namespace kots_export::kube
