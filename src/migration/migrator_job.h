#pragma once

#include <kots_export/migration/flyway.h>

#include <string>

#include <nlohmann/json.hpp>

// The two objects of the database migration, as manifests.
namespace kots_export::migration {

// Secret with user name, password and JDBC URL: it keeps them out of the Job's spec, and so of `kubectl
// describe`.
inline constexpr std::string_view kMigratorSecret = "circle-migrator-database";

[[nodiscard]] nlohmann::json migrator_secret(const Context& context, const DatabaseAccess& access);
[[nodiscard]] nlohmann::json migrator_job(const Context& context, const DatabaseAccess& access,
                                          const Registry& registry);

// Whether `job`, a manifest of migrator_job, migrates the database at the host and port of `access`.
[[nodiscard]] bool names_database(const nlohmann::json& job, const DatabaseAccess& access);

// The image that the Job runs.
[[nodiscard]] std::string migrator_image(const Registry& registry);

}  // namespace kots_export::migration
