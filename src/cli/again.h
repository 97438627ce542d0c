#pragma once

#include <string>

#include <CLI/CLI.hpp>

// A command line as it was given, for a person to paste again.
namespace kots_export::cli {

// "kots-export flyway -n ci --timeout 60": what `app` has parsed. No secret is in it: a license, a token and
// a password become the flag and a word that says what to fill in.
[[nodiscard]] std::string again(const CLI::App& app);

// " -n ci --context prod": what says which folder, installation and cluster are meant.
[[nodiscard]] std::string given_places(const CLI::App& app);

}  // namespace kots_export::cli
