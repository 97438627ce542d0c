#include "cli/flags.h"

#include "cli/choices.h"

#include <algorithm>
#include <array>
#include <optional>
#include <variant>

namespace kots_export::cli {

namespace {

// Where a flag's value goes, and so what kind it is: a word, a switch, a list of words, a number.
using Member = std::variant<std::string Flags::*, bool Flags::*, std::vector<std::string> Flags::*,
                            int Flags::*, std::size_t Flags::*>;

// One flag. Names as CLI11 takes them; the letter is one that only the script's steps have. The placeholder
// is none for a switch, and "a|b" where only these words are possible.
struct Row {
  FlagSet set;
  const char* heading;
  const char* letter;
  const char* names;
  Member member;
  const char* placeholder;
  const char* help;
};

constexpr const char* kInstallation = "Installation";
constexpr const char* kValues = "Values";
constexpr const char* kSteps = "Migration";
constexpr const char* kChange = "Change";
constexpr const char* kOutput = "Output";

const std::array kRows = {
    Row{FlagSet::names, kInstallation, "", "-n,--namespace", &Flags::ns, "NAMESPACE",
        "namespace of the installation (circleci-server)"},
    Row{FlagSet::names, kInstallation, "-a", "--release-name", &Flags::release, "RELEASE",
        "its Helm release (circleci-server)"},
    Row{FlagSet::folder, kInstallation, "", "--output-dir", &Flags::output_dir, "DIR",
        "where output/, logs/ and backup/ are (.)"},
    Row{FlagSet::revision, kInstallation, "", "--revision", &Flags::revision, "NUMBER",
        "revision of the release to export (1)"},
    Row{FlagSet::chart, kInstallation, "", "--target-version", &Flags::target_version, "VERSION",
        "version of the 4.x chart to upgrade to (4.0.1)"},
    Row{FlagSet::chart, kInstallation, "-d", "--dev", &Flags::dev, "",
        "use the registry devcharts instead of cciserver"},

    Row{FlagSet::license, kValues, "-l", "--license", &Flags::license, "LICENSE",
        "license of Server 4.x; others see it in the process list: a file, or the variable CIRCLECI_LICENSE, "
        "is better"},
    Row{FlagSet::license, kValues, "", "--license-file", &Flags::license_file, "FILE",
        "read the license from a file; - is standard input"},
    Row{FlagSet::corrections, kValues, "", "--values", &Flags::values_files, "FILE",
        "YAML that corrects the 4.x values, merged last; may be repeated (the files of the last run; "
        "/dev/null: none)"},
    Row{FlagSet::edited_values, kValues, "", "--overwrite-values", &Flags::overwrite_values, "",
        "replace a values file that was edited; a copy of it is kept"},

    Row{FlagSet::script, kSteps, "", "-f,--func", &Flags::func,
        "all|fix-manifest|annotate|flyway|kots_cleanup|cleanup_kots|message",
        "run one step, as the script's flag did"},
    Row{FlagSet::annotate, kSteps, "-r", "--annotate", &Flags::annotate, "0|1",
        "0 leaves the annotate step out of the whole migration (1)"},
    Row{FlagSet::ownership, kSteps, "", "--take-ownership", &Flags::take_ownership, "",
        "annotate objects of other Helm releases too"},
    Row{FlagSet::volumes, kSteps, "", "--delete-volumes", &Flags::delete_volumes, "",
        "let the data of KOTS's own volumes be deleted with them"},
    Row{FlagSet::again, kSteps, "", "--again", &Flags::migrate_again, "",
        "migrate the database once more, although a run of this folder has done it"},
    Row{FlagSet::timeout, kSteps, "", "--timeout", &Flags::timeout, "DURATION",
        "how long to wait for the database migration (10m)"},
    Row{FlagSet::checks, kSteps, "", "--skip-check", &Flags::skip_checks, "CHECK",
        "leave a check out, by its id; may be repeated"},
    Row{FlagSet::backup, kSteps, "", "--backup-confirmed", &Flags::backup_confirmed, "",
        "a backup was made today, although Velero knows of none"},

    Row{FlagSet::dry_run, kChange, "", "--dry-run", &Flags::dry_run, "none|client|server",
        "client: send no change, show the plan; server: send every change with dryRun=All, which stores "
        "nothing (none)"},
    Row{FlagSet::plan_run, kChange, "", "--dry-run", &Flags::dry_run, "client|server",
        "client: send no change; server: send every change with dryRun=All, which stores nothing (client)"},
    Row{FlagSet::file_run, kChange, "", "--dry-run", &Flags::dry_run, "none|client|server",
        "client or server: write no file, say which would be written (none)"},
    Row{FlagSet::exit_code, kChange, "", "--detailed-exitcode", &Flags::detailed_exitcode, "",
        "end with 3 if a plan or a dry run has something to change"},
    Row{FlagSet::consent, kChange, "", "-y,--yes", &Flags::yes, "",
        "ask nothing: change what the plan changes"},
    Row{FlagSet::no_input, kChange, "", "--no-input", &Flags::no_input, "",
        "ask nothing: refuse what needs an answer; so does the variable CI"},
    Row{FlagSet::lock, kChange, "", "--force-unlock", &Flags::force_unlock, "",
        "take the namespace's lock from another run at once"},
    Row{FlagSet::lock, kChange, "", "--lock-duration", &Flags::lock_duration, "DURATION",
        "how long the namespace's lock lasts without a renewal (30s)"},
    Row{FlagSet::settle_time, kChange, "", "--settle-time", &Flags::settle_time, "DURATION",
        "how long a write that was not answered may still take effect in the API server; what would undo it "
        "waits for that (34s)"},

    Row{FlagSet::output, kOutput, "", "-o,--output", &Flags::output, "json|yaml|markdown",
        "json, yaml: one document, for a program; markdown: text for a pull request or a ticket"},
    Row{FlagSet::document, kOutput, "", "-o,--output", &Flags::output, "json|yaml",
        "one document on standard output"},
    Row{FlagSet::page, kOutput, "", "-o,--output", &Flags::output, "html|markdown",
        "a page for a browser, or text for a ticket (html)"},
    Row{FlagSet::plan_view, kOutput, "", "--full", &Flags::full, "",
        "name every object of a plan, also if many of a kind change alike"},
    Row{FlagSet::progress, kOutput, "", "-v,--verbose", &Flags::verbose, "",
        "show more: each change and each check, in a plan all of each object; -vv: every request; -vvv: "
        "their headers and bodies, secrets masked"},
    Row{FlagSet::file_view, kOutput, "", "-v,--verbose", &Flags::verbose, "",
        "show all of each object, its secrets masked"},
    Row{FlagSet::messages, kOutput, "", "-q,--quiet", &Flags::quiet, "", "show errors and results only"},
    Row{FlagSet::progress, kOutput, "", "--progress", &Flags::progress, "auto|tty|plain",
        "how a run is shown: tty, a list that is repainted; plain, lines with times; auto, what standard "
        "error can do (auto)"},
    Row{FlagSet::messages, kOutput, "", "--log-format", &Flags::log_format, "text|json",
        "what standard error gets: text, or an event a line as JSON (text)"},

    Row{FlagSet::cluster, kClusterHeading, "", "--kubeconfig", &Flags::kubeconfig, "FILE",
        "kubeconfig file (those of KUBECONFIG, or ~/.kube/config)"},
    Row{FlagSet::cluster, kClusterHeading, "", "--context", &Flags::context, "CONTEXT",
        "context of the kubeconfig (the current one)"},
    Row{FlagSet::cluster, kClusterHeading, "", "--cluster", &Flags::cluster, "CLUSTER",
        "cluster of the kubeconfig"},
    Row{FlagSet::cluster, kClusterHeading, "", "--user", &Flags::user, "USER", "user of the kubeconfig"},
    Row{FlagSet::cluster, kClusterHeading, "", "-s,--server", &Flags::server, "URL",
        "address of the API server"},
    Row{FlagSet::cluster, kClusterHeading, "", "--token", &Flags::token, "TOKEN", "bearer token"},
    Row{FlagSet::cluster, kClusterHeading, "", "--as", &Flags::as, "USER", "user to impersonate"},
    Row{FlagSet::cluster, kClusterHeading, "", "--as-group", &Flags::as_groups, "GROUP",
        "group to impersonate; may be repeated"},
    Row{FlagSet::cluster, kClusterHeading, "", "--as-uid", &Flags::as_uid, "UID", "UID to impersonate"},
    Row{FlagSet::cluster, kClusterHeading, "", "--certificate-authority", &Flags::certificate_authority,
        "FILE", "certificate of the authority that signed the server's"},
    Row{FlagSet::cluster, kClusterHeading, "", "--client-certificate", &Flags::client_certificate, "FILE",
        "client certificate"},
    Row{FlagSet::cluster, kClusterHeading, "", "--client-key", &Flags::client_key, "FILE",
        "key of the client certificate"},
    Row{FlagSet::cluster, kClusterHeading, "", "--tls-server-name", &Flags::tls_server_name, "HOST",
        "name that the server's certificate must have"},
    Row{FlagSet::cluster, kClusterHeading, "", "--insecure-skip-tls-verify", &Flags::insecure_skip_tls_verify,
        "", "do not check the server's certificate"},
    Row{FlagSet::requests, kClusterHeading, "", "--request-timeout", &Flags::request_timeout, "DURATION",
        "longest time for one request with all its tries; 0 is no limit (0)"},
    Row{FlagSet::requests, kClusterHeading, "", "--concurrency", &Flags::concurrency, "NUMBER",
        "most requests in flight, from 1 to 256; fewer if the server slows down (64)"},
};

CLI::Option& add(CLI::App& command, Flags& flags, const std::string& names, const Row& row) {
  return *std::visit(
      [&](auto member) -> CLI::Option* {
        using Value = std::remove_reference_t<decltype(flags.*member)>;
        if constexpr (std::is_same_v<Value, bool>) {
          return command.add_flag(names, flags.*member, row.help);
        } else {
          // A number without a placeholder counts how often it is given: -vv.
          if constexpr (std::is_same_v<Value, int>) {
            if (std::string_view(row.placeholder).empty())
              return command.add_flag(names, flags.*member, row.help);
          }
          CLI::Option* option = command.add_option(names, flags.*member, row.help);
          // One value each time that it is given.
          if constexpr (std::is_same_v<Value, std::vector<std::string>>) option->expected(1)->take_all();
          return option->type_name(row.placeholder);
        }
      },
      row.member);
}

void check(CLI::Option& option, const Row& row) {
  constexpr long kMostRevisions = 1'000'000;
  constexpr long kMostRequests = 256;
  if (std::string_view(row.placeholder).find('|') != std::string_view::npos)
    only_choices(option, row.placeholder, row.set == FlagSet::script ? Choice::step : Choice::value);
  if (row.set == FlagSet::revision) only_numbers(option, 1, kMostRevisions);
  if (std::holds_alternative<std::size_t Flags::*>(row.member)) only_numbers(option, 1, kMostRequests);
}

}  // namespace

void take_flags(CLI::App& command, Flags& flags, FlagSet sets, Letters letters) {
  for (const Row& row : kRows) {
    if (!contains(sets, row.set)) continue;
    const bool has_letter = letters == Letters::script && *row.letter != '\0';
    const std::string names = has_letter ? std::string(row.letter) + "," + row.names : row.names;
    CLI::Option& option = add(command, flags, names, row);
    check(*option.group(row.heading), row);
  }
}

std::string_view letter_of_the_script(std::string_view long_name) {
  const auto* const row = std::ranges::find_if(kRows, [&](const Row& candidate) {
    return std::string_view(candidate.names) == "--" + std::string(long_name);
  });
  return row == kRows.end() ? std::string_view() : row->letter;
}

}  // namespace kots_export::cli
