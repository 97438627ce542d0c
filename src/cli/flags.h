#pragma once

#include <kots_export/kube/client.h>
#include <kots_export/kube/kubeconfig.h>
#include <kots_export/migration/context.h>
#include <kots_export/migration/names.h>
#include <kots_export/migration/values_files.h>
#include <kots_export/util/secret.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace kots_export::ui {
class JsonView;
}

namespace kots_export::cli {

// What was typed, for every command. One struct: the script's flags stand before or after a subcommand.
struct Flags {
  // --- the installation ---
  std::string ns;
  std::string release;
  std::filesystem::path output_dir = ".";
  bool dev = false;
  bool verbose = false;
  bool full = false;
  // --- the 4.x licence ---
  std::string license;
  std::string license_file;
  // --- how to change ---
  std::string dry_run = "none";
  bool detailed_exitcode = false;
  bool yes = false;
  bool no_input = false;
  bool take_ownership = false;
  bool delete_volumes = false;
  bool migrate_again = false;
  bool backup_confirmed = false;
  bool force_unlock = false;
  std::vector<std::string> skip_checks;
  std::vector<std::string> values_files;
  bool overwrite_values = false;
  std::string lock_duration = "30s";
  std::string annotate = "1";
  int revision = 0;  // 0: not given
  int timeout_seconds = 600;
  std::string settle_time = "34s";  // kServerPatience
  std::string target_version = std::string(migration::names::kTargetVersion);
  std::size_t concurrency = 64;
  // --- what stands on standard output ---
  std::string output;                // empty (text), "markdown", "json" or "yaml"
  ui::JsonView* document = nullptr;  // with json and yaml: takes what the command has to say, see app.cpp
  // --- the cluster, as kubectl names it ---
  std::string kubeconfig;
  std::string context, cluster, user, server, token;
  std::string as, as_uid;
  std::vector<std::string> as_groups;
  std::string request_timeout = "0";
  bool insecure_skip_tls_verify = false;
  std::string certificate_authority, tls_server_name, client_certificate, client_key;
  // --- the script's way to choose a step ---
  std::string func;
  // --- the command that all of this is for ---
  std::string command;         // "run", "annotate", ...
  std::string again;           // as it was given, without secrets; see again.h
  std::string given;           // the flags that say where, see migration::Commands
  bool as_the_script = false;  // no subcommand was named
};

// Declares all of them on `app`.
void add_flags(CLI::App& app, Flags& flags);

// What the flags mean to the rooms below. Throw UsageError where a value makes no sense.
[[nodiscard]] kube::KubeconfigOverrides kubeconfig_overrides(const Flags& flags);
[[nodiscard]] kube::DryRun dry_run(const Flags& flags);
[[nodiscard]] migration::Registry registry(const Flags& flags);
[[nodiscard]] std::optional<int> revision(const Flags& flags);
[[nodiscard]] migration::OverwriteValues overwrite_values(const Flags& flags);
// `context` is the one in use, which needs not be a flag's.
[[nodiscard]] migration::Commands commands(const Flags& flags, std::string context);
// kubectl's forms: "0", "30" (seconds), "500ms", "1m30s", "1.5h". Throws UsageError where it is none.
// `flag` is the one that has it.
[[nodiscard]] std::chrono::milliseconds parse_duration(const std::string& text,
                                                       const std::string& flag = "--request-timeout");
// --lock-duration: whole seconds, as Leases have them.
[[nodiscard]] std::chrono::seconds lock_duration(const Flags& flags);

// The licence from --license, --license-file ("-": standard input) or CIRCLECI_LICENSE; else asked for,
// without echo, where somebody can be. Throws UsageError where there is none.
[[nodiscard]] Secret<std::string> read_license(const Flags& flags);
// The same without a question: empty where there is none.
[[nodiscard]] Secret<std::string> given_license(const Flags& flags);

// Fills in the defaults of the namespace and release that were not given. A run of the script's kind that
// names neither asks for both, where somebody can be asked.
void complete_installation(Flags& flags);

}  // namespace kots_export::cli
