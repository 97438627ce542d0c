#pragma once

#include <kots_export/values/value.h>

namespace kots_export::values {

// True where the value at `path` must not be shown: passwords, tokens, keys, keysets, licences, service
// accounts.
[[nodiscard]] bool is_secret_path(const Path& path);

}  // namespace kots_export::values
