#include <kots_export/kube/curl_transport.h>
#include <kots_export/ui/json_view.h>
#include <kots_export/util/error.h>

#include "cli/build_information.h"  // made by cmake/build_information.cmake
#include "cli/commands.h"

#include <array>
#include <iomanip>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <spdlog/version.h>
#include <yaml.h>
#include <zlib.h>

namespace kots_export::cli {

namespace {

using Row = std::pair<std::string, std::string>;

std::string dotted(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

// It is loaded when it is needed, and may not be there.
std::string libcurl_version() {
  try {
    return kube::libcurl_version();
  } catch (const Error& error) {
    return error.what();
  }
}

std::string or_unknown(std::string text) { return text.empty() ? "unknown" : text; }

// Those that are linked as they run here, and of the others the headers that were compiled.
std::vector<Row> libraries() {
  return {{"libcurl", libcurl_version()},
          {"openssl", ::OpenSSL_version(OPENSSL_VERSION_STRING)},
          {"zlib", ::zlibVersion()},
          {"libyaml", ::yaml_get_version_string()},
          {"CLI11", CLI11_VERSION},
          {"nlohmann_json",
           dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)},
          {"spdlog", dotted(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH)}};
}

int show_version(ui::JsonView* document) {
  const std::array<Row, 3> rows = {{{"version", KOTS_EXPORT_VERSION},
                                    {"commit", or_unknown(KOTS_EXPORT_COMMIT)},
                                    {"date", or_unknown(KOTS_EXPORT_COMMIT_DATE)}}};
  if (document != nullptr) {
    nlohmann::json build;
    for (const auto& [name, value] : rows) build[name] = value;
    for (const auto& [name, value] : libraries()) build["libraries"][name] = value;
    document->set("build", std::move(build));
    return static_cast<int>(ExitCode::done);
  }
  constexpr int kWidth = 18;
  const auto print = [](const Row& row) {
    std::cout << std::left << std::setw(kWidth) << row.first + ":" << row.second << '\n';
  };
  for (const Row& row : rows) print(row);
  std::cout << "libraries:\n";
  for (const auto& [name, value] : libraries()) print({"  " + name, value});
  return static_cast<int>(ExitCode::done);
}

}  // namespace

Declared declare_version(CLI::App& app, Flags& flags) {
  auto* command =
      app.add_subcommand("version", "show the version, what it was built from, and its libraries");
  take_flags(*command, flags, FlagSet::document);
  command->footer(
      "The date is that of the commit.\n\n"
      "Examples:\n"
      "  # For a bug report\n"
      "  kots-export version\n"
      "  # The same for a script\n"
      "  kots-export version -o json\n"
      "  # The number alone\n"
      "  kots-export --version");
  return {command, [](const Call& call) { return show_version(call.document); }};
}

}  // namespace kots_export::cli
