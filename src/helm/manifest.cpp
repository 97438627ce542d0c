#include <kots_export/helm/manifest.h>

#include "helm/manifest_nodes.h"

#include <algorithm>

namespace kots_export::helm {

namespace {

using Place = ObjectNode::Place;

std::string text_at(const YAML::Node& map, const char* key) {
  const YAML::Node value = map.IsMap() ? map[key] : YAML::Node();
  return value.IsDefined() && value.IsScalar() ? value.Scalar() : std::string();
}

void collect(const YAML::Node& object, Place place, std::vector<ObjectNode>& objects) {
  if (!object.IsMap()) return;
  if (const YAML::Node items = object["items"]; items.IsDefined() && items.IsSequence()) {
    for (const YAML::Node& item : items) collect(item, Place::in_list, objects);
    return;
  }
  const YAML::Node metadata = object["metadata"];
  if (!metadata.IsDefined()) return;
  ManifestObject found{.api_version = text_at(object, "apiVersion"),
                       .kind = text_at(object, "kind"),
                       .ns = text_at(metadata, "namespace"),
                       .name = text_at(metadata, "name")};
  if (!found.api_version.empty() && !found.kind.empty() && !found.name.empty())
    objects.push_back({.object = std::move(found), .node = object, .place = place});
}

}  // namespace

std::vector<Document> split_documents(std::string_view manifest) {
  std::vector<Document> documents;
  std::size_t whole = 0;
  std::size_t text = 0;
  const auto end_at = [&](std::size_t end) {
    documents.push_back(
        {.whole = manifest.substr(whole, end - whole), .text = manifest.substr(text, end - text)});
  };
  for (std::size_t line = 0; line < manifest.size();) {
    const std::size_t end = std::min(manifest.find('\n', line), manifest.size());
    if (manifest.substr(line, 3) == "---") {
      end_at(line);
      whole = line;
      text = end;
    }
    line = end + 1;
  }
  end_at(manifest.size());
  return documents;
}

std::vector<ObjectNode> object_nodes(std::string_view document) {
  std::vector<ObjectNode> objects;
  // yaml-cpp itself, not values::parse_yaml: that one refuses a key that stands twice, which Helm lets pass.
  try {
    collect(YAML::Load(std::string(document)), Place::document, objects);
  } catch (const YAML::Exception&) {
    objects.clear();
  }
  return objects;
}

std::vector<ManifestObject> manifest_objects(std::string_view manifest) {
  std::vector<ManifestObject> objects;
  for (const Document& document : split_documents(manifest)) {
    for (ObjectNode& found : object_nodes(document.text)) objects.push_back(std::move(found.object));
  }
  return objects;
}

}  // namespace kots_export::helm
