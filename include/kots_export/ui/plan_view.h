#pragma once

#include <kots_export/change/change.h>
#include <kots_export/migration/migration_plan.h>
#include <kots_export/ui/document.h>
#include <kots_export/ui/plan_header.h>

#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace kots_export::ui {

// How much of a plan is shown. `full` names every object, also where many change alike; `verbose` shows what
// is in deleted objects too.
enum class Detail { normal, full, verbose };

// "~", "+" or "-" and its colour.
[[nodiscard]] std::string_view mark(change::Verb verb);
[[nodiscard]] std::string_view colour_of(change::Verb verb);

// Every Change of `plan`, secrets masked: deletes and creates by name ("!" before what cannot be undone),
// then the patches by kind. Each object has one line ("~ patch Deployment frontend"), in which "a-2" comes
// before "a-10"; what the plan creates and deletes again has one for both ("+- create and delete Job a"). An
// edit that several objects of a kind get is shown once, above them; where they are more than ten, one line
// stands for all of them unless `detail` says otherwise. A create shows its manifest.
[[nodiscard]] List list_of(const change::Plan& plan, Detail detail);

// The same in short, for a question: patches are counted by kind.
[[nodiscard]] List short_list_of(const change::Plan& plan);

// A whole plan: where and what it is for, what it does to Pods, data and time, then its Changes.
[[nodiscard]] Document document_of(const change::Plan& plan, const PlanHeader& header, Detail detail);

// What corrects the values and which file they go to, without their content.
[[nodiscard]] nlohmann::json json_of(const migration::ValuesPlan& values);

// The plan of the whole migration, or of one step: where it writes values files, what differs between the two
// stands before its Changes, secrets masked. Throws Error where its values are no YAML.
[[nodiscard]] Document document_of(const migration::MigrationPlan& plan, const PlanHeader& header,
                                   Detail detail);

// The same in short, for a question, and the sum.
[[nodiscard]] Document summary_of(const change::Plan& plan, const PlanHeader& header);

// What stands below a plan that is shown: the sum, and in parentheses what became of it.
[[nodiscard]] Document end_of(const change::PlanSummary& summary, Line remark);

}  // namespace kots_export::ui
