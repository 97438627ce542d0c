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

namespace {

// The kind of objects below a path: a patch's body does not name its own.
std::string kind_at(std::string_view path) {
  if (path.find("/secrets") != std::string_view::npos) return "Secret";
  return path.find("/configmaps") != std::string_view::npos ? "ConfigMap" : "";
}

bool is_of_kubernetes(const json& body, std::string_view path) {
  return body.contains("apiVersion") || path.starts_with("/api");
}

void mask_below_secret_names(json& node) {
  for (const auto& [key, value] : node.items()) {
    const bool is_secret =
        node.is_object() && values::is_secret_variable(key) && !value.is_structured() && !value.is_null();
    if (is_secret) {
      value = kMask;
    } else if (value.is_structured()) {
      mask_below_secret_names(value);
    }
  }
}

}  // namespace

std::string masked_body(std::string_view path, std::string_view body) {
  if (body.empty()) return {};
  constexpr std::string_view kList = "List";
  json parsed = json::parse(body, nullptr, false);
  if (!parsed.is_object()) return util::counted(body.size(), "byte");
  const auto named = parsed.find("kind");
  std::string kind = named != parsed.end() && named->is_string() ? named->get<std::string>() : kind_at(path);
  if (parsed.contains("items") && parsed["items"].is_array()) {
    if (kind.ends_with(kList)) kind.resize(kind.size() - kList.size());
    const std::string of_path = kind_at(path);
    for (json& item : parsed["items"]) {
      const std::string own = item.is_object() ? item.value("kind", "") : "";
      item = masked(item, !of_path.empty() ? of_path : own.empty() ? kind : own);
    }
  }
  json shown = masked(parsed, kind);
  if (!is_of_kubernetes(shown, path)) mask_below_secret_names(shown);
  return shown.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string masked_header(const std::string& name, const std::string& value) {
  return values::is_secret_variable(name) ? std::string(kMask) : value;
}

std::string masked_path(std::string_view path) {
  const auto question = std::min(path.find('?'), path.size());
  std::string shown(path.substr(0, question));
  path.remove_prefix(question);
  while (!path.empty()) {
    const auto end = std::min(path.find('&', 1), path.size());
    const std::string_view parameter = path.substr(0, end);
    const auto value = parameter.find('=');
    const bool is_secret =
        value != std::string_view::npos && values::is_secret_variable(parameter.substr(0, value));
    shown += is_secret ? std::string(parameter.substr(0, value + 1)) + std::string(kMask) : parameter;
    path.remove_prefix(end);
  }
  return shown;
}

}  // namespace kots_export::ui
