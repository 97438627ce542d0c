#include <kots_export/change/run_details.h>
#include <kots_export/kube/kubeconfig_view.h>
#include <kots_export/migration/message.h>
#include <kots_export/migration/paths.h>
#include <kots_export/ui/next_steps.h>

#include "cli/commands.h"
#include "cli/output.h"

#include <algorithm>
#include <ranges>

namespace kots_export::cli {

namespace {

// Only the commands need it: without a kubeconfig they name no context.
std::string context_in_use(const kube::KubeconfigOverrides& overrides) {
  if (!overrides.context.empty()) return overrides.context;
  try {
    const auto contexts = kube::list_contexts(overrides, kube::Environment::of_process());
    const auto current =
        std::ranges::find(contexts, kube::ContextSummary::Current::yes, &kube::ContextSummary::current);
    return current == contexts.end() ? std::string() : current->name;
  } catch (const Error&) {
    return {};
  }
}

// What the newest run of this installation that knows it found. Nothing depends on it: where the runs cannot
// be read, the upgrade is printed with what to do where --force is refused.
migration::HelmForce helm_force_found(const InstallationOptions& installation) {
  using migration::HelmForce;
  change::Runs all;
  try {
    all = change::read_runs(installation.paths.backup());
  } catch (const Interrupted&) {
    throw;
  } catch (const Error&) {
    return HelmForce::unknown;
  }
  for (const change::RunRecord& run : all.runs | std::views::reverse) {
    if (run.header.ns != installation.ns || run.header.release != installation.release) continue;
    const auto details = change::run_details_if_readable(run.path.parent_path());
    const HelmForce force = details ? ui::helm_force_of(details->helm_force) : HelmForce::unknown;
    if (force != HelmForce::unknown) return force;
  }
  return HelmForce::unknown;
}

int run_message(const Options& options) {
  migration::MessageOptions message = message_options(options, options.installation.paths.values());
  message.helm_force = helm_force_found(options.installation);
  show(options.output, migration::next_steps(message));
  return static_cast<int>(ExitCode::done);
}

}  // namespace

migration::MessageOptions message_options(const Options& options, const std::filesystem::path& values_file) {
  const InstallationOptions& installation = options.installation;
  return {.values_file = values_file,
          .migrator_log = installation.paths.migrator_log(),
          .ns = installation.ns,
          .release = installation.release,
          .registry = installation.registry,
          .target_version = installation.target_version,
          .commands = commands(options, context_in_use(options.cluster.overrides))};
}

Declared declare_message(CLI::App& app, Flags& flags) {
  auto* command =
      app.add_subcommand("message", "print the next steps after a migration; needs only the values file");
  take_flags(*command, flags,
             FlagSet::names | FlagSet::folder | FlagSet::chart | FlagSet::output | FlagSet::cluster,
             Letters::script);
  command->footer(
      "The cluster's flags go into the commands that it prints; no cluster is asked.\n\n"
      "Examples:\n"
      "  # Print the next steps\n"
      "  kots-export message -n circleci-server\n"
      "  # For chart version 4.1.0\n"
      "  kots-export message -n circleci-server --target-version 4.1.0\n"
      "  # For a program\n"
      "  kots-export message -n circleci-server -o json");
  return {command, [](const Call& call) { return run_message(options_of(call)); }};
}

}  // namespace kots_export::cli
