#pragma once

#include <kots_export/migration/message.h>
#include <kots_export/ui/document.h>

#include <string_view>

#include <nlohmann/json.hpp>

// What is left to the operator after the migration, with the numbers of CircleCI's guide and of
// docs/migration.md.
namespace kots_export::ui {

// What of them is over.
struct StepsOver {
  bool has_upgraded = false;  // the upgrade, and what comes before it
  bool is_up = false;         // the wait for it
  bool has_dns = false;       // the change of DNS
};

// Steps 3 to 11 but for those that are over, and what to do when `helm upgrade` fails where it is not.
[[nodiscard]] Document document_of(const migration::NextSteps& steps, const StepsOver& over = {});

// Parts of them: the upgrade that applies a values file, and what the Nomad clients are told.
[[nodiscard]] Step apply_step(const migration::NextSteps& steps);
[[nodiscard]] Step endpoint_step(const migration::NextSteps& steps);

// "taken", "refused", "unknown": for programs.
[[nodiscard]] std::string_view word_of(migration::HelmForce force);
// What the word stands for; unknown for any other.
[[nodiscard]] migration::HelmForce helm_force_of(std::string_view word);

// The same for programs.
[[nodiscard]] nlohmann::json json_of(const migration::NextSteps& steps);

}  // namespace kots_export::ui
