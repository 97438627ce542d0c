#pragma once

#include <kots_export/change/change.h>

#include <string>

#include <nlohmann/json.hpp>

// Plans as JSON, for a file that is read back by this or a later version. Nothing is masked: a plan that is
// carried out from its file needs all of it.
namespace kots_export::change {

[[nodiscard]] nlohmann::json to_json(const Plan& plan);
// `place` says where in its file `value` stands ("plans.metadata"); errors name it and go on from there:
// "plans.metadata.changes[3].object.uid is missing". Every Change insists on what it was planned on
// (Guard::resource_version where that is known). Throws Error.
[[nodiscard]] Plan plan_from_json(const nlohmann::json& value, const std::string& place);

}  // namespace kots_export::change
