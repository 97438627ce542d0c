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
  Secret<std::string> license;         // the 4.x licence; ' characters are removed from it
  std::string registry = "cciserver";  // the name before .azurecr.io
  std::optional<Secret<std::string>> kept_mongodb_password;  // of an earlier run's output
  std::function<std::string()> new_password;                 // called where no password is known
};

struct RuleApplied {
  std::string rule;  // its id
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
  std::string_view why;
  void (*apply)(RuleContext&);
};

// All rules, in the order in which they are applied.
[[nodiscard]] std::span<const Rule> rules();

// Returns the 4.x values. Values that are 4.x already come out as they are, but for the licence.
// Throws Error where `v3` is no map, or names no domain.
[[nodiscard]] Transformed transform(const Value& v3, const TransformOptions& options);

}  // namespace kots_export::values
