#pragma once

#include <kots_export/values/transform.h>

#include <string>
#include <utility>

namespace kots_export::values {

class RuleContext {
 public:
  RuleContext(Transformed& result, const TransformOptions& transform_options)
      : options(transform_options), result_(result), is_v4_(find_domain_of_v4(result.values)) {}

  const TransformOptions& options;

  [[nodiscard]] const Value& values() const { return result_.values; }
  // True where the values were 4.x before any rule: what 3.x encoded is decoded already.
  [[nodiscard]] bool is_v4() const { return is_v4_; }

  // Changes; each is recorded where it changes something.
  void assign(const Path& path, Value value) {
    const Value* present = find(result_.values, path);
    if (present != nullptr && *present == value) return;
    set(result_.values, path, std::move(value));
    record(path);
  }
  void remove(const Path& path) {
    if (erase(result_.values, path)) record(path);
  }
  [[nodiscard]] Value& mutable_values() { return result_.values; }
  void record(const Path& path) { result_.applied.push_back({rule_, to_string(path)}); }

  void warn(std::string text) { result_.warnings.push_back(std::move(text)); }
  void begin(std::string_view rule) { rule_ = rule; }

 private:
  static bool find_domain_of_v4(const Value& values) {
    return !string_at(values, {"global", "domainName"}).empty() && find(values, {"domainName"}) == nullptr;
  }

  Transformed& result_;
  bool is_v4_;
  std::string rule_;
};

}  // namespace kots_export::values
