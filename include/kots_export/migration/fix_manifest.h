#pragma once

#include <kots_export/migration/context.h>

// The stored manifest in API versions that the server serves. `helm upgrade` and `helm rollback` build every
// object of it first, and refuse where the server has dropped a version (Helm 3, pkg/action/upgrade.go and
// rollback.go).
namespace kots_export::migration {

// What becomes of the manifest of the revision that `helm upgrade` compares with, on this server. Read and
// asked for when it is first asked for. Throws what decoded_revision and Client::serves throw.
[[nodiscard]] const helm::ServedManifest& served_manifest(Context& context);

// Plans to change that manifest in place: in the Secret's data.release, and nothing else of it. The revision
// keeps its number, unlike with Helm's plugin mapkubeapis, and `helm rollback` to it works. Hooks stay as
// they are: nothing compares them. Throws Error where the Secret would be too large for Kubernetes, or was
// changed since it was looked at.
[[nodiscard]] change::Plan plan_fix_manifest(Context& context);

// Carries it out. What the context knew of the revision is read again when it is next asked for.
void run_fix_manifest(Context& context, const change::Plan& plan);

}  // namespace kots_export::migration
