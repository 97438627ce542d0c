#pragma once

#include <kots_export/migration/saved_plan.h>
#include <kots_export/ui/document.h>

#include <chrono>
#include <string>

namespace kots_export::ui {

// What a plan is for, and who made it when. What is not known is empty.
struct PlanHeader {
  std::string server;
  std::string context;
  std::string user;
  std::string ns;
  std::string release;
  std::string chart;                  // version of the release's chart
  std::string target_version;         // of the chart that is upgraded to
  std::string time;                   // RFC 3339, UTC
  std::string version;                // of the tool that planned
  std::chrono::seconds timeout{600};  // how long its run waits for the database migration
};

// The header of a plan in a file.
[[nodiscard]] PlanHeader header_of(const migration::SavedPlan& saved);

// The lines above a plan: "cluster: ...", "namespace: ...", "chart: 3.4.6 -> 4.0.1" and "planned: ...". What
// is empty is left out.
[[nodiscard]] Fields fields_of(const PlanHeader& header);

// The first two of them, where something happens; and the others.
[[nodiscard]] Fields target_of(const PlanHeader& header);
[[nodiscard]] Fields origin_of(const PlanHeader& header);

}  // namespace kots_export::ui
