#include "kube/kubeconfig_read.h"

#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/util/files.h>

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace kots_export::kube {

namespace {

std::filesystem::path relative_to(const std::filesystem::path& path, const std::filesystem::path& folder) {
  return path.is_absolute() ? path : (folder / path).lexically_normal();
}

// The PEM that a flag names, else of a `*-data` field, else of the file that the entry names. Nothing where
// none does.
std::optional<std::string> pem(const std::string& flag, const KubeconfigEntry& entry, const std::string& name,
                               Problems& problems) {
  std::filesystem::path path = flag;
  if (flag.empty()) {
    if (const std::string data = field(entry.body, (name + "-data").c_str()); !data.empty()) {
      auto decoded = util::base64_decode(data);
      if (!decoded) problems.add(name + "-data is not base64");
      return decoded;
    }
    const std::string file = field(entry.body, name.c_str());
    if (file.empty()) return std::nullopt;
    path = relative_to(file, entry.folder);
  }
  try {
    auto content = util::read_file_if_exists(path);
    if (!content) problems.add(name + " " + path.string() + ": there is no such file");
    return content;
  } catch (const Error& error) {
    problems.add(name + ": " + error.what());
    return std::nullopt;
  }
}

// The words that YAML 1.1, and so kubectl's parser, takes for true.
bool is_true(const YAML::Node& node, const char* name) {
  const std::string text = field(node, name);
  constexpr std::array<std::string_view, 11> kTrue{"true", "True", "TRUE", "yes", "Yes", "YES",
                                                   "on",   "On",   "ON",   "y",   "Y"};
  return std::ranges::find(kTrue, text) != kTrue.end();
}

YAML::Node list(const YAML::Node& node, const char* name) {
  const YAML::Node found = node[name];
  return found && found.IsSequence() ? found : YAML::Node(YAML::NodeType::Sequence);
}

// A YAML value as JSON text. Plain scalars that are JSON (numbers, true, null) stay so; all others are
// strings.
nlohmann::json to_json(const YAML::Node& node) {
  if (node.IsMap()) {
    auto object = nlohmann::json::object();
    for (const auto& pair : node) object[pair.first.Scalar()] = to_json(pair.second);
    return object;
  }
  if (node.IsSequence()) {
    auto array = nlohmann::json::array();
    for (const YAML::Node& item : node) array.push_back(to_json(item));
    return array;
  }
  if (node.IsNull()) return nullptr;
  const bool plain = node.Tag() == "?";
  auto value = plain ? nlohmann::json::parse(node.Scalar(), nullptr, false)
                     : nlohmann::json(nlohmann::json::value_t::discarded);
  return value.is_discarded() ? nlohmann::json(node.Scalar()) : value;
}

// What a cluster says to exec plugins beside its address (ExecCredential's spec.cluster.config).
std::string exec_extension(const KubeconfigEntry& entry) {
  if (!entry.body || !entry.body.IsMap()) return {};
  for (const YAML::Node& item : list(entry.body, "extensions")) {
    if (field(item, "name") == "client.authentication.k8s.io/exec" && item["extension"])
      return to_json(item["extension"]).dump();
  }
  return {};
}

void refuse_unknown_proxy(const std::string& url, Problems& problems) {
  if (url.empty()) return;
  for (const std::string_view scheme : {"http://", "https://", "socks5://", "socks5h://"}) {
    if (url.starts_with(scheme)) return;
  }
  // Without the URL itself: it may hold a password.
  problems.add("the cluster's proxy-url is no http, https or socks5 URL");
}

ExecPlugin::Interactive interactive_mode(const YAML::Node& node, Problems& problems) {
  const std::string mode = field(node, "interactiveMode");
  if (mode == "Never") return ExecPlugin::Interactive::never;
  if (mode == "Always") return ExecPlugin::Interactive::always;
  if (!mode.empty() && mode != "IfAvailable")
    problems.add("the user's exec plugin has interactiveMode \"" + mode +
                 "\"; Never, IfAvailable and Always are known");
  return ExecPlugin::Interactive::if_available;
}

std::optional<ExecPlugin> read_exec(const KubeconfigEntry& entry, Problems& problems) {
  const YAML::Node node = entry.body["exec"];
  if (!node || !node.IsMap()) return std::nullopt;
  ExecPlugin plugin;
  plugin.api_version = field(node, "apiVersion");
  plugin.command = field(node, "command");
  plugin.install_hint = field(node, "installHint");
  if (is_true(node, "provideClusterInfo")) plugin.provide_cluster_info = ExecPlugin::Cluster::provide;
  plugin.interactive = interactive_mode(node, problems);
  for (const YAML::Node& arg : list(node, "args")) plugin.args.push_back(arg.Scalar());
  for (const YAML::Node& variable : list(node, "env")) {
    plugin.env.emplace_back(field(variable, "name"), field(variable, "value"));
    if (plugin.env.back().first.empty())
      problems.add("an environment variable of the user's exec plugin has no name");
  }
  if (plugin.command.empty()) problems.add("the user's exec plugin has no command");
  // A name without a slash is looked up in PATH.
  if (plugin.command.find('/') != std::string::npos)
    plugin.command = relative_to(plugin.command, entry.folder).string();
  if (plugin.api_version != "client.authentication.k8s.io/v1" &&
      plugin.api_version != "client.authentication.k8s.io/v1beta1") {
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
               " is not supported, having given way to exec plugins: " + instead);
}

void read_login(const KubeconfigEntry& entry, Auth& auth, Problems& problems) {
  const YAML::Node& user = entry.body;
  if (!user || !user.IsMap()) return;
  auth.token = Secret<std::string>(field(user, "token"));
  if (const std::string file = field(user, "tokenFile"); !file.empty())
    auth.token_file = relative_to(file, entry.folder);
  auth.username = field(user, "username");
  auth.password = Secret<std::string>(field(user, "password"));
  auth.exec = read_exec(entry, problems);
  refuse_auth_provider(user, problems);
  if (!auth.token.empty() && (!auth.username.empty() || !auth.password.empty()))
    problems.add("the user has a token and a username or password; only one way to log in is allowed");
}

void read_impersonation(const YAML::Node& user, Impersonation& impersonation) {
  if (!user || !user.IsMap()) return;
  impersonation.user = field(user, "as");
  impersonation.uid = field(user, "as-uid");
  for (const YAML::Node& group : list(user, "as-groups")) impersonation.groups.push_back(group.Scalar());
  if (const YAML::Node extra = user["as-user-extra"]; extra && extra.IsMap()) {
    for (const auto& pair : extra) {
      for (const YAML::Node& value : pair.second)
        impersonation.extra.emplace_back(pair.first.Scalar(), value.Scalar());
    }
  }
}

}  // namespace

void Problems::throw_if_any() const {
  if (texts_.empty()) return;
  std::string all;
  for (const auto& text : texts_) all += (all.empty() ? "" : "; ") + text;
  throw Error("the kubeconfig cannot be used", all,
              "Look at it with `kubectl config view`; choose another context with --context.");
}

void read_cluster(const KubeconfigEntry* entry, const KubeconfigOverrides& overrides, ResolvedConfig& config,
                  Problems& problems) {
  const KubeconfigEntry cluster = entry == nullptr ? KubeconfigEntry{} : *entry;
  const bool flag_insecure = overrides.verify == KubeconfigOverrides::Verify::never;
  const bool flag_ca = !overrides.certificate_authority.empty();
  config.server = overrides.server.empty() ? field(cluster.body, "server") : overrides.server;
  config.proxy_url = field(cluster.body, "proxy-url");
  refuse_unknown_proxy(config.proxy_url, problems);
  // The file's name belongs to the file's server.
  config.tls.server_name = overrides.tls_server_name;
  if (overrides.server.empty() && config.tls.server_name.empty())
    config.tls.server_name = field(cluster.body, "tls-server-name");
  // Each of the two flags puts aside what the file says of the other.
  if (flag_insecure || (!flag_ca && is_true(cluster.body, "insecure-skip-tls-verify")))
    config.tls.verify = TlsConfig::Verify::no;
  if (flag_ca || !flag_insecure)
    config.tls.ca_pem = pem(overrides.certificate_authority, cluster, "certificate-authority", problems);
  if (config.tls.verify == TlsConfig::Verify::no && config.tls.ca_pem) {
    problems.add("there are a certificate-authority and insecure-skip-tls-verify; only one makes sense");
  }
  config.exec_extension = exec_extension(cluster);
}

void read_user(const KubeconfigEntry* entry, const KubeconfigOverrides& overrides, ResolvedConfig& config,
               Problems& problems) {
  const KubeconfigEntry user = entry == nullptr ? KubeconfigEntry{} : *entry;
  // A token given by hand is who the operator wants to be: a client certificate of the file beside it would
  // win on the server, an exec plugin would be run for nothing.
  const KubeconfigEntry login = overrides.token.empty() ? user : KubeconfigEntry{};
  read_login(login, config.auth, problems);
  if (!overrides.token.empty()) config.auth.token = overrides.token;
  config.tls.client_cert_pem =
      pem(overrides.client_certificate, login, "client-certificate", problems).value_or("");
  config.tls.client_key_pem =
      Secret<std::string>(pem(overrides.client_key, login, "client-key", problems).value_or(""));
  if (config.tls.client_cert_pem.empty() != config.tls.client_key_pem.empty()) {
    problems.add("the user has a client certificate or its key, but not both");
  }
  read_impersonation(user.body, config.impersonation);
  auto& as = config.impersonation;
  if (!overrides.as.empty()) as.user = overrides.as;
  if (!overrides.as_uid.empty()) as.uid = overrides.as_uid;
  if (!overrides.as_groups.empty()) as.groups = overrides.as_groups;
  if (as.user.empty() && (!as.uid.empty() || !as.groups.empty() || !as.extra.empty()))
    problems.add("a uid, groups or extra fields are to be impersonated without a user (--as)");
}

}  // namespace kots_export::kube
