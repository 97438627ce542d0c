#pragma once

#include <initializer_list>
#include <string>

#include <nlohmann/json.hpp>

namespace kots_export::apiserver {

using Json = nlohmann::json;

// Returns the value at `path` below `value`, or a null value where a member is missing or no object stands
// there.
inline const Json& member(const Json& value, std::initializer_list<const char*> path) {
  static const Json kNull;
  const Json* current = &value;
  for (const char* key : path) {
    if (!current->is_object()) return kNull;
    const auto found = current->find(key);
    if (found == current->end()) return kNull;
    current = &*found;
  }
  return *current;
}

// Returns the string at `path`, or an empty one where there is none.
inline std::string text_member(const Json& value, std::initializer_list<const char*> path) {
  const Json& found = member(value, path);
  return found.is_string() ? found.get<std::string>() : std::string();
}

// Returns the integer at `path`, or `fallback` where there is none.
inline long long integer_member(const Json& value, std::initializer_list<const char*> path,
                                long long fallback) {
  const Json& found = member(value, path);
  return found.is_number_integer() ? found.get<long long>() : fallback;
}

}  // namespace kots_export::apiserver
