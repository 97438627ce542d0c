#include <kots_export/helm/manifest_diff.h>

#include "helm/manifest_nodes.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

namespace kots_export::helm {

namespace {

// The places of two things that belong together, or of one that stands alone.
struct Pair {
  std::optional<std::size_t> before;
  std::optional<std::size_t> after;
};

// Goes through both side by side. Where they part, what lies before the nearest place at which they meet
// again went and came.
template <typename T, typename Same>
std::vector<Pair> align(const std::vector<T>& before, const std::vector<T>& after, Same same) {
  std::vector<Pair> pairs;
  const auto meet = [&](std::size_t i, std::size_t j) -> std::pair<std::size_t, std::size_t> {
    const std::size_t left = before.size() - i + after.size() - j;
    for (std::size_t apart = 1; apart < left; ++apart) {
      for (std::size_t k = 0; k <= apart; ++k) {
        if (i + k < before.size() && j + apart - k < after.size() &&
            same(before[i + k], after[j + apart - k]))
          return {i + k, j + apart - k};
      }
    }
    return {before.size(), after.size()};
  };
  for (std::size_t i = 0, j = 0; i < before.size() || j < after.size();) {
    if (i < before.size() && j < after.size() && same(before[i], after[j])) {
      pairs.push_back({i++, j++});
      continue;
    }
    const auto [i_met, j_met] = meet(i, j);
    while (i < i_met) pairs.push_back({i++, std::nullopt});
    while (j < j_met) pairs.push_back({std::nullopt, j++});
  }
  return pairs;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// A document with the objects in it.
struct Read {
  std::string_view text;
  std::vector<ObjectNode> objects;
};

std::vector<Read> documents_of(std::string_view manifest) {
  std::vector<Read> documents;
  for (const Document& document : split_documents(manifest))
    documents.push_back({document.text, object_nodes(document.text)});
  return documents;
}

bool is_same_object(const ObjectNode& a, const ObjectNode& b) {
  return a.object.kind == b.object.kind && a.object.ns == b.object.ns && a.object.name == b.object.name;
}

bool is_same_document(const Read& a, const Read& b) {
  return a.text == b.text || (!a.objects.empty() && std::ranges::equal(a.objects, b.objects, is_same_object));
}

bool may_be_shown(const Read& document) {
  return std::ranges::none_of(document.objects, [](const ObjectNode& found) {
    return found.object.kind == "Secret" || found.object.kind == "ConfigMap" ||
           found.node.Style() == YAML::EmitterStyle::Flow;
  });
}

std::string name_of(const ManifestObject& object) { return object.kind + " " + object.name; }

// Of one document, or of both that belong together.
void tell(const Read* before, const Read* after, std::vector<std::string>& lines) {
  const Read& one = before != nullptr ? *before : *after;
  for (std::size_t i = 0; i < one.objects.size(); ++i) {
    const ManifestObject& object = one.objects[i].object;
    if (before == nullptr || after == nullptr) {
      lines.push_back(name_of(object) + " (" + object.api_version +
                      (before == nullptr ? "): put in" : "): taken out"));
    } else if (const std::string& now = after->objects[i].object.api_version; now != object.api_version) {
      lines.push_back(name_of(object) + ": " + object.api_version + " -> " + now);
    }
  }
  if (!may_be_shown(one)) return;
  const auto old_lines = lines_of(before != nullptr ? before->text : "");
  const auto new_lines = lines_of(after != nullptr ? after->text : "");
  for (const auto& [went, came] : align(old_lines, new_lines, std::equal_to<>())) {
    if (went && came) continue;
    lines.push_back(went ? "- " + std::string(old_lines[*went]) : "+ " + std::string(new_lines[*came]));
  }
}

}  // namespace

std::vector<std::string> manifest_diff(std::string_view before, std::string_view after) {
  const std::vector<Read> old_documents = documents_of(before);
  const std::vector<Read> new_documents = documents_of(after);
  std::vector<std::string> lines;
  for (const auto& [went, came] : align(old_documents, new_documents, is_same_document)) {
    const Read* const old_one = went ? &old_documents[*went] : nullptr;
    const Read* const new_one = came ? &new_documents[*came] : nullptr;
    if (old_one != nullptr && new_one != nullptr && old_one->text == new_one->text) continue;
    tell(old_one, new_one, lines);
  }
  return lines;
}

}  // namespace kots_export::helm
