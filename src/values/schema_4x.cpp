#include "values/schema_4x.h"

#include "values/schema_4x_rows.h"

#include <algorithm>
#include <cctype>
#include <numeric>
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
      at = &at->children[std::string(rest.substr(0, dot))];
      if (dot == std::string_view::npos) break;
      rest.remove_prefix(dot + 1);
    }
    at->type = row.type;
    at->versions = row.versions;
  }
  return root;
}

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// Levenshtein's distance, without regard to case.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

const SchemaNode& schema_4x() {
  static const SchemaNode root = build();
  return root;
}

std::string nearest_key(const SchemaNode& node, std::string_view key) {
  constexpr std::size_t kLongest = 64;  // of a key that is worth comparing
  if (key.size() > kLongest) return {};
  std::string nearest;
  std::size_t least = std::max<std::size_t>(1, key.size() / 3) + 1;
  for (const auto& [name, child] : node.children) {
    const std::size_t longer = std::max(name.size(), key.size());
    if (longer - std::min(name.size(), key.size()) >= least) continue;
    if (const std::size_t steps = distance(key, name); steps < least) {
      least = steps;
      nearest = name;
    }
  }
  return nearest;
}

}  // namespace kots_export::values
