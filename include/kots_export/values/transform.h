#pragma once

#include <kots_export/util/secret.h>
#include <kots_export/values/value.h>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// From the values of Server 3.x to those of 4.x, as kots-exporter.sh and the migration guide have it.
namespace kots_export::values {

struct TransformOptions {
  Secret<std::string> license;         // the 4.x license; ' characters are removed from it
  std::string registry = "cciserver";  // the name before .azurecr.io
  std::optional<Secret<std::string>> kept_mongodb_password;  // of an earlier run's output
  std::function<std::string()> new_password;                 // called where no password is known
};

struct RuleApplied {
  enum class Action { set, removed };
  std::string rule;  // its id
  Action action = Action::set;
  std::string path;  // what it changed
};

struct Transformed {
  Value values;
  std::vector<RuleApplied> applied;   // what changed something, in order
  std::vector<std::string> warnings;  // for people; no secret in them
};

// What a rule works on.
class RuleContext;

// One step of the transformation.
struct Rule {
  std::string_view id;
  std::string_view what;
  std::string_view why;
  // Values as YAML, of which the rule alone makes the second from the first (with example_options).
  std::string_view before;
  std::string_view after;
  void (*apply)(RuleContext&);
};

// All rules, in the order in which they are applied.
[[nodiscard]] std::span<const Rule> rules();

// Applies one rule alone.
[[nodiscard]] Transformed apply_rule(const Rule& rule, const Value& values, const TransformOptions& options);

// What the rules' examples were made with.
[[nodiscard]] TransformOptions example_options();

// Returns the 4.x values. What it returned comes out as it is, but for the license.
// Throws Error where `v3` is no map, names no domain, or has something else where a rule needs a map.
[[nodiscard]] Transformed transform(const Value& v3, const TransformOptions& options);

}  // namespace kots_export::values
