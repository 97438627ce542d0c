#pragma once

#include <kots_export/change/executor.h>
#include <kots_export/migration/context.h>

#include "apiserver/fixture.h"
#include "unit/support/api_connection.h"
#include "unit/support/problem.h"
#include "unit/support/recording_observer.h"
#include "unit/support/temporary_folder.h"

#include <functional>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

// A step with an API server of its own: what a step gets, and what it told.
namespace kots_export::migration {

inline constexpr const char* kNs = "circleci-server";

// Servers differ in what they begin with.
[[nodiscard]] inline apiserver::ApiServerOptions with_namespace() {
  apiserver::ApiServerOptions options;
  options.seed = "{apiVersion: v1, kind: Namespace, metadata: {name: circleci-server}}";
  return options;
}
[[nodiscard]] inline apiserver::ApiServerOptions with_installation() {
  apiserver::ApiServerOptions options;
  options.seed_files = {KOTS_EXPORT_TEST_DATA "/installation-3.x.yaml"};
  return options;
}

class MigrationTest : public ::testing::Test {
 protected:
  explicit MigrationTest(const apiserver::ApiServerOptions& options = with_namespace(),
                         const kube::KubeconfigOverrides& overrides = {})
      : server(options), connection(server, {}, overrides, [this] { return interrupted; }) {}

  // The text of the Error that `action` ends with, hint included; "" where it throws none.
  static std::string problem(const std::function<void()>& action) { return test::problem_and_hint(action); }

  // The Changes of a plan as "patch ConfigMap x".
  static std::vector<std::string> changes_of(const change::Plan& plan) {
    std::vector<std::string> lines;
    for (const change::Change& change : plan.changes)
      lines.push_back(std::string(to_string(change.verb)) + " " + kube::describe(change.object));
    return lines;
  }

  static const change::Change* find_change(const change::Plan& plan, const std::string& kind,
                                           const std::string& name) {
    const auto found = std::ranges::find_if(plan.changes, [&](const change::Change& change) {
      return change.object.kind == kind && change.object.name == name;
    });
    return found == plan.changes.end() ? nullptr : &*found;
  }

  void put(const std::string& json_text) { server.put(nlohmann::json::parse(json_text)); }

  bool interrupted = false;
  apiserver::ApiServer server;
  test::ApiConnection connection;
  test::RecordingObserver observer;
  change::Executor executor{connection.client, observer, {}};
  Context context{.client = connection.client,
                  .executor = executor,
                  .observer = observer,
                  .ns = {kNs},
                  .release = "circleci-server"};
};

}  // namespace kots_export::migration
