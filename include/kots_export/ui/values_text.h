#pragma once

#include <kots_export/ui/colour.h>
#include <kots_export/values/diff.h>
#include <kots_export/values/transform.h>
#include <kots_export/values/validate.h>

#include <span>
#include <string>

#include <nlohmann/json.hpp>

// What is said about values files: findings, differences, rules that were applied.
namespace kots_export::ui {

// As compilers print: "FILE:LINE: error: PATH: TEXT [RULE]", one line a finding; errors first, then warnings,
// then notes.
[[nodiscard]] std::string text_of(std::span<const values::Finding> findings, const std::string& file,
                                  Colour colour);
// "2 errors, 1 warning, 0 notes".
[[nodiscard]] std::string count_of(std::span<const values::Finding> findings);
[[nodiscard]] nlohmann::json json_of(std::span<const values::Finding> findings, const std::string& file,
                                     values::Target target);

// "- path: before" and "+ path: after"; maps and new texts of several lines as YAML below their path. Of two
// texts of several lines the lines that differ, of two secret ones how many.
[[nodiscard]] std::string text_of(std::span<const values::Difference> differences, Colour colour);
[[nodiscard]] nlohmann::json json_of(std::span<const values::Difference> differences);

// Each rule with its reason, and below it what it set and removed.
[[nodiscard]] std::string text_of(std::span<const values::RuleApplied> applied);

}  // namespace kots_export::ui
