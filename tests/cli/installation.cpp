#include "cli/installation.h"

#include "cli/registry.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace kots_export::test {

namespace {

apiserver::ApiServerOptions seeded(apiserver::ApiServerOptions options) {
  if (options.seed_files.empty()) options.seed_files = {KOTS_EXPORT_TEST_DATA "/installation-3.x.yaml"};
  return options;
}

std::filesystem::path make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "kots-export-cli-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder for a test");
  return name;
}

}  // namespace

Installation::Installation(apiserver::ApiServerOptions options)
    : server(seeded(std::move(options))), folder(make_folder()) {
  // The server binds seeded claims in its own time: a test that compares before and after begins after that.
  const auto is_settled = [this] {
    return std::ranges::all_of(server.list("PersistentVolumeClaim"), [](const nlohmann::json& claim) {
      return claim.value(nlohmann::json::json_pointer("/status/phase"), "") == "Bound";
    });
  };
  if (!server.wait_until(is_settled)) throw std::runtime_error("the claims of a test are not bound");
}

Installation::~Installation() {
  std::error_code ignored;
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, ignored);
  std::filesystem::remove_all(folder, ignored);
}

Finished Installation::run(std::vector<std::string> arguments, const std::string& input) const {
  return run(Start{
      .arguments = std::move(arguments), .environment = {}, .input = input, .folder = {}, .meanwhile = {}});
}

Finished Installation::run(Start start) const {
  start.environment.merge(environment());
  if (start.folder.empty()) start.folder = folder;
  return run_program(start);
}

std::map<std::string, std::string> Installation::environment() const {
  auto variables = registry().environment();
  variables.emplace("KUBECONFIG", server.kubeconfig_path().string());
  return variables;
}

std::vector<std::string> Installation::whole_run(std::vector<std::string> more) {
  std::vector<std::string> arguments = {"--license", "4x-license", "--yes"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

nlohmann::json Installation::snapshot() const {
  constexpr std::array kKinds = {"ServiceAccount",
                                 "ConfigMap",
                                 "Job",
                                 "DaemonSet",
                                 "Secret",
                                 "Role",
                                 "RoleBinding",
                                 "Service",
                                 "CronJob",
                                 "Deployment",
                                 "StatefulSet",
                                 "NetworkPolicy",
                                 "Ingress",
                                 "PersistentVolumeClaim",
                                 "Pod",
                                 "PodDisruptionBudget"};
  nlohmann::json all = nlohmann::json::object();
  const auto add = [&](const std::string& kind, const std::string& name_space) {
    for (auto& object : server.list(kind, name_space))
      all[kind + "/" + object["metadata"]["name"].get<std::string>()] = object;
  };
  for (const char* kind : kKinds) add(kind, kNamespace);
  add("PersistentVolume", "");
  add("ClusterRole", "");
  return all;
}

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::filesystem::path& file, const std::string& content) {
  std::ofstream out(file, std::ios::binary);
  out << content;
  if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

std::map<std::string, std::string> files_below(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).string()] = read(entry.path());
  }
  return files;
}

}  // namespace kots_export::test
