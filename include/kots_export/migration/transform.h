#pragma once

#include <kots_export/change/observer.h>
#include <kots_export/migration/context.h>
#include <kots_export/util/secret.h>
#include <kots_export/values/transform.h>
#include <kots_export/values/value.h>

#include <filesystem>
#include <optional>
#include <string>

namespace kots_export::migration {

struct TransformStepOptions {
  Secret<std::string> license;
  Registry registry;
  // The output of an earlier run: its generated MongoDB password is kept, so that a rerun gives the same
  // file.
  std::optional<std::filesystem::path> earlier_output;
};

// Turns 3.x values into 4.x values (values/transform.h has the rules) and tells the observer what could not
// be done.
[[nodiscard]] values::Value transform_values(const values::Value& v3, const TransformStepOptions& options,
                                             change::Observer& observer);
// The same, with what each rule did.
[[nodiscard]] values::Transformed transform_by_rules(const values::Value& v3,
                                                     const TransformStepOptions& options,
                                                     change::Observer& observer);

// Checks a values file that was just written to `path`, "-" for standard output, and tells the observer each
// error, and how many warnings there are with the command that shows them. The file stays as it is, and the
// run goes on: what is wrong is for the operator to mend before the upgrade.
void validate_values(const std::string& yaml, const std::string& path, const std::string& target_version,
                     change::Observer& observer);

}  // namespace kots_export::migration
