#pragma once

#include <kots_export/migration/commands.h>
#include <kots_export/migration/status.h>
#include <kots_export/ui/colour.h>

#include <chrono>
#include <string>

#include <nlohmann/json.hpp>

// Where an installation stands, on one screen or in the document.
namespace kots_export::ui {

// What stands, and what comes next. Ages are counted back from `now`.
[[nodiscard]] std::string text_of(const migration::InstallationStatus& status,
                                  const migration::Commands& commands,
                                  std::chrono::system_clock::time_point now, Colour colour);
[[nodiscard]] nlohmann::json json_of(const migration::InstallationStatus& status);

}  // namespace kots_export::ui
