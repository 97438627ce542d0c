#include <kots_export/helm/manifest_diff.h>
#include <kots_export/util/align.h>
#include <kots_export/util/text.h>

#include "helm/manifest_nodes.h"

#include <algorithm>
#include <cstddef>
#include <functional>

namespace kots_export::helm {

namespace {

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

// Of a document that only one of the two has: `sentence` on each {object} of {version} in it.
void tell_whole(const Read& document, std::string_view sign, std::string_view sentence,
                std::vector<std::string>& lines) {
  for (const ObjectNode& found : document.objects)
    lines.push_back(
        util::filled(sentence, {{"object", name_of(found.object)}, {"version", found.object.api_version}}));
  if (!may_be_shown(document)) return;
  for (const std::string_view line : lines_of(document.text))
    lines.push_back(std::string(sign) + std::string(line));
}

// Of a document with the same objects in both.
void tell_edit(const Read& before, const Read& after, std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < before.objects.size(); ++i) {
    const ManifestObject& was = before.objects[i].object;
    const ManifestObject& is = after.objects[i].object;
    if (was.api_version != is.api_version)
      lines.push_back(name_of(was) + ": " + was.api_version + " -> " + is.api_version);
  }
  if (!may_be_shown(before)) return;
  const auto old_lines = lines_of(before.text);
  const auto new_lines = lines_of(after.text);
  for (const auto& [went, came] : util::align(old_lines, new_lines, std::equal_to<>())) {
    if (!came) lines.push_back("- " + std::string(old_lines[*went]));
    if (!went) lines.push_back("+ " + std::string(new_lines[*came]));
  }
}

}  // namespace

std::vector<std::string> manifest_diff(std::string_view before, std::string_view after) {
  const std::vector<Read> old_documents = documents_of(before);
  const std::vector<Read> new_documents = documents_of(after);
  std::vector<std::string> lines;
  for (const auto& [went, came] : util::align(old_documents, new_documents, is_same_document)) {
    if (!came) {
      tell_whole(old_documents[*went], "- ", "{object} ({version}): taken out", lines);
    } else if (!went) {
      tell_whole(new_documents[*came], "+ ", "{object} ({version}): put in", lines);
    } else if (old_documents[*went].text != new_documents[*came].text) {
      tell_edit(old_documents[*went], new_documents[*came], lines);
    }
  }
  return lines;
}

}  // namespace kots_export::helm
