#pragma once

#include <kots_export/migration/context.h>

#include <string>
#include <vector>

// What is said to people of a release's revisions, before the migration and after it.
namespace kots_export::migration {

// Helm's word for the revision that runs (Helm 3, pkg/release/status.go).
inline constexpr std::string_view kDeployed = "deployed";

// Major and minor of "3.4.4"; zeros where it is no version.
struct ChartVersion {
  int major = 0;
  int minor = 0;
};
[[nodiscard]] ChartVersion chart_version_of(const std::string& text);

// Whether `release` is of CircleCI Server's chart, and of its version 4 or later.
[[nodiscard]] bool is_server(const helm::Release& release);
[[nodiscard]] bool is_upgraded(const helm::Release& release);

// A Helm is at work on it, or was cut off.
[[nodiscard]] bool is_pending(const helm::StoredRevision& stored);

// "revision 2"
[[nodiscard]] std::string name_of(const helm::StoredRevision& stored);
// "revision 2 is deployed"
[[nodiscard]] std::string state_of(const helm::StoredRevision& stored);

// The command that brings `revision` back.
[[nodiscard]] std::string rollback_command(const Context& context, int revision);

// How Helm gets out of an operation that was cut off: a sentence with commands. `revisions` is not empty, and
// its newest is pending.
[[nodiscard]] std::string way_out_of_pending(const Context& context,
                                             const std::vector<helm::StoredRevision>& revisions);

}  // namespace kots_export::migration
