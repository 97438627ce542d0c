#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// Helm values as data: what JSON can say, with the order of keys and the digits of numbers kept.
namespace kots_export::values {

class Value;

// A number as JSON writes it. The digits stay as they were written, so that no integer loses any.
struct Number {
  std::string text;  // valid JSON: "5432", "-1", "1e10"
  bool is_integer = true;
};

using List = std::vector<Value>;

// A map in the order of its keys. Lookups are fast at any size: a large map keeps a hash index.
class Map {
 public:
  using Entry = std::pair<std::string, Value>;
  using Entries = std::vector<Entry>;

  // The position of `key`, or nothing.
  [[nodiscard]] std::optional<std::size_t> index_of(std::string_view key) const;
  [[nodiscard]] Entry& at(std::size_t index);
  [[nodiscard]] const Entry& at(std::size_t index) const;
  [[nodiscard]] const Value* find(std::string_view key) const;
  [[nodiscard]] Value* find(std::string_view key);
  // Sets `key`, in its old place where it was there, else at the end. Returns the value.
  Value& set(std::string key, Value value);
  // The same for a key that is not there: the caller knows.
  Value& append(std::string key, Value value);
  // Returns whether it was there.
  bool erase(std::string_view key);
  template <typename Predicate>
  std::size_t erase_if(Predicate predicate);
  // Gives back the memory for further entries.
  void shrink();

  [[nodiscard]] bool empty() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] Entries::const_iterator begin() const noexcept;
  [[nodiscard]] Entries::const_iterator end() const noexcept;
  [[nodiscard]] Entries::iterator begin() noexcept;
  [[nodiscard]] Entries::iterator end() noexcept;

 private:
  void index_all();
  void index_one(std::size_t entry);

  Entries entries_;
  std::vector<std::uint32_t> slots_;  // open addressing: entry + 1, 0 is free; empty while the map is small
};

class Value {
 public:
  Value() = default;  // null
  Value(bool value) : data_(value) {}
  Value(Number value) : data_(std::move(value)) {}
  Value(std::string value) : data_(std::move(value)) {}
  Value(std::string_view value) : data_(std::string(value)) {}
  Value(const char* value) : data_(std::string(value)) {}
  Value(List value) : data_(std::move(value)) {}
  Value(Map value) : data_(std::move(value)) {}

  [[nodiscard]] bool is_null() const noexcept { return std::holds_alternative<std::monostate>(data_); }
  [[nodiscard]] bool is_bool() const noexcept { return std::holds_alternative<bool>(data_); }
  [[nodiscard]] bool is_number() const noexcept { return std::holds_alternative<Number>(data_); }
  [[nodiscard]] bool is_string() const noexcept { return std::holds_alternative<std::string>(data_); }
  [[nodiscard]] bool is_list() const noexcept { return std::holds_alternative<List>(data_); }
  [[nodiscard]] bool is_map() const noexcept { return std::holds_alternative<Map>(data_); }

  // Throw std::bad_variant_access where the value is of another type: ask first.
  [[nodiscard]] bool as_bool() const { return std::get<bool>(data_); }
  [[nodiscard]] const Number& as_number() const { return std::get<Number>(data_); }
  [[nodiscard]] const std::string& as_string() const { return std::get<std::string>(data_); }
  [[nodiscard]] std::string& as_string() { return std::get<std::string>(data_); }
  [[nodiscard]] const List& as_list() const { return std::get<List>(data_); }
  [[nodiscard]] List& as_list() { return std::get<List>(data_); }
  [[nodiscard]] const Map& as_map() const { return std::get<Map>(data_); }
  [[nodiscard]] Map& as_map() { return std::get<Map>(data_); }

 private:
  std::variant<std::monostate, bool, Number, std::string, List, Map> data_;
};

// Here, since a Map's entries hold Values.
inline Map::Entry& Map::at(std::size_t index) { return entries_[index]; }
inline const Map::Entry& Map::at(std::size_t index) const { return entries_[index]; }
template <typename Predicate>
std::size_t Map::erase_if(Predicate predicate) {
  const std::size_t erased = std::erase_if(entries_, predicate);
  if (erased > 0) index_all();
  return erased;
}
inline void Map::shrink() { entries_.shrink_to_fit(); }
inline bool Map::empty() const noexcept { return entries_.empty(); }
inline std::size_t Map::size() const noexcept { return entries_.size(); }
inline Map::Entries::const_iterator Map::begin() const noexcept { return entries_.begin(); }
inline Map::Entries::const_iterator Map::end() const noexcept { return entries_.end(); }
inline Map::Entries::iterator Map::begin() noexcept { return entries_.begin(); }
inline Map::Entries::iterator Map::end() noexcept { return entries_.end(); }

// Equal by meaning: integers digit for digit, other numbers as doubles, maps whatever the order of their
// keys.
[[nodiscard]] bool operator==(const Value& a, const Value& b);

// Throws Error where what was read as values is no map.
void require_map(const Value& values);

// --- Paths ---

using Path = std::vector<std::string>;

// "nomad.server.rpc"; keys with a dot in double quotes, as the chart's reference writes them.
[[nodiscard]] std::string to_string(const Path& path);
// Adds one key to a path that is text.
void append_key(std::string& path, std::string_view key);

// The value at `path`, or nothing where a key is missing or something on the way is no map.
[[nodiscard]] const Value* find(const Value& root, const Path& path);
// The same as text; empty where it is no string.
[[nodiscard]] std::string string_at(const Value& root, const Path& path);
// True only where `path` holds the boolean true.
[[nodiscard]] bool is_true_at(const Value& root, const Path& path);

// Sets the value at `path`; what is missing on the way, or is no map, becomes a map.
Value& set(Value& root, const Path& path, Value value);
// Puts `over` above `base` as Helm does with the next file of -f: maps key by key, all else replaced. A null
// stays: it takes the chart's default out. Source: Helm 3, pkg/cli/values/options.go, mergeMaps.
void merge(Value& base, const Value& over);
// Removes the last key of `path`. Returns whether it was there.
bool erase(Value& root, const Path& path);

}  // namespace kots_export::values
