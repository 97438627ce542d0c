#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

// Looks into JSON that came from elsewhere: nothing is taken for granted, nothing throws.
namespace kots_export::util {

// The value at `path`, key by key through maps; null pointer where a key is missing or on the way there is no
// map. `path` is a range of texts: {"metadata", "labels", "app"}.
template <typename Path>
[[nodiscard]] const nlohmann::json* find_at(const nlohmann::json& object, const Path& path) {
  const nlohmann::json* at = &object;
  for (const auto& key : path) {
    if (!at->is_object()) return nullptr;
    const auto next = at->find(key);
    if (next == at->end()) return nullptr;
    at = &*next;
  }
  return at;
}
[[nodiscard]] inline const nlohmann::json* find_at(const nlohmann::json& object,
                                                   std::initializer_list<std::string_view> path) {
  return find_at<std::initializer_list<std::string_view>>(object, path);
}

// The text at `path`; empty where there is none.
template <typename Path>
[[nodiscard]] std::string text_at(const nlohmann::json& object, const Path& path) {
  const nlohmann::json* found = find_at(object, path);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}
[[nodiscard]] inline std::string text_at(const nlohmann::json& object,
                                         std::initializer_list<std::string_view> path) {
  return text_at<std::initializer_list<std::string_view>>(object, path);
}

}  // namespace kots_export::util
