#pragma once

#include <kots_export/helm/manifest.h>

#include <functional>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

namespace kots_export::helm {

// One document of a manifest.
struct Document {
  std::string_view whole;  // with the "---" line before it; the wholes of a manifest make up all of it
  std::string_view text;   // without
};

// The documents of `manifest`, cut at lines that begin with "---", as Helm's splitter does.
[[nodiscard]] std::vector<Document> split_documents(std::string_view manifest);

// One object, and the node that it was read from.
struct ObjectNode {
  ManifestObject object;
  YAML::Node node;
  enum class Place { document, in_list } place = Place::document;
};

// The objects of one document's text, those inside of Lists too; none where it cannot be read, or names no
// kind and name.
[[nodiscard]] std::vector<ObjectNode> object_nodes(std::string_view document);

}  // namespace kots_export::helm
