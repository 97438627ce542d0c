#include <kots_export/util/error.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>

#include "kube/kubeconfig_document.h"
#include "kube/kubeconfig_file.h"

#include <algorithm>
#include <cstdlib>

#include <pwd.h>
#include <unistd.h>

namespace kots_export::kube {

using nlohmann::ordered_json;

namespace {

// A name that is known already keeps its entry.
void merge_entries(std::map<std::string, ordered_json> bodies, const std::filesystem::path& file,
                   KubeconfigEntries& into) {
  const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  for (auto& [name, body] : bodies)
    into.try_emplace(name, KubeconfigEntry{.body = std::move(body), .file = file, .folder = folder});
}

void merge_file(const std::filesystem::path& file, const std::string& text, Kubeconfig& into) {
  KubeconfigDocument document = read_kubeconfig_document(text, file);
  into.sources.push_back(file);
  if (into.current_context.empty()) into.current_context = std::move(document.current_context);
  for (auto& [name, value] : document.preferences.items())
    if (!into.preferences.contains(name)) into.preferences[name] = value;
  into.extensions.merge(document.extensions);
  merge_entries(std::move(document.clusters), file, into.clusters);
  merge_entries(std::move(document.contexts), file, into.contexts);
  merge_entries(std::move(document.users), file, into.users);
}

// KUBECONFIG where it is set, even if it names no file; each file once.
std::vector<std::filesystem::path> files_of_environment(const Environment& environment) {
  const std::string list = environment.get("KUBECONFIG").value_or("");
  std::vector<std::filesystem::path> files;
  if (list.empty() && !environment.home.empty()) files.push_back(environment.home / ".kube" / "config");
  for (std::size_t start = 0; start < list.size();) {
    const std::size_t end = std::min(list.find(':', start), list.size());
    const std::filesystem::path file = list.substr(start, end - start);
    if (!file.empty() && std::ranges::find(files, file) == files.end()) files.push_back(file);
    start = end + 1;
  }
  return files;
}

}  // namespace

Environment Environment::of_process() {
  Environment environment;
  environment.get = [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  if (const auto home = environment.get("HOME")) {
    environment.home = *home;
  } else if (const passwd* user = ::getpwuid(::getuid())) {
    environment.home = user->pw_dir;
  }
  return environment;
}

Kubeconfig load_kubeconfig(const KubeconfigOverrides& overrides, const Environment& environment) {
  Kubeconfig merged;
  if (overrides.kubeconfig) {
    const auto text = util::read_file_if_exists(*overrides.kubeconfig);
    if (!text) {
      throw Error(util::filled("cannot read the kubeconfig {file}", {{"file", *overrides.kubeconfig}}),
                  "there is no such file", "--kubeconfig names it; check the path.");
    }
    merge_file(*overrides.kubeconfig, *text, merged);
    return merged;
  }
  for (const auto& file : files_of_environment(environment)) {
    if (const auto text = util::read_file_if_exists(file)) {
      merge_file(file, *text, merged);
    } else {
      merged.missing.push_back(file);
    }
  }
  return merged;
}

bool is_empty(const Kubeconfig& kubeconfig) {
  return kubeconfig.clusters.empty() && kubeconfig.contexts.empty() && kubeconfig.users.empty();
}

std::optional<InCluster> in_cluster(const Environment& environment) {
  const std::string host = environment.get("KUBERNETES_SERVICE_HOST").value_or("");
  const std::string port = environment.get("KUBERNETES_SERVICE_PORT").value_or("");
  const auto& folder = environment.in_cluster_folder;
  if (host.empty() || port.empty() || !std::filesystem::exists(folder / "token")) return std::nullopt;
  InCluster found{.cluster = {.body = ordered_json::object(), .file = {}, .folder = folder},
                  .user = {.body = {{"tokenFile", "token"}}, .file = {}, .folder = folder},
                  .ns = environment.get("POD_NAMESPACE").value_or("")};
  const bool ipv6 = host.find(':') != std::string::npos;
  found.cluster.body["server"] = "https://" + (ipv6 ? "[" + host + "]" : host) + ":" + port;
  if (std::filesystem::exists(folder / "ca.crt")) found.cluster.body["certificate-authority"] = "ca.crt";
  if (found.ns.empty()) found.ns = util::trim(util::read_file_if_exists(folder / "namespace").value_or(""));
  return found;
}

std::string text_of(const ordered_json& body, const char* name) {
  const auto found = body.find(name);
  return found == body.end() || !found->is_string() ? std::string() : found->get<std::string>();
}

}  // namespace kots_export::kube
