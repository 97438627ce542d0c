#pragma once

#include <kots_export/migration/effects.h>
#include <kots_export/ui/document.h>

#include <nlohmann/json.hpp>

// What a plan does to Pods, data and time.
namespace kots_export::ui {

// A line each, "!" before what cannot be undone. Of very many objects the first ten are named.
[[nodiscard]] List list_of(const migration::Effects& effects);

// The same for programs: every object is named.
[[nodiscard]] nlohmann::json json_of(const migration::Effects& effects);

}  // namespace kots_export::ui
