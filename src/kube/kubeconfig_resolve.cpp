#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include "kube/kubeconfig_read.h"

namespace kots_export::kube {

namespace {

std::string known_names(const KubeconfigEntries& entries) {
  std::string names;
  for (const auto& [name, entry] : entries) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "none" : names;
}

// client-go takes a server without a scheme for plain HTTP, as `kubectl --server=localhost:8001` shows, and
// keeps neither query nor trailing slash.
std::string normalized_server(std::string server, Problems& problems) {
  if (server.find("://") == std::string::npos) server = "http://" + server;
  const std::size_t scheme = server.find("://");
  server.replace(0, scheme, util::lower(server.substr(0, scheme)));  // RFC 3986, 3.1
  server.erase(std::min(server.find_first_of("?#"), server.size()));
  while (server.ends_with('/')) server.pop_back();
  const std::string rest = server.substr(std::min(server.find("://") + 3, server.size()));
  const bool known = server.starts_with("https://") || server.starts_with("http://");
  if (!known || rest.empty() || rest.starts_with(':') || rest.find_first_of(" \t\r\n") != std::string::npos)
    problems.add(util::filled("the server \"{server}\" is no http or https URL",
                              {{"server", util::printable(server)}}));
  return server;
}

const KubeconfigEntry* find_entry(const KubeconfigEntries& entries, const std::string& name,
                                  const std::string& kind, Problems& problems) {
  if (name.empty()) return nullptr;
  const auto found = entries.find(name);
  if (found != entries.end()) return &found->second;
  problems.add(util::filled("there is no {kind} \"{name}\" (known: {names})",
                            {{"kind", kind}, {"name", name}, {"names", known_names(entries)}}));
  return nullptr;
}

[[noreturn]] void refuse_without_config(const Kubeconfig& merged, const Environment& environment) {
  std::vector<std::string> files;
  for (const auto& file : merged.missing) files.push_back(file.string());
  for (const auto& file : merged.sources) files.push_back(util::filled("{file} (empty)", {{"file", file}}));
  const std::string looked =
      files.empty() ? "no file is named"
                    : util::filled("looked for {files}", {{"files", util::listed(files, files.size())}});
  const std::string pod = environment.get("KUBERNETES_SERVICE_HOST")
                              ? util::filled("there is no service account token in {folder}",
                                             {{"folder", environment.in_cluster_folder}})
                              : "not inside a Pod (no KUBERNETES_SERVICE_HOST)";
  throw Error(
      "there is no kubeconfig", looked + "; " + pod,
      "Name one with --kubeconfig or KUBECONFIG, or log in to the cluster with your cloud's command, for "
      "example `aws eks update-kubeconfig` or `gcloud container clusters get-credentials`.");
}

void explain_missing_server(const Kubeconfig& merged, const ResolvedConfig& config, Problems& problems) {
  if (config.context.empty() && config.cluster.empty()) {
    problems.add(util::filled("there is no current-context (contexts: {names}); choose one with --context",
                              {{"names", known_names(merged.contexts)}}));
  } else if (config.cluster.empty()) {
    problems.add(util::filled("context \"{context}\" names no cluster", {{"context", config.context}}));
  } else {
    problems.add(util::filled("no server is set for cluster \"{cluster}\"", {{"cluster", config.cluster}}));
  }
}

}  // namespace

ResolvedConfig resolve(const KubeconfigOverrides& overrides, const Environment& environment) {
  const Kubeconfig merged = load_kubeconfig(overrides, environment);
  Problems problems;
  ResolvedConfig config;
  config.sources = merged.sources;
  const KubeconfigEntry* cluster = nullptr;
  const KubeconfigEntry* user = nullptr;

  std::optional<InCluster> pod;
  if (is_empty(merged) && overrides.server.empty()) {
    if (!overrides.kubeconfig) pod = in_cluster(environment);
    if (!pod) refuse_without_config(merged, environment);
  }
  if (pod) {
    cluster = &pod->cluster;
    user = &pod->user;
    config.ns = pod->ns;
    config.sources = {environment.in_cluster_folder};
  } else {
    config.context = overrides.context.empty() ? merged.current_context : overrides.context;
    if (const auto* context = find_entry(merged.contexts, config.context, "context", problems)) {
      config.cluster = text_of(context->body, "cluster");
      config.user = text_of(context->body, "user");
      config.ns = text_of(context->body, "namespace");
    } else {
      problems.throw_if_any();  // what follows would only be its consequences
    }
    if (!overrides.cluster.empty()) config.cluster = overrides.cluster;
    if (!overrides.user.empty()) config.user = overrides.user;
    // A flag that says where needs no entry that says it too; one that names a cluster needs that one.
    if (overrides.server.empty() || !overrides.cluster.empty() || merged.clusters.contains(config.cluster))
      cluster = find_entry(merged.clusters, config.cluster, "cluster", problems);
    // As in client-go a user that is not there is nobody; only one that a flag names must be there.
    if (!overrides.user.empty() || merged.users.contains(config.user))
      user = find_entry(merged.users, config.user, "user", problems);
  }
  const bool cluster_missing = cluster == nullptr && !config.cluster.empty();
  read_cluster(cluster, overrides, config, problems);
  read_user(user, overrides, config, problems);
  if (!overrides.ns.empty()) config.ns = overrides.ns;

  if (!config.server.empty()) {
    config.server = normalized_server(config.server, problems);
  } else if (!cluster_missing) {
    explain_missing_server(merged, config, problems);
  }
  problems.throw_if_any();
  if (config.server.starts_with("http://")) {
    // As client-go: who we are is for the server alone, so it does not go over a connection that all can
    // read.
    config.auth = Auth{};
    config.tls.client_cert_pem.clear();
    config.tls.client_key_pem = Secret<std::string>();
  }
  return config;
}

}  // namespace kots_export::kube
