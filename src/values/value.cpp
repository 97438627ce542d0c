#include <kots_export/values/value.h>

#include <algorithm>
#include <cstdlib>

namespace kots_export::values {

namespace {

template <typename Entries>
auto find_entry(Entries& entries, std::string_view key) {
  return std::ranges::find_if(entries, [key](const auto& entry) { return entry.first == key; });
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

const Value* Map::find(std::string_view key) const {
  const auto found = find_entry(entries_, key);
  return found == entries_.end() ? nullptr : &found->second;
}

Value* Map::find(std::string_view key) {
  const auto found = find_entry(entries_, key);
  return found == entries_.end() ? nullptr : &found->second;
}

Value& Map::set(std::string key, Value value) {
  if (Value* present = find(key)) return *present = std::move(value);
  return entries_.emplace_back(std::move(key), std::move(value)).second;
}

bool Map::erase(std::string_view key) {
  const auto found = find_entry(entries_, key);
  if (found == entries_.end()) return false;
  entries_.erase(found);
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

std::string to_string(const Path& path) {
  std::string text;
  for (const auto& key : path) {
    if (!text.empty()) text += '.';
    text += key.find('.') == std::string::npos ? key : "\"" + key + "\"";
  }
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

bool erase(Value& root, const Path& path) {
  Value* at = &root;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    at = at->is_map() ? at->as_map().find(path[i]) : nullptr;
    if (at == nullptr) return false;
  }
  return !path.empty() && at->is_map() && at->as_map().erase(path.back());
}

}  // namespace kots_export::values
