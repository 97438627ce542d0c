#pragma once

#include <kots_export/change/change.h>
#include <kots_export/migration/migration_plan.h>
#include <kots_export/ui/colour.h>

#include <ostream>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace kots_export::ui {

// How much of a plan is shown. `full` names every object, also where many change alike; `verbose` shows what
// is in deleted objects too.
enum class Detail { normal, full, verbose };

// "~", "+" or "-" and its colour.
[[nodiscard]] std::string_view mark(change::Verb verb);
[[nodiscard]] std::string_view colour_of(change::Verb verb);

// Prints every Change of `plan`, secrets masked: deletes and creates by name ("!" before what cannot be
// undone), then the patches by kind. Each object has one line ("~ patch Deployment frontend"), in which
// "a-2" comes before "a-10". An edit that several objects of a kind get is shown once, above them; where they
// are more than ten, one line stands for all of them unless `detail` says otherwise. A create shows its
// manifest.
void print_plan(std::ostream& out, const change::Plan& plan, Colour colour, Detail detail);

// The plan of the whole migration, or of one step: where it writes values files, first what corrects them, to
// which file they go and what differs between the two, secrets masked; then its Changes. Throws Error where
// its values are no YAML.
void print_plan(std::ostream& out, const migration::MigrationPlan& plan, Colour colour, Detail detail);

// What corrects the values and which file they go to, without their content.
[[nodiscard]] nlohmann::json json_of(const migration::ValuesPlan& values);

// True of what no rollback brings back: the migrator's Job changes the database.
[[nodiscard]] bool cannot_be_undone(const change::Change& change);

// The same in short, for a question: deletes and creates by name ("!" before what cannot be undone), patches
// counted by kind, and the sum.
void print_summary(std::ostream& out, const change::Plan& plan, Colour colour);

}  // namespace kots_export::ui
