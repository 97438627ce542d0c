#include "values/schema_4x.h"

#include "values/schema_4x_rows.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace kots_export::values {

namespace {

constexpr std::size_t kLongest = 64;  // of a key that is worth comparing

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

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

// Levenshtein's, without regard to case. `key` has at most kLongest characters.
std::size_t distance(std::string_view name, std::string_view key) {
  std::array<std::size_t, kLongest + 1> row;
  std::iota(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(key.size()) + 1, std::size_t{0});
  for (std::size_t i = 0; i < name.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < key.size(); ++j) {
      const std::size_t replaced = diagonal + (lower(name[i]) == lower(key[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row[key.size()];
}

}  // namespace

const SchemaNode& schema_4x() {
  static const SchemaNode root = build();
  return root;
}

std::string nearest_key(const SchemaNode& node, std::string_view key) {
  if (key.size() > kLongest) return {};
  std::string nearest;
  std::size_t least = std::max<std::size_t>(1, key.size() / 3) + 1;
  for (const auto& [name, child] : node.children) {
    if (std::max(name.size(), key.size()) - std::min(name.size(), key.size()) >= least) continue;
    if (const std::size_t steps = distance(name, key); steps < least) {
      least = steps;
      nearest = name;
    }
  }
  return nearest;
}

}  // namespace kots_export::values
