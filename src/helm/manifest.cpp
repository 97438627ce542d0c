#include <kots_export/helm/manifest.h>

#include <algorithm>

#include <yaml-cpp/yaml.h>

namespace kots_export::helm {

namespace {

// The documents of a stream, cut at lines that begin with "---", as Helm's splitter does.
std::vector<std::string_view> split(std::string_view manifest) {
  std::vector<std::string_view> documents;
  std::size_t start = 0;
  for (std::size_t line = 0; line < manifest.size();) {
    const std::size_t end = std::min(manifest.find('\n', line), manifest.size());
    if (manifest.substr(line, 3) == "---") {
      documents.push_back(manifest.substr(start, line - start));
      start = end;
    }
    line = end + 1;
  }
  documents.push_back(manifest.substr(start));
  return documents;
}

std::string text_at(const YAML::Node& map, const char* key) {
  const YAML::Node value = map.IsMap() ? map[key] : YAML::Node();
  return value.IsDefined() && value.IsScalar() ? value.Scalar() : std::string();
}

void collect(const YAML::Node& object, std::vector<ManifestObject>& objects) {
  if (!object.IsMap()) return;
  if (const YAML::Node items = object["items"]; items.IsDefined() && items.IsSequence()) {
    for (const YAML::Node& item : items) collect(item, objects);
    return;
  }
  const YAML::Node metadata = object["metadata"];
  if (!metadata.IsDefined()) return;
  ManifestObject found{.api_version = text_at(object, "apiVersion"),
                       .kind = text_at(object, "kind"),
                       .ns = text_at(metadata, "namespace"),
                       .name = text_at(metadata, "name")};
  if (!found.api_version.empty() && !found.kind.empty() && !found.name.empty())
    objects.push_back(std::move(found));
}

}  // namespace

std::vector<ManifestObject> manifest_objects(std::string_view manifest) {
  std::vector<ManifestObject> objects;
  for (const std::string_view document : split(manifest)) {
    // yaml-cpp itself, not values::parse_yaml: that one refuses a key that stands twice, which Helm lets
    // pass.
    try {
      collect(YAML::Load(std::string(document)), objects);
    } catch (const YAML::Exception&) {
      continue;
    }
  }
  return objects;
}

}  // namespace kots_export::helm
