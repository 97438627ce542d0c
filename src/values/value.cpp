#include <kots_export/util/error.h>
#include <kots_export/values/value.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <functional>

namespace kots_export::values {

namespace {

// Up to here a walk over the keys is faster than a hash.
constexpr std::size_t kSmall = 16;

std::size_t first_slot(std::string_view key, std::size_t slots) {
  return std::hash<std::string_view>()(key) % slots;
}

bool same_number(const Number& a, const Number& b) {
  if (a.is_integer && b.is_integer) return a.text == b.text;
  return std::strtod(a.text.c_str(), nullptr) == std::strtod(b.text.c_str(), nullptr);
}

bool same_map(const Map& a, const Map& b) {
  if (a.size() != b.size()) return false;
  return std::ranges::all_of(a, [&b](const Map::Entry& entry) {
    const Value* other = b.find(entry.first);
    return other != nullptr && entry.second == *other;
  });
}

}  // namespace

std::optional<std::size_t> Map::index_of(std::string_view key) const {
  if (slots_.empty()) {
    const auto found = std::ranges::find(entries_, key, &Entry::first);
    if (found == entries_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - entries_.begin());
  }
  for (std::size_t slot = first_slot(key, slots_.size()); slots_[slot] != 0;
       slot = (slot + 1) % slots_.size()) {
    const std::size_t entry = slots_[slot] - 1;
    if (entries_[entry].first == key) return entry;
  }
  return std::nullopt;
}

void Map::index_one(std::size_t entry) {
  std::size_t slot = first_slot(entries_[entry].first, slots_.size());
  while (slots_[slot] != 0) slot = (slot + 1) % slots_.size();
  slots_[slot] = static_cast<std::uint32_t>(entry + 1);
}

void Map::index_all() {
  slots_.clear();
  if (entries_.size() <= kSmall) return;
  slots_.resize(std::bit_ceil(entries_.size()) * 4);
  for (std::size_t entry = 0; entry < entries_.size(); ++entry) index_one(entry);
}

const Value* Map::find(std::string_view key) const {
  const auto index = index_of(key);
  return index ? &entries_[*index].second : nullptr;
}

Value* Map::find(std::string_view key) {
  const auto index = index_of(key);
  return index ? &entries_[*index].second : nullptr;
}

Value& Map::set(std::string key, Value value) {
  if (Value* present = find(key)) return *present = std::move(value);
  return append(std::move(key), std::move(value));
}

Value& Map::append(std::string key, Value value) {
  constexpr std::size_t kFew = 4;
  if (entries_.empty()) entries_.reserve(kFew);  // growing from one entry moves each of them three times
  entries_.emplace_back(std::move(key), std::move(value));
  if (entries_.size() > kSmall) {
    if (slots_.size() < 2 * entries_.size()) {
      index_all();
    } else {
      index_one(entries_.size() - 1);
    }
  }
  return entries_.back().second;
}

bool Map::erase(std::string_view key) {
  const auto index = index_of(key);
  if (!index) return false;
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(*index));
  index_all();
  return true;
}

bool operator==(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
  if (a.is_bool() && b.is_bool()) return a.as_bool() == b.as_bool();
  if (a.is_number() && b.is_number()) return same_number(a.as_number(), b.as_number());
  if (a.is_string() && b.is_string()) return a.as_string() == b.as_string();
  if (a.is_list() && b.is_list()) return a.as_list() == b.as_list();
  if (a.is_map() && b.is_map()) return same_map(a.as_map(), b.as_map());
  return false;
}

void require_map(const Value& values) {
  if (values.is_map()) return;
  throw Error("the values are not a map", {},
              "A values file holds keys with values; check that this is the right file.");
}

void append_key(std::string& path, std::string_view key) {
  if (!path.empty()) path += '.';
  const bool has_dot = key.find('.') != std::string_view::npos;
  if (has_dot) path += '"';
  path += key;
  if (has_dot) path += '"';
}

std::string to_string(const Path& path) {
  std::string text;
  for (const auto& key : path) append_key(text, key);
  return text;
}

const Value* find(const Value& root, const Path& path) {
  const Value* at = &root;
  for (const auto& key : path) {
    if (!at->is_map()) return nullptr;
    at = at->as_map().find(key);
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::string string_at(const Value& root, const Path& path) {
  const Value* value = find(root, path);
  return value != nullptr && value->is_string() ? value->as_string() : std::string();
}

bool is_true_at(const Value& root, const Path& path) {
  const Value* value = find(root, path);
  return value != nullptr && value->is_bool() && value->as_bool();
}

Value& set(Value& root, const Path& path, Value value) {
  Value* at = &root;
  for (const auto& key : path) {
    if (!at->is_map()) *at = Map();
    Value* next = at->as_map().find(key);
    at = next != nullptr ? next : &at->as_map().set(key, Value());
  }
  return *at = std::move(value);
}

void merge(Value& base, const Value& over) {
  if (!base.is_map() || !over.is_map()) {
    base = over;
    return;
  }
  for (const auto& [key, value] : over.as_map()) {
    Value* there = base.as_map().find(key);
    if (there != nullptr) {
      merge(*there, value);
    } else {
      base.as_map().set(key, value);
    }
  }
}

bool erase(Value& root, const Path& path) {
  Value* at = &root;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    at = at->is_map() ? at->as_map().find(path[i]) : nullptr;
    if (at == nullptr) return false;
  }
  return !path.empty() && at->is_map() && at->as_map().erase(path.back());
}

}  // namespace kots_export::values
