#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include <yaml-cpp/yaml.h>

// Changes of a YAML text that leave every other byte as it is: the nodes that yaml-cpp read say where.
namespace kots_export::helm {

// Key and value of one entry of a map.
struct Entry {
  YAML::Node key;
  YAML::Node value;
};

class YamlEdit {
 public:
  // `text` is what the nodes were read from, and outlives the edit.
  explicit YamlEdit(std::string_view text) : text_(text) {}

  // The entry of `map` by that key; undefined nodes where there is none. Throws Error where it stands twice.
  [[nodiscard]] static Entry find(const YAML::Node& map, std::string_view key);

  // Each throws Error where the place of a node is not certain (an anchor, a block scalar).
  void replace_scalar(const YAML::Node& scalar, std::string_view word);  // in the same quotes
  void replace_entry(const Entry& entry, std::string_view key, std::string_view json_value);
  void erase_entry(const YAML::Node& map, const Entry& entry);
  void insert_before(const YAML::Node& map, const Entry& entry, std::string_view key, std::string_view value);

  // The text with all of it done. Throws Error where two edits overlap.
  [[nodiscard]] std::string result() const;

 private:
  struct Place {
    std::size_t begin;
    std::size_t end;
  };
  struct Edit {
    std::size_t end;
    std::string text;
    friend bool operator==(const Edit&, const Edit&) = default;
  };
  [[nodiscard]] Place place_of(const YAML::Node& scalar) const;
  [[nodiscard]] std::string in_quotes_of(const Place& place, std::string_view word) const;
  void edit(Place place, std::string text);

  std::string_view text_;
  std::map<std::size_t, Edit> edits_;  // by where they begin
};

}  // namespace kots_export::helm
