#pragma once

#include "cli/installation.h"

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

// What the tests of resume and rollback compare.
namespace kots_export::test {

// Everything of the installation that a rollback answers for: labels, annotations, owners, spec and data of
// every object but Pods, by "Kind/name". What the server sets anew on an object that is made again is left
// out.
[[nodiscard]] nlohmann::json state_of(const Installation& installation);

// What differs between two states as a JSON patch, one operation a line; empty where nothing does.
[[nodiscard]] std::string difference(const nlohmann::json& before, const nlohmann::json& after);

// The one journal of the installation's folder.
[[nodiscard]] std::filesystem::path find_journal(const Installation& installation);

// The names of the objects that were patched or deleted, the lock's left out.
[[nodiscard]] nlohmann::json written_objects(const Installation& installation);

}  // namespace kots_export::test
