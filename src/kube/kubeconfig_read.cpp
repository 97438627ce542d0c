#include "kube/kubeconfig_read.h"

#include <kots_export/util/base64.h>
#include <kots_export/util/error.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>

#include <array>

namespace kots_export::kube {

using nlohmann::ordered_json;

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
    if (const std::string data = text_of(entry.body, (name + "-data").c_str()); !data.empty())
      return util::base64_decode(data);
    const std::string file = text_of(entry.body, name.c_str());
    if (file.empty()) return std::nullopt;
    path = relative_to(file, entry.folder);
  }
  try {
    auto content = util::read_file_if_exists(path);
    if (!content)
      problems.add(util::filled("{field} {file}: there is no such file", {{"field", name}, {"file", path}}));
    return content;
  } catch (const Error& error) {
    problems.add(util::filled("{field}: {why}", {{"field", name}, {"why", error.what()}}));
    return std::nullopt;
  }
}

bool flag_of(const ordered_json& body, const char* name) { return body.value(name, false); }

std::vector<std::string> texts_of(const ordered_json& body, const char* name) {
  const auto found = body.find(name);
  return found == body.end() || found->is_null() ? std::vector<std::string>()
                                                 : found->get<std::vector<std::string>>();
}

// What a cluster says to exec plugins beside its address (ExecCredential's spec.cluster.config).
std::string exec_extension(const ordered_json& cluster) {
  const ordered_json extensions = cluster.value("extensions", ordered_json::array());
  for (const auto& extension : extensions) {
    if (extension["name"] == "client.authentication.k8s.io/exec") return extension["extension"].dump();
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

void refuse_unknown_authority(const TlsConfig& tls, Problems& problems) {
  if (tls.ca_pem && tls.ca_pem->find("-----BEGIN CERTIFICATE-----") == std::string::npos)
    problems.add("the cluster's certificate-authority holds no PEM certificate");
}

ExecPlugin::Interactive interactive_mode(const ordered_json& exec, Problems& problems) {
  const std::string mode = text_of(exec, "interactiveMode");
  if (mode == "Never") return ExecPlugin::Interactive::never;
  if (mode == "Always") return ExecPlugin::Interactive::always;
  if (mode != "IfAvailable") {
    const char* problem =
        mode.empty() ? "the user's exec plugin has no interactiveMode; Never, IfAvailable or Always is wanted"
                     : "the user's exec plugin has interactiveMode \"{mode}\"; Never, IfAvailable and Always "
                       "are known";
    problems.add(util::filled(problem, {{"mode", mode}}));
  }
  return ExecPlugin::Interactive::if_available;
}

ExecPlugin read_exec(const ordered_json& exec, const std::filesystem::path& folder, Problems& problems) {
  ExecPlugin plugin;
  plugin.api_version = text_of(exec, "apiVersion");
  plugin.command = text_of(exec, "command");
  plugin.install_hint = text_of(exec, "installHint");
  if (flag_of(exec, "provideClusterInfo")) plugin.provide_cluster_info = ExecPlugin::Cluster::provide;
  plugin.interactive = interactive_mode(exec, problems);
  plugin.args = texts_of(exec, "args");
  for (const auto& variable : exec["env"]) {
    plugin.env.emplace_back(text_of(variable, "name"), text_of(variable, "value"));
    if (plugin.env.back().first.empty())
      problems.add("an environment variable of the user's exec plugin has no name");
  }
  if (plugin.command.empty()) problems.add("the user's exec plugin has no command");
  // A name without a slash is looked up in PATH.
  if (plugin.command.find('/') != std::string::npos)
    plugin.command = relative_to(plugin.command, folder).string();
  if (plugin.api_version != "client.authentication.k8s.io/v1" &&
      plugin.api_version != "client.authentication.k8s.io/v1beta1") {
    problems.add(util::filled(
        "the user's exec plugin {command} has apiVersion \"{version}\"; v1 and v1beta1 of "
        "client.authentication.k8s.io are supported (update the plugin and its kubeconfig entry)",
        {{"command", plugin.command}, {"version", plugin.api_version}}));
  }
  return plugin;
}

void refuse_auth_provider(const ordered_json& provider, Problems& problems) {
  const std::string name = text_of(provider, "name");
  const char* remedy = "use an exec plugin instead";
  if (name == "gcp")
    remedy = "run `gcloud container clusters get-credentials CLUSTER` with gke-gcloud-auth-plugin installed";
  if (name == "azure") remedy = "run `kubelogin convert-kubeconfig`";
  if (name == "oidc") remedy = "use the exec plugin kubelogin (`kubectl oidc-login setup`)";
  problems.add(util::filled(
      "the user's auth-provider {provider} is not supported, having given way to exec plugins: {remedy}",
      {{"provider", name}, {"remedy", remedy}}));
}

void read_login(const KubeconfigEntry& entry, const KubeconfigOverrides& overrides, Auth& auth,
                Problems& problems) {
  const ordered_json& user = entry.body;
  auth.token = Secret<std::string>(text_of(user, "token"));
  if (const std::string file = text_of(user, "tokenFile"); !file.empty())
    auth.token_file = relative_to(file, entry.folder);
  if (!overrides.token.empty()) {
    auth.token = overrides.token;
    auth.token_file.clear();
  }
  auth.username = text_of(user, "username");
  auth.password = Secret<std::string>(text_of(user, "password"));
  if (user.contains("exec")) auth.exec = read_exec(user["exec"], entry.folder, problems);
  if (user.contains("auth-provider")) refuse_auth_provider(user["auth-provider"], problems);
  if (!auth.token.empty() && (!auth.username.empty() || !auth.password.empty()))
    problems.add("the user has a token and a username or password; only one way to log in is allowed");
}

void read_client_certificate(const KubeconfigEntry& user, const KubeconfigOverrides& overrides,
                             TlsConfig& tls, Problems& problems) {
  tls.client_cert_pem = pem(overrides.client_certificate, user, "client-certificate", problems).value_or("");
  if (tls.client_cert_pem.empty()) return;  // a key alone says nothing, and client-go leaves it alone
  tls.client_key_pem =
      Secret<std::string>(pem(overrides.client_key, user, "client-key", problems).value_or(""));
  const std::string& key = tls.client_key_pem.reveal();
  if (tls.client_cert_pem.find("-----BEGIN CERTIFICATE-----") == std::string::npos)
    problems.add("the user's client certificate holds no PEM certificate");
  if (key.empty()) {
    problems.add("the user has a client certificate or its key, but not both");
  } else if (key.find("ENCRYPTED") != std::string::npos) {
    problems.add("the user's client key is locked with a passphrase; unlock it with `openssl pkey`");
  } else if (key.find("PRIVATE KEY-----") == std::string::npos) {
    problems.add("the user's client key holds no PEM key");
  }
}

void read_impersonation(const ordered_json& user, const KubeconfigOverrides& overrides, Impersonation& as,
                        Problems& problems) {
  as.user = overrides.as.empty() ? text_of(user, "as") : overrides.as;
  as.uid = overrides.as_uid.empty() ? text_of(user, "as-uid") : overrides.as_uid;
  as.groups = overrides.as_groups.empty() ? texts_of(user, "as-groups") : overrides.as_groups;
  const ordered_json extra = user.value("as-user-extra", ordered_json::object());
  for (const auto& [key, values] : extra.items()) {
    for (const auto& value : values) as.extra.emplace_back(key, value.get<std::string>());
  }
  if (as.user.empty() && (!as.uid.empty() || !as.groups.empty() || !as.extra.empty()))
    problems.add("a uid, groups or extra fields are to be impersonated without a user (--as)");
}

// An entry that is not there says nothing.
KubeconfigEntry or_empty(const KubeconfigEntry* entry) {
  return entry == nullptr ? KubeconfigEntry{.body = ordered_json::object(), .file = {}, .folder = {}}
                          : *entry;
}

}  // namespace

void Problems::throw_if_any() const {
  if (texts_.empty()) return;
  std::string all;
  for (const auto& text : texts_) all += (all.empty() ? "" : "; ") + text;
  throw Error("the kubeconfig cannot be used", all,
              "Look at it with `kots-export config view`; choose another context with --context.");
}

void read_cluster(const KubeconfigEntry* entry, const KubeconfigOverrides& overrides, ResolvedConfig& config,
                  Problems& problems) {
  const KubeconfigEntry cluster = or_empty(entry);
  const bool flag_insecure = overrides.verify == KubeconfigOverrides::Verify::never;
  const bool flag_ca = !overrides.certificate_authority.empty();
  config.server = overrides.server.empty() ? text_of(cluster.body, "server") : overrides.server;
  config.proxy_url = text_of(cluster.body, "proxy-url");
  refuse_unknown_proxy(config.proxy_url, problems);
  // The file's name belongs to the file's server.
  config.tls.server_name = overrides.tls_server_name;
  if (overrides.server.empty() && config.tls.server_name.empty())
    config.tls.server_name = text_of(cluster.body, "tls-server-name");
  // Each of the two flags puts aside what the file says of the other.
  if (flag_insecure || (!flag_ca && flag_of(cluster.body, "insecure-skip-tls-verify")))
    config.tls.verify = TlsConfig::Verify::no;
  if (flag_ca || !flag_insecure)
    config.tls.ca_pem = pem(overrides.certificate_authority, cluster, "certificate-authority", problems);
  if (config.tls.verify == TlsConfig::Verify::no && config.tls.ca_pem) {
    problems.add("there are a certificate-authority and insecure-skip-tls-verify; only one makes sense");
  }
  // As in client-go an empty file is no authority: the system's roots count.
  if (config.tls.ca_pem && config.tls.ca_pem->empty()) config.tls.ca_pem.reset();
  refuse_unknown_authority(config.tls, problems);
  config.exec_extension = exec_extension(cluster.body);
}

void read_user(const KubeconfigEntry* entry, const KubeconfigOverrides& overrides, ResolvedConfig& config,
               Problems& problems) {
  const KubeconfigEntry user = or_empty(entry);
  read_login(user, overrides, config.auth, problems);
  read_client_certificate(user, overrides, config.tls, problems);
  read_impersonation(user.body, overrides, config.impersonation, problems);
}

}  // namespace kots_export::kube
