#pragma once

#include <kots_export/migration/verify.h>

#include <string>

#include <nlohmann/json.hpp>

namespace kots_export::ui {

// What stands below the checks: how many ended how, and, where none failed, what is left to people.
[[nodiscard]] std::string text_of(const migration::VerifyResult& result);
[[nodiscard]] nlohmann::json json_of(const migration::VerifyResult& result);

}  // namespace kots_export::ui
