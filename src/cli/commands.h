#pragma once

#include "cli/options.h"

#include <functional>

// One function a command, each in the file of its name: declares the subcommand's own flags and examples, and
// returns what runs it. The flags of flags.h work on every one. A command reads Flags and never writes them:
// it makes Options of its call, and runs on these.
namespace kots_export::cli {

// Runs a command once everything is parsed; returns the exit code.
using Command = std::function<int(const Call&)>;

struct Declared {
  CLI::App* app;
  Command run;
};

[[nodiscard]] Declared declare_annotate(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_apply(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_check(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_completion(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_config(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_diff(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_export(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_fix_manifest(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_flyway(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_help(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_kots_cleanup(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_message(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_options(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_nomad(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_plan(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_postgres(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_report(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_rollback(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_run(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_runs(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_secret(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_status(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_transform(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_validate(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_version(CLI::App& app, Flags& flags);
[[nodiscard]] Declared declare_verify(CLI::App& app, Flags& flags);

}  // namespace kots_export::cli
