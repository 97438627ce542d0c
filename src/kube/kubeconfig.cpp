#include <kots_export/util/error.h>
#include <kots_export/util/files.h>

#include "kube/kubeconfig_file.h"

#include <cstdlib>

#include <pwd.h>
#include <unistd.h>

namespace kots_export::kube {

namespace {

using Entries = std::map<std::string, KubeconfigEntry>;

void merge_entries(const YAML::Node& list, const char* body, const std::filesystem::path& folder,
                   const std::string& source, Entries& into) {
  if (!list || list.IsNull()) return;
  if (!list.IsSequence())
    throw Error("cannot read the kubeconfig " + source,
                "a list is wanted where " + std::string(body) + "s stand");
  Entries of_file;
  for (const YAML::Node& item : list) {
    if (!item.IsMap())
      throw Error("cannot read the kubeconfig " + source,
                  "an entry of its " + std::string(body) + "s is not a map");
    const std::string name = field(item, "name");
    if (!of_file.emplace(name, KubeconfigEntry{item[body], folder}).second)
      throw Error("cannot read the kubeconfig " + source,
                  "it has two " + std::string(body) + "s of the name \"" + name + "\"");
  }
  into.merge(of_file);
}

void merge_file(const std::filesystem::path& file, const std::string& text, Kubeconfig& into) {
  YAML::Node root;
  try {
    root = YAML::Load(text);
  } catch (const YAML::Exception& error) {
    throw Error("cannot read the kubeconfig " + file.string(),
                error.msg + " (line " + std::to_string(error.mark.line + 1) + ")");
  }
  into.sources.push_back(file);
  if (root.IsNull()) return;
  if (!root.IsMap()) throw Error("cannot read the kubeconfig " + file.string(), "it is not a map");
  if (into.current_context.empty()) into.current_context = field(root, "current-context");
  const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  merge_entries(root["clusters"], "cluster", folder, file.string(), into.clusters);
  merge_entries(root["contexts"], "context", folder, file.string(), into.contexts);
  merge_entries(root["users"], "user", folder, file.string(), into.users);
}

std::vector<std::filesystem::path> files_of_environment(const Environment& environment) {
  const std::string list = environment.get("KUBECONFIG").value_or("");
  std::vector<std::filesystem::path> files;
  for (std::size_t start = 0; start <= list.size();) {
    const std::size_t end = std::min(list.find(':', start), list.size());
    if (end > start) files.emplace_back(list.substr(start, end - start));
    start = end + 1;
  }
  if (files.empty() && !environment.home.empty()) files.push_back(environment.home / ".kube" / "config");
  return files;
}

}  // namespace

std::string field(const YAML::Node& node, const char* name) {
  if (!node || !node.IsMap()) return {};
  const YAML::Node value = node[name];
  if (!value || value.IsNull()) return {};
  if (!value.IsScalar())
    throw Error("cannot read the kubeconfig", std::string("field ") + name + " is not a string");
  return value.Scalar();
}

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
      throw Error("cannot read the kubeconfig " + overrides.kubeconfig->string(), "there is no such file",
                  "--kubeconfig names it; check the path.");
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

}  // namespace kots_export::kube
