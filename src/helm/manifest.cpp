#include <kots_export/helm/manifest.h>
#include <kots_export/util/error.h>
#include <kots_export/values/yaml.h>

#include <algorithm>

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

void collect(const values::Value& object, std::vector<ManifestObject>& objects) {
  if (const values::Value* items = values::find(object, {"items"}); items != nullptr && items->is_list()) {
    for (const values::Value& item : items->as_list()) collect(item, objects);
    return;
  }
  ManifestObject found{.api_version = values::string_at(object, {"apiVersion"}),
                       .kind = values::string_at(object, {"kind"}),
                       .ns = values::string_at(object, {"metadata", "namespace"}),
                       .name = values::string_at(object, {"metadata", "name"})};
  if (!found.api_version.empty() && !found.kind.empty() && !found.name.empty())
    objects.push_back(std::move(found));
}

}  // namespace

std::vector<ManifestObject> manifest_objects(std::string_view manifest) {
  std::vector<ManifestObject> objects;
  for (const std::string_view document : split(manifest)) {
    try {
      collect(values::parse_yaml(document, "the release's manifest"), objects);
    } catch (const Error&) {
      continue;
    }
  }
  return objects;
}

}  // namespace kots_export::helm
