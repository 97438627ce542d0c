#pragma once

#include <kots_export/helm/release.h>
#include <kots_export/migration/context.h>
#include <kots_export/migration/paths.h>

#include <optional>

namespace kots_export::migration {

struct ExportOptions {
  std::optional<int> revision;  // nothing: revision 1, or the newest of chart version 3.x where 1 is missing
};

// Reads the release as KOTS stored it. Reads only.
// Throws Error where there is none (listing the revisions that are there), or it cannot be decoded.
[[nodiscard]] helm::Release read_release(Context& context, const ExportOptions& options);

// Returns the release's user values as YAML text for Helm.
[[nodiscard]] std::string values_yaml(const helm::Release& release);

}  // namespace kots_export::migration
