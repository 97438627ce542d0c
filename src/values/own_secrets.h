#pragma once

#include <kots_export/values/validate.h>

namespace kots_export::values {

// Values that may all be left blank: the chart then expects a Secret that the operator made.
struct OwnSecretRow {
  std::vector<Path> values;
  NeededSecret secret;
  bool (*is_needed)(const Value& values);
  bool is_of_later_charts = false;  // those after the tables
};

// Source: the installation guide of 4.x, phases 2 and 3, "create the Kubernetes Secret yourself".
[[nodiscard]] const std::vector<OwnSecretRow>& own_secret_rows();

}  // namespace kots_export::values
