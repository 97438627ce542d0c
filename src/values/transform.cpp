#include <kots_export/util/error.h>
#include <kots_export/values/transform.h>

#include "values/rule_context.h"

namespace kots_export::values {

Transformed transform(const Value& v3, const TransformOptions& options) {
  if (!v3.is_map()) {
    throw Error("the values are not a map", {},
                "A values file holds keys with values; check that this is the right file.");
  }
  Transformed result{.values = v3, .applied = {}, .warnings = {}};
  RuleContext context(result, options);
  for (const Rule& rule : rules()) {
    context.begin(rule.id);
    rule.apply(context);
  }
  return result;
}

}  // namespace kots_export::values
