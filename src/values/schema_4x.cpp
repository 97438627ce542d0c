#include "values/schema_4x.h"

#include <kots_export/util/nearest.h>

#include "values/schema_4x_rows.h"

#include <vector>

namespace kots_export::values {

namespace {

SchemaNode build() {
  SchemaNode root;
  for (const SchemaRow& row : kSchemaRows) {
    SchemaNode* at = &root;
    std::string_view rest = row.path;
    for (;;) {
      const std::size_t dot = rest.find('.');
      const std::string key(rest.substr(0, dot));
      at = &at->children[key];
      if (dot == std::string_view::npos) break;
      rest.remove_prefix(dot + 1);
    }
    at->type = row.type;
    at->versions = row.versions;
  }
  return root;
}

}  // namespace

const SchemaNode& schema_4x() {
  static const SchemaNode root = build();
  return root;
}

bool is_in_chart(const Path& path, Target target) {
  const SchemaNode* at = &schema_4x();
  for (const std::string& key : path) {
    const auto child = at->children.find(key);
    if (child == at->children.end()) return false;
    at = &child->second;
  }
  return at->is_in(target);
}

std::string nearest_key(const SchemaNode& node, std::string_view key, std::size_t most) {
  std::vector<std::string_view> names;
  for (const auto& [name, child] : node.children) names.push_back(name);
  return std::string(util::nearest(key, names, most));
}

}  // namespace kots_export::values
