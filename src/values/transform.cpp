#include <kots_export/values/transform.h>

#include "values/rule_context.h"

namespace kots_export::values {

namespace {

Transformed apply(std::span<const Rule> some_rules, const Value& values, const TransformOptions& options) {
  Transformed result{.values = values, .applied = {}, .warnings = {}};
  RuleContext context(result, options);
  for (const Rule& rule : some_rules) {
    context.begin(rule.id);
    rule.apply(context);
  }
  return result;
}

}  // namespace

Transformed apply_rule(const Rule& rule, const Value& values, const TransformOptions& options) {
  return apply({&rule, 1}, values, options);
}

Transformed transform(const Value& v3, const TransformOptions& options) {
  require_map(v3);
  return apply(rules(), v3, options);
}

}  // namespace kots_export::values
