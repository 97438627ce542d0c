#include <kots_export/kube/kubeconfig_view.h>
#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include "kube/kubeconfig_file.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace kots_export::kube {

using nlohmann::ordered_json;

namespace {

constexpr const char* kRedacted = "REDACTED";
constexpr const char* kOmitted = "DATA+OMITTED";

void replace_if_there(ordered_json& body, const char* name, const char* with) {
  if (const auto found = body.find(name); found != body.end()) *found = with;
}

// Names by which plugins and providers call what must not be seen: AWS_SECRET_ACCESS_KEY, id-token.
bool names_a_secret(std::string name) {
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array<std::string_view, 5> kWords = {"token", "secret", "password", "key", "credential"};
  return std::ranges::any_of(kWords,
                             [&name](std::string_view word) { return name.find(word) != std::string::npos; });
}

void mask_proxy_password(ordered_json& cluster) {
  const auto found = cluster.find("proxy-url");
  if (found == cluster.end()) return;
  auto url = found->get<std::string>();
  const auto scheme = url.find("://");
  const auto start = scheme == std::string::npos ? 0 : scheme + 3;
  const auto end = url.substr(0, url.find('/', start)).rfind('@');
  if (end == std::string::npos || end < start) return;
  if (const auto colon = url.find(':', start); colon < end)
    *found = url.replace(colon + 1, end - colon - 1, kRedacted);
}

void mask_cluster(ordered_json& cluster) {
  replace_if_there(cluster, "certificate-authority-data", kOmitted);
  mask_proxy_password(cluster);
}

void mask_user(ordered_json& user) {
  replace_if_there(user, "client-certificate-data", kOmitted);
  replace_if_there(user, "client-key-data", kOmitted);
  replace_if_there(user, "token", kRedacted);
  replace_if_there(user, "password", kRedacted);
  if (user.contains("auth-provider")) {
    for (auto& [key, value] : user["auth-provider"]["config"].items())
      if (names_a_secret(key)) value = kRedacted;
  }
  if (user.contains("exec")) {
    for (auto& variable : user["exec"]["env"])
      if (names_a_secret(variable["name"].get<std::string>())) variable["value"] = kRedacted;
  }
}

// As `kubectl config view --minify`.
void keep_one_context(Kubeconfig& merged) {
  const auto keep = [](auto& entries, const std::string& name, const std::string& kind) {
    if (name.empty()) return entries.clear();
    if (!entries.contains(name))
      throw Error("cannot show the kubeconfig",
                  util::filled("there is no {kind} \"{name}\"", {{"kind", kind}, {"name", name}}));
    std::erase_if(entries, [&name](const auto& entry) { return entry.first != name; });
  };
  if (merged.current_context.empty())
    throw Error("cannot show the kubeconfig", "there is no current-context", "Choose one with --context.");
  keep(merged.contexts, merged.current_context, "context");
  const ordered_json& context = merged.contexts.begin()->second.body;
  keep(merged.clusters, text_of(context, "cluster"), "cluster");
  keep(merged.users, text_of(context, "user"), "user");
}

template <typename Mask>
ordered_json list_of(const KubeconfigEntries& entries, const char* key, Mask mask) {
  ordered_json list;  // null where there are none, as kubectl prints it
  for (const auto& [name, entry] : entries) {
    ordered_json body = entry.body;
    mask(body);
    list.push_back({{"name", name}, {key, std::move(body)}});
  }
  return list;
}

ordered_json document_of(const Kubeconfig& merged, SecretView secrets) {
  const auto masked_by = [secrets](auto mask) {
    return [secrets, mask](ordered_json& body) {
      if (secrets == SecretView::masked) mask(body);
    };
  };
  ordered_json document{{"kind", "Config"},
                        {"apiVersion", "v1"},
                        {"preferences", merged.preferences},
                        {"clusters", list_of(merged.clusters, "cluster", masked_by(mask_cluster))},
                        {"users", list_of(merged.users, "user", masked_by(mask_user))},
                        {"contexts", list_of(merged.contexts, "context", [](ordered_json&) {})},
                        {"current-context", merged.current_context}};
  for (const auto& [name, body] : merged.extensions)
    document["extensions"].push_back({{"name", name}, {"extension", body}});
  return document;
}

}  // namespace

KubeconfigView view_kubeconfig(const KubeconfigOverrides& overrides, const Environment& environment,
                               Minify minify, SecretView secrets) {
  Kubeconfig merged = load_kubeconfig(overrides, environment);
  if (minify == Minify::yes) {
    if (!overrides.context.empty()) merged.current_context = overrides.context;
    keep_one_context(merged);
  }
  KubeconfigView view{.document = document_of(merged, secrets),
                      .read = merged.sources,
                      .missing = merged.missing,
                      .in_cluster_server = {}};
  if (!is_empty(merged) || overrides.kubeconfig) return view;
  if (const auto pod = in_cluster(environment)) view.in_cluster_server = text_of(pod->cluster.body, "server");
  return view;
}

std::vector<ContextSummary> list_contexts(const KubeconfigOverrides& overrides,
                                          const Environment& environment) {
  const Kubeconfig merged = load_kubeconfig(overrides, environment);
  const std::string& current = overrides.context.empty() ? merged.current_context : overrides.context;
  std::vector<ContextSummary> contexts;
  for (const auto& [name, entry] : merged.contexts) {
    const std::string cluster = text_of(entry.body, "cluster");
    const auto found = merged.clusters.find(cluster);
    contexts.push_back(
        {.name = name,
         .cluster = cluster,
         .server = found == merged.clusters.end() ? "" : text_of(found->second.body, "server"),
         .user = text_of(entry.body, "user"),
         .ns = text_of(entry.body, "namespace"),
         .file = entry.file,
         .current = name == current ? ContextSummary::Current::yes : ContextSummary::Current::no});
  }
  return contexts;
}

}  // namespace kots_export::kube
