#pragma once

#include <kots_export/migration/names.h>

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace kots_export::cli {

// What was typed, as it was typed, for every command; options.h makes of it what commands work with. One
// struct: flags stand before or after a subcommand.
struct Flags {
  // --- the installation ---
  std::string ns;
  std::string release;
  std::string output_dir = ".";
  bool dev = false;
  int revision = 0;  // 0: not given
  std::string target_version = std::string(migration::names::kTargetVersion);
  std::vector<std::string> values_files;
  bool overwrite_values = false;
  // --- the 4.x license ---
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
  std::string annotate = "1";
  std::string timeout = "10m";
  std::string lock_duration = "30s";
  std::string settle_time = "34s";  // kServerPatience
  // --- what is shown ---
  std::string output;  // empty (text), "markdown", "json" or "yaml"
  bool verbose = false;
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

// Declares all of them on `app`.
void add_flags(CLI::App& app, Flags& flags);

}  // namespace kots_export::cli
