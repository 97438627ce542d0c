#pragma once

#include <kots_export/util/error.h>

#include "migration/job_watch.h"
#include "unit/migration/migration_fixture.h"
#include "unit/support/scripted_transport.h"

#include <string>
#include <vector>

// The Job of the database migration as an API server tells of it, written down.
namespace kots_export::migration {

using nlohmann::json;
using test::ok;
using test::status_reply;
using test::Stream;
using test::watch_line;

inline json job(const json& conditions = json::array(), const std::string& version = "10") {
  return {{"metadata",
           {{"name", "circle-migrator"}, {"namespace", kNs}, {"uid", "u"}, {"resourceVersion", version}}},
          {"status", {{"conditions", conditions}}}};
}
inline json complete() { return job({{{"type", "Complete"}, {"status", "True"}}}, "19"); }
inline json failed() {
  return job({{{"type", "Failed"},
               {"status", "True"},
               {"reason", "BackoffLimitExceeded"},
               {"message", "it failed"}}},
             "19");
}
inline json pod(const json& state, const std::string& name = "circle-migrator-x") {
  return {{"metadata", {{"name", name}, {"namespace", kNs}, {"resourceVersion", "12"}}},
          {"status", {{"containerStatuses", {{{"name", "circle-migrator"}, {"state", state}}}}}}};
}
inline json running() { return {{"running", json::object()}}; }
inline json waiting(const std::string& reason, const std::string& message = "why") {
  return {{"waiting", {{"reason", reason}, {"message", message}}}};
}
inline json list_of(const char* kind, const std::vector<json>& items, const std::string& version = "11") {
  return {{"kind", kind}, {"metadata", {{"resourceVersion", version}}}, {"items", items}};
}
inline Stream events(std::vector<std::string> lines, Stream::End end = Stream::End::open) {
  return {std::move(lines), end};
}

// What the API server says about the Job, the Pods and the log, written down.
class JobWatch : public ::testing::Test {
 protected:
  JobWatch() { server.get("/pods?limit", ok(list_of("PodList", {}))); }

  void jobs(test::Answer answer) { server.get_once("/jobs?watch=false", std::move(answer)); }
  void job_events(test::Answer answer) { server.get_once("/jobs?watch=true", std::move(answer)); }
  void pods(test::Answer answer) { server.get_once("/pods?watch=false", std::move(answer)); }
  void pod_events(test::Answer answer) { server.get_once("/pods?watch=true", std::move(answer)); }
  void live_log(test::Answer answer) { server.get_once("/log?follow", std::move(answer)); }
  void whole_log(const std::string& text) { server.get("/log?container", test::text_reply(200, text)); }

  // A Job with one Pod whose container runs, and no news for now.
  void running_job() {
    jobs(ok(list_of("JobList", {job()})));
    pods(ok(list_of("PodList", {pod(running())})));
    pod_events(events({}));
  }

  JobEnd follow(std::chrono::seconds timeout = std::chrono::seconds(20)) {
    util::AppendFile log(folder / "log");
    return follow_job(context, "circle-migrator", "circle-migrator", log, timeout);
  }
  std::string logged() { return test::read_bytes(folder / "log"); }

  test::TemporaryFolder folder;
  bool interrupted = false;
  test::ScriptedTransport server{8};
  kube::Client client{server, test::kQuickRetries, [this] { return interrupted; }};
  test::RecordingObserver observer;
  change::Executor executor{client, observer, {}};
  Context context{.client = client,
                  .executor = executor,
                  .observer = observer,
                  .ns = {kNs},
                  .release = "circleci-server"};
};

}  // namespace kots_export::migration
