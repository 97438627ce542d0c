#pragma once

#include <kots_export/change/observer.h>
#include <kots_export/ui/colour.h>
#include <kots_export/util/error.h>

#include <string>
#include <string_view>

// The words of the tool, in one place: they are to exist in two languages.
namespace kots_export::ui {

// The sentence of a notice, its arguments filled in. An id without words is shown as it is, with its
// arguments.
[[nodiscard]] std::string text_of(const change::Notice& notice);

// What a step does, as a heading: "apply: change the objects"; where nothing is changed, what it would do:
// "apply: plan which objects are changed". An unknown step is its own heading.
enum class Tense { planned, done };
[[nodiscard]] std::string heading_of(std::string_view step, Tense tense);

// The role of a written file: "values of Server 4".
[[nodiscard]] std::string role_of(std::string_view file_role);

// "2 to patch, 1 to delete, 0 to create, 5 unchanged"; the verbs in the past for what was done.
[[nodiscard]] std::string text_of(const change::PlanSummary& summary, Tense tense);

// An error as the last thing that a command prints: "error: ..." and, where there is one, "hint: ...". A long
// command in the hint has a line for itself, to be copied.
[[nodiscard]] std::string text_of(const Error& error, Colour colour = Colour::no);

}  // namespace kots_export::ui
