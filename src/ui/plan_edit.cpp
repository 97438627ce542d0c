#include "ui/plan_edit.h"

#include <kots_export/ui/masking.h>
#include <kots_export/util/text.h>

#include "ui/release_edit.h"

#include <map>

namespace kots_export::ui {

using nlohmann::json;

namespace {

// Values that are longer are cut: a terminal's line is to stay readable.
constexpr std::size_t kLongestValue = 120;

// Path and value of everything in an object that is not an object or array itself.
using Leaves = std::vector<std::pair<std::string, json>>;

std::string below(const std::string& path, const std::string& key) {
  if (path == "metadata.labels") return util::filled("label {key}", {{"key", key}});
  if (path == "metadata.annotations") return util::filled("annotation {key}", {{"key", key}});
  if (key.find('.') != std::string::npos) return path + "[" + key + "]";
  return path.empty() ? key : path + "." + key;
}

void collect(const json& node, const std::string& path, Leaves& leaves) {
  if (node.is_object() && !node.empty()) {
    for (const auto& [key, value] : node.items()) collect(value, below(path, key), leaves);
  } else if (node.is_array() && !node.empty() && node.front().is_structured()) {
    for (std::size_t i = 0; i < node.size(); ++i)
      collect(node[i], path + "[" + std::to_string(i) + "]", leaves);
  } else {
    leaves.emplace_back(path, node);
  }
}

Leaves leaves_of(const json& image, const std::string& kind) {
  Leaves leaves;
  collect(masked(image, kind), "", leaves);
  return leaves;
}

std::string show(const json& value) {
  const bool plain = value.is_string() && value.get_ref<const std::string&>().find('\n') == std::string::npos;
  std::string text = util::printable(plain ? value.get<std::string>()
                                           : value.dump(-1, ' ', false, json::error_handler_t::replace));
  if (text.size() <= kLongestValue) return text;
  std::size_t end = kLongestValue;
  while ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // never inside a character
  return text.substr(0, end) + "...";
}

// "a, b"
std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

std::vector<std::string> edit_of(const change::Change& patch) {
  const Leaves before = leaves_of(patch.before, patch.object.kind);
  const std::map<std::string, json> old(before.begin(), before.end());
  const auto manifest = release_edit(patch);
  std::vector<std::string> lines;
  for (const auto& [path, value] : leaves_of(patch.after, patch.object.kind)) {
    if (manifest && path == "data.release") {
      for (const std::string& line : *manifest) lines.push_back(util::printable(line));
      continue;
    }
    const auto was = old.find(path);
    const bool absent = was == old.end() || was->second.is_null();
    lines.push_back(util::printable(path) + ": " + (absent ? "(none)" : show(was->second)) + " -> " +
                    (value.is_null() ? "(removed)" : show(value)));
  }
  return lines;
}

std::string edit_in_short(const change::Change& patch) {
  std::vector<std::string> set;
  std::vector<std::string> removed;
  for (const auto& [path, value] : leaves_of(patch.after, patch.object.kind)) {
    if (value.is_null()) {
      removed.push_back(util::printable(path));
    } else {
      set.push_back(util::printable(path) + "=" + show(value));
    }
  }
  if (set.empty() && removed.empty()) return "";
  const char* words = removed.empty() ? "set {set}"
                      : set.empty()   ? "remove {removed}"
                                      : "set {set}; remove {removed}";
  return util::filled(words, {{"set", joined(set)}, {"removed", joined(removed)}});
}

std::vector<std::string> content_of(const change::Change& change) {
  const bool deletes = change.verb == change::Verb::remove;
  std::vector<std::string> lines;
  for (const auto& [path, value] : leaves_of(deletes ? change.before : change.after, change.object.kind))
    lines.push_back(util::printable(path) + ": " + show(value));
  return lines;
}

}  // namespace kots_export::ui
