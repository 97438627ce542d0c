#include "cli/flags.h"

namespace kots_export::cli {

namespace {

void add_installation_flags(CLI::App& app, Flags& flags) {
  // Empty is a variable that was not set, and no wish for the default.
  const CLI::Validator is_given(
      [](const std::string& value) { return value.empty() ? "is empty: is a variable not set?" : ""; }, "");
  app.add_option("-n,--namespace", flags.ns, "namespace of the installation (circleci-server)")
      ->group("Installation")
      ->check(is_given);
  app.add_option("-a,--release-name", flags.release, "name of the Helm release (circleci-server)")
      ->group("Installation")
      ->check(is_given);
  app.add_option("-l,--license", flags.license, "licence string of Server 4.x; also from CIRCLECI_LICENSE")
      ->group("Installation");
  app.add_option("--license-file", flags.license_file, "read the licence from a file, - is standard input")
      ->group("Installation");
  app.add_option("--output-dir", flags.output_dir, "where output/, logs/ and backup/ go (.)")
      ->group("Installation");
  app.add_option(
         "--values", flags.values_files,
         "YAML file that corrects the 4.x values, merged last; may be repeated (those of the last run; "
         "/dev/null: none)")
      ->group("Installation")
      ->expected(1)
      ->take_all();
  app.add_flag("--overwrite-values", flags.overwrite_values,
               "replace a values file that was edited, and keep a copy of it")
      ->group("Installation");
  app.add_option("--revision", flags.revision, "revision of the release to export (1)")
      ->group("Installation")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--target-version", flags.target_version,
                 "version of the 4.x chart, for the next steps (4.0.1)")
      ->group("Installation");
  app.add_flag("-d,--dev", flags.dev, "use the registry devcharts instead of cciserver")
      ->group("Installation");
}

void add_change_flags(CLI::App& app, Flags& flags) {
  app.add_option("-f,--func", flags.func, "run one step, as the script's flag did")
      ->group("Steps")
      ->check(CLI::IsMember(
          {"all", "fix-manifest", "annotate", "flyway", "kots_cleanup", "cleanup_kots", "message"}));
  app.add_option("-r,--annotate", flags.annotate, "0 leaves the annotate step out of a whole run (1)")
      ->group("Steps")
      ->check(CLI::IsMember({"0", "1"}));
  app.add_flag("--take-ownership", flags.take_ownership, "annotate objects of other Helm releases too")
      ->group("Steps");
  app.add_flag("--delete-volumes", flags.delete_volumes,
               "let the data of KOTS' own volumes be deleted with them")
      ->group("Steps");
  app.add_flag("--backup-confirmed", flags.backup_confirmed,
               "there is a backup of today, although Velero knows of none")
      ->group("Steps");
  app.add_flag("--again", flags.migrate_again,
               "migrate the database once more, although a run of this folder has done it")
      ->group("Steps");
  app.add_option("--skip-check", flags.skip_checks, "leave a check out, by its id; may be repeated")
      ->group("Steps")
      ->expected(1)
      ->take_all();
  app.add_flag("--force-unlock", flags.force_unlock, "take the namespace's lock from another run at once")
      ->group("Steps");
  app.add_option("--lock-duration", flags.lock_duration,
                 "how long the namespace's lock lasts without a renewal (30s)")
      ->group("Steps");
  app.add_option(
         "--settle-time", flags.settle_time,
         "how long a write that was not answered may still take effect in the API server; what would undo "
         "it waits for that (34s)")
      ->group("Steps");
  app.add_option("--timeout", flags.timeout, "how long to wait for the database migration (10m)")
      ->group("Steps");
  app.add_option("--dry-run", flags.dry_run,
                 "none, client (send nothing, print the plan) or server (send with dryRun=All)")
      ->group("Steps")
      ->check(CLI::IsMember({"none", "client", "server"}));
  app.add_flag("--detailed-exitcode", flags.detailed_exitcode,
               "end a dry run with 3 where changes are pending")
      ->group("Steps");
  app.add_option("-o,--output", flags.output,
                 "json or yaml: one document with plan, outcome and timings on standard output; markdown: a "
                 "plan or a dry run for people")
      ->group("Steps")
      ->check(CLI::IsMember({"json", "yaml", "markdown"}));
  app.add_flag("-y,--yes", flags.yes, "ask nothing, change what the plan changes")->group("Steps");
  app.add_flag("--no-input", flags.no_input,
               "ask nothing, refuse what needs an answer; so does the variable CI")
      ->group("Steps");
  app.add_flag("--full", flags.full, "name every object of a plan, also where many of a kind change alike")
      ->group("Steps");
  app.add_flag("-v,--verbose", flags.verbose, "print every change")->group("Steps");
}

void add_cluster_flags(CLI::App& app, Flags& flags) {
  const auto option = [&app](const char* name, std::string& value, const char* help) {
    app.add_option(name, value, help)->group("Cluster");
  };
  option("--kubeconfig", flags.kubeconfig, "kubeconfig file");
  option("--context", flags.context, "context of the kubeconfig");
  option("--cluster", flags.cluster, "cluster of the kubeconfig");
  option("--user", flags.user, "user of the kubeconfig");
  option("-s,--server", flags.server, "address of the API server");
  option("--token", flags.token, "bearer token");
  option("--as", flags.as, "user to impersonate");
  option("--as-uid", flags.as_uid, "UID to impersonate");
  app.add_option("--as-group", flags.as_groups, "group to impersonate, may be repeated")
      ->group("Cluster")
      ->expected(1)
      ->take_all();
  option("--request-timeout", flags.request_timeout,
         "longest time for one request with all its tries, 0 is none (0)");
  option("--certificate-authority", flags.certificate_authority,
         "file of the authority that signed the server's certificate");
  option("--client-certificate", flags.client_certificate, "file of the client certificate");
  option("--client-key", flags.client_key, "file of the client certificate's key");
  option("--tls-server-name", flags.tls_server_name, "name that the server's certificate must have");
  app.add_flag("--insecure-skip-tls-verify", flags.insecure_skip_tls_verify,
               "do not check the server's certificate")
      ->group("Cluster");
  app.add_option("--concurrency", flags.concurrency,
                 "most requests in flight (64); fewer where the server slows down")
      ->group("Cluster")
      ->check(CLI::Range(1, 256));
}

}  // namespace

void add_flags(CLI::App& app, Flags& flags) {
  add_installation_flags(app, flags);
  add_change_flags(app, flags);
  add_cluster_flags(app, flags);
}

}  // namespace kots_export::cli
