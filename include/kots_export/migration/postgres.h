#pragma once

#include <kots_export/migration/context.h>
#include <kots_export/values/value.h>

#include <chrono>

namespace kots_export::migration {

// True where the values (3.x or 4.x) say that PostgreSQL runs inside the cluster.
[[nodiscard]] bool postgres_is_internal(const values::Value& values);

// Plans the deletion of StatefulSet postgresql (its Pods are orphaned and go on running) and Secret
// postgresql, which the 4.x chart makes anew and cannot patch. Nothing where both are gone.
[[nodiscard]] change::Plan plan_postgres(Context& context);

// How long run_postgres waits for what it deletes.
inline constexpr std::chrono::minutes kPostgresPatience{1};

// Carries that plan out and waits until the objects are gone, as `kubectl delete` does: an orphaning deletion
// goes on behind the answer, and a `helm upgrade` that patched the StatefulSet meanwhile would lose it. Warns
// of what is still there after `patience` (finalizers that nobody serves). Throws what the executor throws,
// and Interrupted.
void run_postgres(Context& context, const change::Plan& plan,
                  std::chrono::milliseconds patience = kPostgresPatience);

}  // namespace kots_export::migration
