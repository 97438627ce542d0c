#include <kots_export/ui/masking.h>
#include <kots_export/util/text.h>
#include <kots_export/values/secrets.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace kots_export::ui {

using nlohmann::json;

namespace {

constexpr std::string_view kMask = "***";
constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

// A word of a command line: names of files and flags are not to be lost, so fewer words count.
bool says_a_secret(const std::string& word) {
  constexpr std::array<std::string_view, 6> kWords = {"pass", "pwd", "secret", "token", "credential", "key="};
  const std::string lower = util::lower(word);
  return std::ranges::any_of(kWords,
                             [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

void mask_values(json& map) {
  if (!map.is_object()) {
    if (!map.is_null()) map = kMask;
    return;
  }
  for (auto& value : map) {
    if (!value.is_null()) value = kMask;
  }
}

void mask_annotations(json& annotations) {
  if (!annotations.is_object()) return;
  for (const auto& [key, value] : annotations.items()) {
    if (!value.is_null() && (key == kLastApplied || says_a_secret(key))) value = kMask;
  }
}

// {"name": ..., "value": ...}: an environment variable, or a header of a probe.
void mask_named_value(json& node) {
  const auto name = node.find("name");
  const auto value = node.find("value");
  if (name == node.end() || value == node.end() || !name->is_string() || value->is_null()) return;
  if (values::is_secret_variable(name->get<std::string>())) *value = kMask;
}

void mask_words(json& words) {
  if (!words.is_array()) return;
  for (auto& word : words) {
    if (word.is_string() && says_a_secret(word.get<std::string>())) word = kMask;
  }
}

void mask_everywhere(json& node) {
  if (node.is_string()) {
    if (values::is_secret_text(node.get_ref<const std::string&>())) node = kMask;
    return;
  }
  if (node.is_object()) {
    node.erase("managedFields");
    mask_named_value(node);
    for (const auto& [key, value] : node.items()) {
      if (key == "annotations") mask_annotations(value);
      if (key == "command" || key == "args") mask_words(value);
    }
  }
  if (!node.is_structured()) return;  // a number would go over itself
  for (auto& item : node) mask_everywhere(item);
}

}  // namespace

json masked(const json& image, const std::string& kind) {
  json copy = image;
  if (copy.is_object() && (kind == "Secret" || kind == "ConfigMap")) {
    for (const char* field : {"data", "stringData", "binaryData"}) {
      if (copy.contains(field)) mask_values(copy[field]);
    }
  }
  mask_everywhere(copy);
  return copy;
}

}  // namespace kots_export::ui
