#pragma once

#include <kots_export/change/journal_reader.h>
#include <kots_export/migration/context.h>
#include <kots_export/migration/paths.h>
#include <kots_export/migration/values_files.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kots_export::migration {

// How far an installation has come on its way from 3.x to 4.x.
enum class Stage {
  no_namespace,
  no_release,
  other_chart,     // the release is not of CircleCI Server's chart
  untouched,       // 3.x as KOTS deployed it
  half_migrated,   // some steps are done
  migrated,        // all are: waiting for `helm upgrade`
  upgrading,       // Helm is at work on it, or was cut off
  upgrade_failed,  // its newest revision failed, and is of 4.x or was to replace one of 4.x
  not_deployed,    // it was uninstalled, or its newest revision of 4.x is of another status
  upgraded,        // 4.x is deployed
};
[[nodiscard]] std::string_view to_string(Stage stage);  // "noNamespace", ..., for documents

// One step of the migration, as the objects tell it.
struct StepStatus {
  std::string_view step;  // "annotate"
  // unknown: the objects do not tell.
  enum class State { done, partly, to_do, running, failed, not_needed, unknown } state = State::unknown;
  std::string detail;
};
[[nodiscard]] std::string_view to_string(StepStatus::State state);  // "done", ..., "notNeeded"

// A revision of the release.
struct RevisionStatus {
  int revision = 0;
  std::string status;  // Helm's word: "deployed"
  std::string chart;   // "circleci-server 3.4.6"
};

struct InstallationStatus {
  Stage stage = Stage::no_release;
  std::vector<std::string> other_releases;  // where the context's is not there
  std::optional<RevisionStatus> newest;
  std::optional<RevisionStatus> deployed;  // where another revision than the newest is
  bool is_going_back = false;              // the newest is of 3.x, and 4.x is deployed
  std::vector<StepStatus> steps;           // in their order; none once 4.x is deployed
  // The command that brings back the 3.x that is deployed, where an upgrade of it failed; else empty.
  std::string rollback_command;
  std::string migrator_pod;  // "circle-migrator-x7 (Running)"; empty where there is none
  std::optional<ValuesFile> values_file;
  std::optional<change::RunRecord> newest_run;  // of this folder and installation
  std::string newest_run_state;                 // "complete"
  // Of the chart that the newest run with values was for, the newest at all where none had them; empty where
  // that is not known.
  std::string target_version;
};

// Looks at the cluster and at the folder of `paths`; changes nothing. Throws ApiError where this user may not
// read what it takes, ConnectionError, Interrupted.
[[nodiscard]] InstallationStatus read_status(Context& context, const Paths& paths);

}  // namespace kots_export::migration
