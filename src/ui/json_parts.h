#pragma once

#include <kots_export/change/observer.h>
#include <kots_export/util/error.h>

#include <nlohmann/json.hpp>

// What the document of -o json and the lines of --log-format json have in common (docs/json.md).
namespace kots_export::ui {

[[nodiscard]] nlohmann::json json_of(const kube::ObjectRef& object);
[[nodiscard]] nlohmann::json json_of(const change::Notice& notice);
[[nodiscard]] nlohmann::json json_of(const change::CheckOutcome& check);
[[nodiscard]] nlohmann::json json_of(const Error& error);

}  // namespace kots_export::ui
