#include <kots_export/values/diff.h>
#include <kots_export/values/secrets.h>

#include "values/line_diff.h"

#include <algorithm>
#include <utility>

namespace kots_export::values {

namespace {

class Comparison {
 public:
  explicit Comparison(ShowSecrets show_secrets) : show_secrets_(show_secrets) {}

  void compare(const std::string& path, const Value& before, const Value& after, Below below) {
    if (before.is_map() && after.is_map()) {
      maps(path, before.as_map(), after.as_map(), below);
    } else if (before.is_list() && after.is_list()) {
      lists(path, before.as_list(), after.as_list(), below);
    } else if (!(before == after)) {
      add(path, &before, &after, below);
    }
  }

  std::vector<Difference> take() { return std::move(found_); }

 private:
  static std::string key_path(const std::string& parent, const std::string& key) {
    std::string path = parent;
    append_key(path, key);
    return path;
  }
  static std::string item_path(const std::string& parent, std::size_t index) {
    return parent + "[" + std::to_string(index) + "]";
  }

  void maps(const std::string& path, const Map& before, const Map& after, Below below) {
    // Of a variable either name may say that its value is secret.
    const auto below_key = [&](const std::string& key) {
      return below_entry(after, key, below_entry(before, key, below));
    };
    for (const auto& [key, value] : before) {
      const std::string child = key_path(path, key);
      if (const Value* other = after.find(key)) {
        compare(child, value, *other, below_key(key));
      } else {
        add(child, &value, nullptr, below_key(key));
      }
    }
    for (const auto& [key, value] : after) {
      if (before.find(key) == nullptr) add(key_path(path, key), nullptr, &value, below_key(key));
    }
  }

  // What lists have in common at both ends stays; what lies between is compared item by item.
  void lists(const std::string& path, const List& before, const List& after, Below below) {
    const std::size_t shorter = std::min(before.size(), after.size());
    std::size_t start = 0;
    while (start < shorter && before[start] == after[start]) ++start;
    std::size_t tail = 0;
    while (tail < shorter - start && before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
      ++tail;
    const std::size_t end_before = before.size() - tail;
    const std::size_t end_after = after.size() - tail;
    std::size_t i = start;
    for (; i < std::min(end_before, end_after); ++i)
      compare(item_path(path, i), before[i], after[i], below_item(after, i, below_item(before, i, below)));
    for (std::size_t j = i; j < end_before; ++j)
      add(item_path(path, j), &before[j], nullptr, below_item(before, j, below));
    for (std::size_t j = i; j < end_after; ++j)
      add(item_path(path, j), nullptr, &after[j], below_item(after, j, below));
  }

  void add(const std::string& path, const Value* before, const Value* after, Below below) {
    // The other side of a secret text may hold the same secret in another form.
    const auto is_secret = [](const Value* value) {
      return value != nullptr && value->is_string() && is_secret_text(value->as_string());
    };
    if (is_secret(before) || is_secret(after)) below = Below::secret_key;
    const auto shown = [&](const Value* value) -> std::optional<Value> {
      if (value == nullptr) return std::nullopt;
      return show_secrets_ == ShowSecrets::yes ? *value : masked(*value, below);
    };
    found_.push_back({.path = path, .before = shown(before), .after = shown(after), .text = std::nullopt});
    if (before == nullptr || after == nullptr || !before->is_string() || !after->is_string()) return;
    Difference& difference = found_.back();
    const bool is_hidden = !(difference.before == *before && difference.after == *after);
    difference.text = text_change(before->as_string(), after->as_string(), is_hidden);
  }

  static std::optional<TextChange> text_change(const std::string& before, const std::string& after,
                                               bool is_hidden) {
    const bool has_lines = before.find('\n') != std::string::npos || after.find('\n') != std::string::npos;
    if (!has_lines) return std::nullopt;
    LineDiff found = line_diff(before, after);
    TextChange change{.lines = std::move(found.lines),
                      .bytes_before = before.size(),
                      .bytes_after = after.size(),
                      .is_rough = found.is_rough};
    if (is_hidden)
      for (LineChange& line : change.lines) line.text.clear();
    return change;
  }

  ShowSecrets show_secrets_;
  std::vector<Difference> found_;
};

}  // namespace

std::vector<Difference> diff(const Value& before, const Value& after, ShowSecrets show_secrets) {
  // For Helm nothing is an empty map.
  const auto map_of = [](const Value& value) { return value.is_null() ? Value(Map()) : value; };
  Comparison comparison(show_secrets);
  comparison.compare({}, map_of(before), map_of(after), Below::ordinary_key);
  return comparison.take();
}

}  // namespace kots_export::values
