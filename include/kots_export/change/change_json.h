#pragma once

#include <kots_export/change/change.h>

#include <string>

#include <nlohmann/json.hpp>

// A Change as JSON: one form for the journal and for plan files. Nothing is masked: both are read back.
namespace kots_export::change {

[[nodiscard]] nlohmann::json to_json(const Change& change);

// `place` says where in its file `value` stands ("plans.metadata.changes[3]"); errors name it and go on from
// there: "plans.metadata.changes[3].object.name is missing". Throws Error where a member is missing, of
// another type, or a word that this version does not know: nothing is guessed.
[[nodiscard]] Change change_from_json(const nlohmann::json& value, const std::string& place);

// The same for the object that a Change is about.
[[nodiscard]] nlohmann::json to_json(const kube::ObjectRef& object);
[[nodiscard]] kube::ObjectRef object_from_json(const nlohmann::json& value, const std::string& place);

// Members of a JSON object by name and type. Throw Error naming the place where one is missing or of another
// type.
[[nodiscard]] const nlohmann::json& member(const nlohmann::json& object, const std::string& key,
                                           nlohmann::json::value_t type, const std::string& place);
[[nodiscard]] std::string text_member(const nlohmann::json& object, const std::string& key,
                                      const std::string& place);
// The same, and not empty.
[[nodiscard]] std::string filled_member(const nlohmann::json& object, const std::string& key,
                                        const std::string& place);

}  // namespace kots_export::change
