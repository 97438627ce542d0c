#pragma once

#include <kots_export/util/secret.h>

#include "cli/options.h"

#include <string>

namespace kots_export::cli {

// The license from --license, --license-file ("-": standard input) or CIRCLECI_LICENSE; else asked for,
// without echo, where somebody can be. Throws UsageError where there is none.
[[nodiscard]] Secret<std::string> read_license(const Options& options);
// The same without a question: empty where there is none.
[[nodiscard]] Secret<std::string> given_license(const LicenseOptions& options);

}  // namespace kots_export::cli
