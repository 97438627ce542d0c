#pragma once

#include <kots_export/migration/context.h>

namespace kots_export::migration {

struct CheckOptions {
  Registry registry;
  enum class PullSecret { required, not_needed } pull_secret = PullSecret::required;
};

// Checks, before anything is changed, that the namespace exists, that the release has a Secret in it, and
// that Secret regcred is of type kubernetes.io/dockerconfigjson with an entry for the registry. Reads only.
// Throws Error (exit code 1) for the namespace and the release; Error with exit code 4 for regcred, with the
// command that makes it. Source: behaviour of kots-exporter.sh's checks, which could never fail.
void check_installation(Context& context, const CheckOptions& options);

// Checks the namespace alone; passes where this user may not look at it. Throws Error with the names of the
// namespaces that the user sees where it is missing.
void check_namespace(Context& context);

}  // namespace kots_export::migration
