#include <kots_export/ui/masking.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace kots_export::ui {

using nlohmann::json;

namespace {

constexpr std::string_view kMask = "***";

void mask_values(json& map) {
  if (!map.is_object()) return;
  for (auto& value : map) {
    if (!value.is_null()) value = kMask;
  }
}

bool sounds_secret(std::string name) {
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array<std::string_view, 6> kWords = {"password", "secret", "token",
                                                      "key",      "url",    "credential"};
  return std::ranges::any_of(kWords,
                             [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

// Literal values of environment variables, wherever containers stand in the object.
void mask_env(json& node) {
  if (node.is_array()) {
    for (auto& item : node) mask_env(item);
  } else if (node.is_object()) {
    const auto name = node.find("name");
    const auto value = node.find("value");
    if (name != node.end() && value != node.end() && name->is_string() && value->is_string() &&
        sounds_secret(name->get<std::string>())) {
      *value = kMask;
    }
    for (auto& item : node) mask_env(item);
  }
}

// What kubectl apply remembers of an object is a copy of it, data and all.
constexpr const char* kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

}  // namespace

json masked(const json& image, const std::string& kind) {
  json copy = image;
  if (!copy.is_object()) return copy;
  if (kind == "Secret") {
    for (const char* field : {"data", "stringData"}) {
      if (copy.contains(field)) mask_values(copy[field]);
    }
    if (copy.contains("metadata") && copy["metadata"].is_object() &&
        copy["metadata"].contains("annotations") && copy["metadata"]["annotations"].is_object() &&
        copy["metadata"]["annotations"].contains(kLastApplied)) {
      copy["metadata"]["annotations"][kLastApplied] = kMask;
    }
  }
  mask_env(copy);
  return copy;
}

}  // namespace kots_export::ui
