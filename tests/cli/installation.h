#pragma once

#include "apiserver/fixture.h"
#include "cli/command.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

// A 3.x installation on an API server of its own, and an empty folder to run kots-export in.
namespace kots_export::test {

inline constexpr const char* kNamespace = "circleci-server";

class Installation {
 public:
  // `options.seed_files` gets the installation of tests/data added where it is empty.
  explicit Installation(apiserver::ApiServerOptions options = {});
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;
  ~Installation();

  // The admin's kubeconfig in KUBECONFIG, and the way to the registry.
  [[nodiscard]] std::map<std::string, std::string> environment() const;
  // Runs kots-export with that.
  [[nodiscard]] Finished run(std::vector<std::string> arguments, const std::string& input = {}) const;
  // The same with more to say; `start.folder` and the environment are filled in where nothing is given.
  [[nodiscard]] Finished run(Start start) const;
  // The arguments of a whole run without questions.
  [[nodiscard]] static std::vector<std::string> whole_run(std::vector<std::string> more = {});

  // Every object of the installation as it is stored: to compare before and after.
  [[nodiscard]] nlohmann::json snapshot() const;

  apiserver::ApiServer server;
  const std::filesystem::path folder;
};

// What a person would call "it said so": every part stands in `text`.
[[nodiscard]] std::string read(const std::filesystem::path& file);
void write(const std::filesystem::path& file, const std::string& content);
// Every file below `folder`, relative, with its content.
[[nodiscard]] std::map<std::string, std::string> files_below(const std::filesystem::path& folder);

}  // namespace kots_export::test
