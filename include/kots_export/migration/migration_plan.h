#pragma once

#include <kots_export/change/change.h>
#include <kots_export/kube/metadata_lists.h>
#include <kots_export/migration/flyway.h>
#include <kots_export/migration/values_files.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kots_export::migration {

// What is planned and carried out as one: the whole migration, or one of its steps that change the cluster.
enum class Part { whole, fix_manifest, annotate, kots_cleanup, flyway, postgres };

[[nodiscard]] std::string_view to_string(Part part);  // the command's name: "run", "annotate", ...
// True where `part` is that step or the whole.
[[nodiscard]] bool includes(Part part, Part step);
// Nothing where no part has that name. The script's "cleanup_kots" and "all" are understood.
[[nodiscard]] std::optional<Part> part_from(std::string_view name);

// Everything a part is going to do, before anything is done: no read of the cluster is left to decide what is
// written. Holds secrets: the values, and the database's password in the migrator's Secret.
struct MigrationPlan {
  Part part = Part::whole;
  // As YAML for Helm. Only the whole migration writes them.
  std::optional<ValuesPlan> values;
  change::Plan manifest;  // fix-manifest
  change::Plan metadata;  // annotate and kots_cleanup: one patch an object
  // Where the lists of a large namespace go on: what is there is planned while the first pages are patched.
  // Empty in a plan that is shown or saved.
  std::vector<kube::ListPosition> rest;
  FlywayPlan flyway;
  change::Plan postgres;

  // Its plans in the order in which they are carried out.
  [[nodiscard]] std::array<const change::Plan*, 5> plans() const;
  // True where none of them has a Change.
  [[nodiscard]] bool empty() const;
  // All Changes as one plan: a copy.
  [[nodiscard]] change::Plan together() const;
};

}  // namespace kots_export::migration
