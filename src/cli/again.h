#pragma once

#include <kots_export/migration/migration_plan.h>

#include <string>

#include <CLI/CLI.hpp>

// A command line as it was given, for a person to paste again.
namespace kots_export::cli {

// "kots-export flyway -n ci --timeout 60": what `app` has parsed. No secret is in it: a license, a token and
// a password become the flag and a word that says what to fill in.
[[nodiscard]] std::string again(const CLI::App& app);

// " -n ci --context prod": what says which folder, installation and cluster are meant.
[[nodiscard]] std::string given_places(const CLI::App& app);

// "kots-export plan flyway --out FILE -n ci": `plan` for the step that was called, with those of its flags
// that plan takes too; secrets are left out, as in again().
[[nodiscard]] std::string as_plan(const CLI::App& program, migration::Part part);

}  // namespace kots_export::cli
