#include "cli/options.h"

#include <kots_export/migration/checks.h>
#include <kots_export/migration/names.h>
#include <kots_export/ui/terminal.h>
#include <kots_export/util/error.h>
#include <kots_export/util/text.h>

#include "cli/duration.h"
#include "cli/question.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <regex>
#include <sstream>
#include <utility>

namespace kots_export::cli {

namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr SecondsRange kLockDurations{seconds(1), hours(1), "1s to 1h"};
constexpr SecondsRange kTimeouts{seconds(1), hours(7 * 24), "1s to 168h"};

// The values of flags, by the words that they are typed as; the words themselves are checked in
// flags.cpp.
constexpr std::array<std::pair<std::string_view, kube::DryRun>, 3> kDryRuns = {
    {{"none", kube::DryRun::none}, {"client", kube::DryRun::client}, {"server", kube::DryRun::server}}};
constexpr std::array<std::pair<std::string_view, OutputOptions::Progress>, 3> kProgress = {
    {{"auto", OutputOptions::Progress::automatic},
     {"tty", OutputOptions::Progress::tty},
     {"plain", OutputOptions::Progress::plain}}};
constexpr std::array<std::pair<std::string_view, OutputOptions::Log>, 2> kLogs = {
    {{"text", OutputOptions::Log::text}, {"json", OutputOptions::Log::json}}};
constexpr std::array<std::pair<std::string_view, OutputOptions::Format>, 5> kFormats = {
    {{"", OutputOptions::Format::text},
     {"markdown", OutputOptions::Format::markdown},
     {"html", OutputOptions::Format::html},
     {"json", OutputOptions::Format::json},
     {"yaml", OutputOptions::Format::yaml}}};

template <typename Table>
auto value_of(const Table& table, std::string_view word) {
  return std::ranges::find(table, word, [](const auto& row) { return row.first; })->second;
}

template <typename Choice>
Choice choice(bool is_set, Choice set, Choice unset) {
  return is_set ? set : unset;
}

// Charts have versions as https://semver.org says.
std::string chart_version(const std::string& text) {
  static const std::regex kVersion(R"(([0-9]+)\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?)");
  std::smatch match;
  if (!std::regex_match(text, match, kVersion))
    throw UsageError(
        util::filled("--target-version {version} is not the version of a chart", {{"version", text}}), {},
        "Write all of it, such as 4.0.1.");
  if (match[1].length() == 1 && match[1].str() < "4")
    throw UsageError(util::filled("--target-version {version} is not a 4.x chart", {{"version", text}}), {},
                     "This migrates to Server 4.0 and later.");
  return text;
}

InstallationOptions installation_options(const Flags& flags, InstallationNames names) {
  return {.ns = std::move(names.ns),
          .release = std::move(names.release),
          .paths = {.root = flags.output_dir},
          .registry = {.name = std::string(flags.dev ? migration::names::kDevRegistry
                                                     : migration::names::kRegistry)},
          .revision = flags.revision > 0 ? std::optional(flags.revision) : std::nullopt,
          .target_version = chart_version(flags.target_version)};
}

ClusterOptions cluster_options(const Flags& flags) {
  kube::KubeconfigOverrides overrides;
  if (!flags.kubeconfig.empty()) overrides.kubeconfig = flags.kubeconfig;
  overrides.context = flags.context;
  overrides.cluster = flags.cluster;
  overrides.user = flags.user;
  overrides.server = flags.server;
  overrides.token = Secret<std::string>(flags.token);
  overrides.as = flags.as;
  overrides.as_uid = flags.as_uid;
  overrides.as_groups = flags.as_groups;
  if (flags.insecure_skip_tls_verify) overrides.verify = kube::KubeconfigOverrides::Verify::never;
  overrides.certificate_authority = flags.certificate_authority;
  overrides.tls_server_name = flags.tls_server_name;
  overrides.client_certificate = flags.client_certificate;
  overrides.client_key = flags.client_key;
  return {.overrides = std::move(overrides),
          .request_timeout = parse_duration(flags.request_timeout, "--request-timeout"),
          .concurrency = flags.concurrency};
}

MigrationOptions migration_options(const Flags& flags) {
  using migration::RunOptions;
  migration::require_skippable(flags.skip_checks);
  return {
      .annotate = choice(flags.annotate == "1", RunOptions::Annotate::yes, RunOptions::Annotate::no),
      .take_ownership =
          choice(flags.take_ownership, migration::TakeOwnership::yes, migration::TakeOwnership::no),
      .delete_volumes =
          choice(flags.delete_volumes, migration::DeleteVolumes::yes, migration::DeleteVolumes::no),
      .backup = choice(flags.backup_confirmed, RunOptions::Backup::confirmed, RunOptions::Backup::as_found),
      .leave_out = choice(flags.migrate_again, migration::FlywayOptions::LeaveOut::nothing,
                          migration::FlywayOptions::LeaveOut::known),
      .overwrite_values =
          choice(flags.overwrite_values, migration::OverwriteValues::yes, migration::OverwriteValues::no),
      .values_files = flags.values_files,
      .skip_checks = flags.skip_checks,
      .timeout = parse_seconds(flags.timeout, "--timeout", kTimeouts)};
}

ChangeOptions change_options(const Flags& flags) {
  using Take = change::LeaseOptions::Take;
  return {.dry_run = value_of(kDryRuns, flags.dry_run),
          .detailed_exit_code = choice(flags.detailed_exitcode, ChangeOptions::DetailedExitCode::yes,
                                       ChangeOptions::DetailedExitCode::no),
          .consent = choice(flags.yes, ChangeOptions::Consent::given, ChangeOptions::Consent::asked_for),
          .input = choice(flags.no_input, ChangeOptions::Input::none, ChangeOptions::Input::possible),
          .lock = choice(flags.force_unlock, Take::at_once, Take::when_free),
          .lock_duration = parse_seconds(flags.lock_duration, "--lock-duration", kLockDurations),
          .settle_time = parse_duration(flags.settle_time, "--settle-time")};
}

OutputOptions::Verbosity verbosity(const Flags& flags) {
  using Verbosity = OutputOptions::Verbosity;
  if (flags.quiet && flags.verbose > 0)
    throw UsageError("--quiet and --verbose were given", {}, "Give one of them.");
  if (flags.quiet) return Verbosity::quiet;
  constexpr std::array kByCount = {Verbosity::normal, Verbosity::changes, Verbosity::requests,
                                   Verbosity::bodies};
  const auto count = static_cast<std::size_t>(flags.verbose);
  if (count >= kByCount.size())
    throw UsageError(util::filled("-v was given {count} times", {{"count", count}}), {},
                     "Give it three times at most.");
  return kByCount.at(count);
}

OutputOptions output_options(const Call& call) {
  const Flags& flags = call.flags;
  return {.format = value_of(kFormats, flags.output),
          .verbosity = verbosity(flags),
          .progress = value_of(kProgress, flags.progress),
          .log = value_of(kLogs, flags.log_format),
          .detail = flags.verbose > 0 ? ui::Detail::verbose
                    : flags.full      ? ui::Detail::full
                                      : ui::Detail::normal,
          .document = call.document};
}

LicenseOptions license_options(const Flags& flags) {
  if (!flags.license.empty() && !flags.license_file.empty())
    throw UsageError("--license and --license-file were given", {}, "Give one of them.");
  return {.text = Secret<std::string>(flags.license), .file = flags.license_file};
}

void complete_names(Options& options, const Flags& flags) {
  const bool asks = options.line.form == CommandLine::Form::script && flags.ns.empty() &&
                    flags.release.empty() && may_ask(options);
  const auto completed = [asks](const std::string& given, const std::string& question,
                                std::string_view fallback) {
    if (!given.empty()) return given;
    return asks ? ui::ask(question, std::string(fallback)) : std::string(fallback);
  };
  options.installation.release =
      completed(flags.release, "Helm release of the installation", migration::names::kDefaultRelease);
  options.installation.ns =
      completed(flags.ns, "Namespace of the installation", migration::names::kDefaultNamespace);
}

// A plan and a run know their installation: the commands that are printed for it have to name it.
CommandLine with_names(CommandLine line, const Flags& flags, const InstallationNames& names) {
  const auto add = [&line](const std::string& flag, const std::string& typed, const std::string& name,
                           std::string_view by_default) {
    if (typed.empty() && !name.empty() && name != by_default) line.places += flag + util::shell_quote(name);
  };
  add(" -n ", flags.ns, names.ns, migration::names::kDefaultNamespace);
  add(" --release-name ", flags.release, names.release, migration::names::kDefaultRelease);
  return line;
}

}  // namespace

std::string_view to_string(OutputOptions::Format format) {
  return std::ranges::find(kFormats, format, [](const auto& row) { return row.second; })->first;
}

Options options_of(const Call& call, InstallationNames names) {
  const Flags& flags = call.flags;
  return {.line = with_names(call.line, flags, names),
          .installation = installation_options(flags, std::move(names)),
          .license = license_options(flags),
          .cluster = cluster_options(flags),
          .migration = migration_options(flags),
          .change = change_options(flags),
          .output = output_options(call)};
}

Options options_of(const Call& call) {
  Options options = options_of(call, {.ns = {}, .release = {}});
  complete_names(options, call.flags);
  return options;
}

migration::Commands commands(const Options& options, std::string context) {
  const kube::KubeconfigOverrides& overrides = options.cluster.overrides;
  migration::Commands commands{.context = std::move(context),
                               .kubeconfig = {},
                               .server = overrides.server,
                               .as = overrides.as,
                               .as_groups = overrides.as_groups,
                               .again = options.line.again,
                               .given = options.line.places};
  const auto add = [&](const std::filesystem::path& file) {
    commands.kubeconfig.push_back(std::filesystem::absolute(file).lexically_normal().string());
  };
  if (overrides.kubeconfig) {
    add(*overrides.kubeconfig);
    return commands;
  }
  std::istringstream files(kube::Environment::of_process().get("KUBECONFIG").value_or(""));
  for (std::string file; std::getline(files, file, ':');) {
    if (!file.empty()) add(file);
  }
  return commands;
}

}  // namespace kots_export::cli
