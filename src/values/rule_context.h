#pragma once

#include <kots_export/util/error.h>
#include <kots_export/util/text.h>
#include <kots_export/values/transform.h>

#include "values/marks_of_4x.h"

#include <string>
#include <utility>

namespace kots_export::values {

class RuleContext {
 public:
  RuleContext(Transformed& result, const TransformOptions& transform_options)
      : options(transform_options),
        result_(result),
        is_3x_(sign_of_3x(result.values).has_value()),
        is_v4_(!is_3x_ && find_domain_of_v4(result.values)),
        has_marks_of_v4_(has_marks_of_4x(result.values)) {}

  const TransformOptions& options;

  [[nodiscard]] const Value& values() const { return result_.values; }
  // True where the values were 4.x before any rule: what 3.x encoded is decoded already.
  [[nodiscard]] bool is_v4() const { return is_v4_; }
  // True where some of them were: what KOTS always writes, and 4.x does not need, may then be somebody's own.
  [[nodiscard]] bool is_partly_v4() const { return !is_3x_ && has_marks_of_v4_; }
  // True also where they were half 3.x: what stands where only 4.x looks is somebody's own.
  [[nodiscard]] bool has_marks_of_v4() const { return has_marks_of_v4_; }

  // Changes; each is recorded where it changes something. Throws Error where a map is needed on the way and
  // something else stands there.
  void assign(const Path& path, Value value) {
    const Value* present = find(result_.values, path);
    if (present != nullptr && *present == value) return;
    require_maps_above(path);
    set(result_.values, path, std::move(value));
    record(RuleApplied::Action::set, to_string(path));
  }
  void remove(const Path& path) {
    if (erase(result_.values, path)) record(RuleApplied::Action::removed, to_string(path));
  }
  [[nodiscard]] Value& mutable_values() { return result_.values; }
  void record(RuleApplied::Action action, std::string path) {
    result_.applied.push_back({.rule = rule_, .action = action, .path = std::move(path)});
  }

  void warn(std::string text) { result_.warnings.push_back(std::move(text)); }
  void begin(std::string_view rule) { rule_ = rule; }

 private:
  void require_maps_above(const Path& path) const {
    for (Path above(path.begin(), path.end() - 1); !above.empty(); above.pop_back()) {
      const Value* value = find(result_.values, above);
      if (value == nullptr || value->is_null() || value->is_map()) continue;
      throw Error("the values cannot be transformed",
                  util::filled("{path} is no map", {{"path", to_string(above)}}),
                  "Check that this is the values file of a CircleCI Server 3.x installation.");
    }
  }
  static bool find_domain_of_v4(const Value& values) {
    return !string_at(values, {"global", "domainName"}).empty() && find(values, {"domainName"}) == nullptr;
  }

  Transformed& result_;
  bool is_3x_;
  bool is_v4_;
  bool has_marks_of_v4_;
  std::string rule_;
};

}  // namespace kots_export::values
