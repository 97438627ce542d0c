#pragma once

#include <kots_export/change/lease.h>
#include <kots_export/kube/client.h>
#include <kots_export/kube/kubeconfig.h>
#include <kots_export/migration/commands.h>
#include <kots_export/migration/paths.h>
#include <kots_export/migration/registry.h>
#include <kots_export/migration/run.h>
#include <kots_export/ui/plan_view.h>
#include <kots_export/util/secret.h>

#include "cli/flags.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace kots_export::ui {
class JsonView;
}

// As in kubectl: Flags are what was typed; Options are checked, completed and typed, and commands run on
// them.
namespace kots_export::cli {

// The command line as a whole.
struct CommandLine {
  std::string command;  // "run", "annotate", ...
  std::string again;    // as it was given, without secrets; see again.h
  std::string places;   // the flags that say where, see migration::Commands
  std::string plan;     // see as_plan; empty of what makes no plan
  enum class Form { subcommand, script } form = Form::subcommand;  // script: no subcommand was named
};

// One call of a command: what was typed, and where the command's result goes.
struct Call {
  const Flags& flags;
  CommandLine line;
  ui::JsonView* document = nullptr;  // of -o json and yaml
};

// The installation's two names.
struct InstallationNames {
  std::string ns;
  std::string release;
};

struct InstallationOptions {
  std::string ns;
  std::string release;
  migration::Paths paths;
  migration::Registry registry;
  std::optional<int> revision;
  std::string target_version;
};

// Where the 4.x license comes from: the text itself, or a file; else the environment, or a question.
struct LicenseOptions {
  Secret<std::string> text;
  std::string file;
};

struct ClusterOptions {
  kube::KubeconfigOverrides overrides;
  std::chrono::milliseconds request_timeout{0};  // of one request with all its tries; 0: none
  std::size_t concurrency = 64;
};

// What the migration does, beside where.
struct MigrationOptions {
  migration::RunOptions::Annotate annotate = migration::RunOptions::Annotate::yes;
  migration::TakeOwnership take_ownership = migration::TakeOwnership::no;
  migration::DeleteVolumes delete_volumes = migration::DeleteVolumes::no;
  migration::RunOptions::Backup backup = migration::RunOptions::Backup::as_found;
  migration::FlywayOptions::LeaveOut leave_out = migration::FlywayOptions::LeaveOut::known;
  migration::OverwriteValues overwrite_values = migration::OverwriteValues::no;
  std::vector<std::string> values_files;
  std::vector<std::string> skip_checks;  // all of them may be skipped
  std::chrono::seconds timeout{600};     // of the database migration
};

// How it is done.
struct ChangeOptions {
  kube::DryRun dry_run = kube::DryRun::none;
  enum class DetailedExitCode { no, yes } detailed_exit_code = DetailedExitCode::no;
  enum class Consent { asked_for, given } consent = Consent::asked_for;  // given: --yes
  enum class Input { possible, none } input = Input::possible;           // none: --no-input
  change::LeaseOptions::Take lock = change::LeaseOptions::Take::when_free;
  std::chrono::seconds lock_duration{30};
  std::chrono::milliseconds settle_time{34'000};

  [[nodiscard]] bool is_dry_run() const { return dry_run != kube::DryRun::none; }
};

struct OutputOptions {
  enum class Format { text, markdown, html, json, yaml } format = Format::text;
  // What standard error shows: errors and results alone; what happens; every change; every request; their
  // headers and bodies too.
  enum class Verbosity { quiet, normal, changes, requests, bodies } verbosity = Verbosity::normal;
  enum class Progress { automatic, plain, tty } progress = Progress::automatic;
  enum class Log { text, json } log = Log::text;
  ui::Detail detail = ui::Detail::normal;
  // With json and yaml: takes what the command has to say, and alone has standard output; see app.cpp.
  ui::JsonView* document = nullptr;
};

// "json": as -o takes it; empty for text.
[[nodiscard]] std::string_view to_string(OutputOptions::Format format);

struct Options {
  CommandLine line;
  InstallationOptions installation;
  LicenseOptions license;
  ClusterOptions cluster;
  MigrationOptions migration;
  ChangeOptions change;
  OutputOptions output;
};

// Makes Options of a call. Names that were not given are the defaults; a call of the script's kind that has
// neither asks for both, where somebody can be asked. Throws UsageError where a value makes no sense.
[[nodiscard]] Options options_of(const Call& call);
// The same for an installation that is known from elsewhere.
[[nodiscard]] Options options_of(const Call& call, InstallationNames names);

// The commands that are printed. `context` is the one in use, which needs not be a flag's.
[[nodiscard]] migration::Commands commands(const Options& options, std::string context);

}  // namespace kots_export::cli
