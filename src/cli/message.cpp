#include <kots_export/kube/kubeconfig_view.h>
#include <kots_export/migration/message.h>
#include <kots_export/migration/paths.h>

#include "cli/commands.h"
#include "cli/output.h"

#include <algorithm>

namespace kots_export::cli {

namespace {

// Only the commands need it: without a kubeconfig they name no context.
std::string context_in_use(const Flags& flags) {
  if (!flags.context.empty()) return flags.context;
  try {
    const auto contexts = kube::list_contexts(kubeconfig_overrides(flags), kube::Environment::of_process());
    const auto current =
        std::ranges::find(contexts, kube::ContextSummary::Current::yes, &kube::ContextSummary::current);
    return current == contexts.end() ? std::string() : current->name;
  } catch (const Error&) {
    return {};
  }
}

int run_message(Flags& flags) {
  complete_installation(flags);
  const migration::Paths paths{.root = flags.output_dir};
  show(flags, migration::next_steps({.values_file = paths.values(),
                                     .ns = flags.ns,
                                     .release = flags.release,
                                     .registry = registry(flags),
                                     .target_version = flags.target_version,
                                     .commands = commands(flags, context_in_use(flags))}));
  return static_cast<int>(ExitCode::done);
}

}  // namespace

Declared declare_message(CLI::App& app, Flags& flags) {
  auto* command =
      app.add_subcommand("message", "print the next steps after a migration; needs only the values file");
  command->footer(
      "Examples:\n"
      "  # Print the next steps for chart version 4.1.0\n"
      "  kots-export message -n circleci-server --target-version 4.1.0");
  return {command, [&flags] { return run_message(flags); }};
}

}  // namespace kots_export::cli
