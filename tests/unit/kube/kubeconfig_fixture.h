#pragma once

#include <kots_export/kube/kubeconfig.h>
#include <kots_export/util/error.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace kots_export::kube {

// Not real, but of the form that is looked at.
constexpr auto kCa = "-----BEGIN CERTIFICATE-----\nCA";
constexpr auto kCert = "-----BEGIN CERTIFICATE-----\nCERT";
constexpr auto kKey = "-----BEGIN PRIVATE KEY-----\nKEY";

// A temporary home folder and an environment that the test fills; gone afterwards.
class KubeconfigTest : public ::testing::Test {
 protected:
  KubeconfigTest() {
    std::string name = (std::filesystem::temp_directory_path() / "kots-export-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
  }
  ~KubeconfigTest() override { std::filesystem::remove_all(folder_); }

  // Writes `content` under the temporary folder and returns the path.
  std::filesystem::path write(const std::filesystem::path& name, std::string_view content) const {
    const auto path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::filesystem::path write_program(const std::filesystem::path& name, const std::string& script) const {
    const auto path = write(name, "#!/bin/sh\n" + script);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

  [[nodiscard]] Environment environment() const {
    return {.get = [this](std::string_view name) -> std::optional<std::string> {
              const auto found = variables_.find(name);
              return found == variables_.end() ? std::nullopt : std::optional(found->second);
            },
            .home = folder_ / "home",
            .in_cluster_folder = folder_ / "serviceaccount"};
  }

  [[nodiscard]] ResolvedConfig resolved(const KubeconfigOverrides& overrides = {}) const {
    return resolve(overrides, environment());
  }

  // The message of the Error that resolve throws, or "" where it throws none.
  [[nodiscard]] std::string problem(const KubeconfigOverrides& overrides = {}) const {
    try {
      (void)resolved(overrides);
    } catch (const Error& error) {
      return std::string(error.what()) + " | " + error.hint();
    }
    return {};
  }

  // ~/.kube/config with one context, whose cluster and user hold the given YAML flow maps.
  void write_default(const std::string& cluster, const std::string& user,
                     const std::string& context = "{cluster: k, user: u}") const {
    write("home/.kube/config", one_context(cluster, user, context));
  }

  static std::string one_context(const std::string& cluster, const std::string& user,
                                 const std::string& context = "{cluster: k, user: u}") {
    return "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
           "clusters: [{name: k, cluster: " +
           cluster +
           "}]\n"
           "users: [{name: u, user: " +
           user +
           "}]\n"
           "contexts: [{name: c, context: " +
           context + "}]\n";
  }

  std::filesystem::path folder_;
  std::map<std::string, std::string, std::less<>> variables_;
};

}  // namespace kots_export::kube
