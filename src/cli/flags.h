#pragma once

#include <kots_export/migration/names.h>

#include <cstddef>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace kots_export::cli {

// What was typed, as it was typed, for every command; options.h makes of it what commands work with.
struct Flags {
  // --- the installation ---
  std::string ns;
  std::string release;
  std::string output_dir = ".";
  bool dev = false;
  int revision = 0;  // 0: not given
  std::string target_version = std::string(migration::names::kTargetVersion);
  // --- the 4.x values ---
  std::string license;
  std::string license_file;
  std::vector<std::string> values_files;
  bool overwrite_values = false;
  // --- what is changed, and how ---
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
  std::string annotate = "1";
  std::string timeout = "10m";
  std::string lock_duration = "30s";
  std::string settle_time = "34s";  // kServerPatience
  // --- what is shown ---
  std::string output;  // empty (text), "markdown", "html", "json" or "yaml"
  int verbose = 0;     // how often
  bool quiet = false;
  std::string progress = "auto";
  std::string log_format = "text";
  bool full = false;
  // --- the cluster, as kubectl names it ---
  std::string kubeconfig;
  std::string context, cluster, user, server, token;
  std::string as, as_uid;
  std::vector<std::string> as_groups;
  std::string request_timeout = "0";
  bool insecure_skip_tls_verify = false;
  std::string certificate_authority, tls_server_name, client_certificate, client_key;
  std::size_t concurrency = 64;
  // --- the script's way to choose a step ---
  std::string func;
};

// The flags that several commands share, in sets: a command takes whole sets, and the table in flags.cpp says
// which flags a set has.
enum class FlagSet : unsigned {
  names = 1U << 0U,          // namespace and release
  folder = 1U << 1U,         // --output-dir
  revision = 1U << 2U,       // of the release to export
  chart = 1U << 3U,          // version and registry of the 4.x chart
  license = 1U << 4U,        //
  corrections = 1U << 5U,    // --values
  edited_values = 1U << 6U,  // --overwrite-values
  annotate = 1U << 7U,       // whether a whole run annotates
  ownership = 1U << 8U,      //
  volumes = 1U << 9U,        //
  again = 1U << 10U,         // --again
  timeout = 1U << 11U,       // of the database migration
  checks = 1U << 12U,        // --skip-check
  backup = 1U << 13U,        // --backup-confirmed
  dry_run = 1U << 14U,       // none, client or server
  plan_run = 1U << 15U,      // the same of `plan`, which is never none
  exit_code = 1U << 16U,     // --detailed-exitcode
  consent = 1U << 17U,       // --yes
  no_input = 1U << 18U,      //
  lock = 1U << 19U,          //
  settle_time = 1U << 20U,   //
  output = 1U << 21U,        // -o
  plan_view = 1U << 22U,     // --full
  progress = 1U << 23U,      // -v and --progress of a run
  cluster = 1U << 24U,       // as kubectl names it
  requests = 1U << 25U,      // how they are sent
  document = 1U << 26U,      // -o of commands that show no plan
  script = 1U << 27U,        // -f
  page = 1U << 28U,          // -o of a report
  file_run = 1U << 29U,      // --dry-run of what writes files alone
  messages = 1U << 30U,      // -q and --log-format
  file_view = 1U << 31U,     // -v of a saved plan
};

constexpr FlagSet operator|(FlagSet a, FlagSet b) {
  return static_cast<FlagSet>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool contains(FlagSet sets, FlagSet set) {
  return (static_cast<unsigned>(sets) & static_cast<unsigned>(set)) != 0;
}

// What a command takes that asks a cluster about an installation.
inline constexpr FlagSet kAsks = FlagSet::names | FlagSet::folder | FlagSet::progress | FlagSet::messages |
                                 FlagSet::cluster | FlagSet::requests;
// One that changes it.
inline constexpr FlagSet kChanges = kAsks | FlagSet::output | FlagSet::dry_run | FlagSet::exit_code |
                                    FlagSet::consent | FlagSet::no_input | FlagSet::lock |
                                    FlagSet::settle_time | FlagSet::plan_view;
// One that changes it by a step of the migration.
inline constexpr FlagSet kStep = kChanges | FlagSet::chart | FlagSet::checks;
// What belongs to the migration as a whole.
inline constexpr FlagSet kWhole = FlagSet::chart | FlagSet::checks | FlagSet::revision | FlagSet::license |
                                  FlagSet::corrections | FlagSet::edited_values | FlagSet::annotate |
                                  FlagSet::ownership | FlagSet::volumes | FlagSet::again | FlagSet::timeout |
                                  FlagSet::backup;

// Those that several commands take: all but the variants of some of them, and what only the script's form
// has.
inline constexpr FlagSet kShared =
    static_cast<FlagSet>(~static_cast<unsigned>(FlagSet::plan_run | FlagSet::file_run | FlagSet::document |
                                                FlagSet::page | FlagSet::script | FlagSet::file_view));

// The heading of the flags that say which cluster.
inline constexpr const char* kClusterHeading = "Cluster";

// Whether flags have the script's one-letter forms too (-a, -l, -r, -d): its own steps do. Elsewhere a letter
// is free for what it means to kubectl and helm.
enum class Letters { own, script };

// Declares the flags of `sets` on `command`, under a heading each.
void take_flags(CLI::App& command, Flags& flags, FlagSet sets, Letters letters = Letters::own);

// The letter that the script had for a long name without dashes: "-a" for "release-name". Empty where the
// flag has its letter everywhere, or none.
[[nodiscard]] std::string_view letter_of_the_script(std::string_view long_name);

}  // namespace kots_export::cli
