#pragma once

#include <kots_export/change/change.h>
#include <kots_export/ui/colour.h>

#include <ostream>
#include <string>
#include <string_view>

namespace kots_export::ui {

enum class Detail { normal, verbose };

// "~", "+" or "-" and its colour.
[[nodiscard]] std::string_view mark(change::Verb verb);
[[nodiscard]] std::string_view colour_of(change::Verb verb);

// Prints every Change of `plan`, secrets masked: by step, within it patches, creates, deletes. Each object
// has one line ("~ patch Deployment frontend"); an edit that many objects get is shown once, above them. A
// create shows its manifest; a delete shows what is deleted with Detail::verbose.
void print_plan(std::ostream& out, const change::Plan& plan, Colour colour, Detail detail);

// True of what no rollback brings back: the migrator's Job changes the database.
[[nodiscard]] bool cannot_be_undone(const change::Change& change);

// The same in short, for a question: deletes and creates by name ("!" before what cannot be undone), patches
// counted by kind, and the sum.
void print_summary(std::ostream& out, const change::Plan& plan, Colour colour);

}  // namespace kots_export::ui
