#pragma once

#include <kots_export/change/change.h>

#include <optional>
#include <string>
#include <vector>

namespace kots_export::ui {

// What a patch of a release Secret does to the manifest in it, as helm::manifest_diff tells it; nothing where
// `change` is none, or its data cannot be read.
[[nodiscard]] std::optional<std::vector<std::string>> release_edit(const change::Change& change);

}  // namespace kots_export::ui
