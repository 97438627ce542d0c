#pragma once

#include <kots_export/migration/values_files.h>

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace kots_export::migration {

// What is known of the values files of a folder beside what is in them. It stands in the same folder and goes
// with its copies. Private: corrections hold secrets.
struct ValuesRecord {
  std::vector<std::string> written;  // SHA-256 of each content that a run may have left in the file
  // The installation that the corrections are for. The UID is empty where it could not be read.
  std::string ns;
  std::string namespace_uid;
  std::string release;
  std::vector<Correction> corrections;
};

// Nothing where there is none. Throws Error where it cannot be read.
[[nodiscard]] std::optional<ValuesRecord> read_values_record(const Paths& paths);

// Throws Error.
void write_values_record(const Paths& paths, const ValuesRecord& record);

// Member "corrections" of a record or a saved plan. Throws Error naming the place that is wrong.
[[nodiscard]] nlohmann::json to_json(const std::vector<Correction>& corrections);
[[nodiscard]] std::vector<Correction> corrections_from_json(const nlohmann::json& object,
                                                            const std::string& place);

}  // namespace kots_export::migration
