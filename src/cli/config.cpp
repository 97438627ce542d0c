#include <kots_export/kube/kubeconfig_view.h>
#include <kots_export/ui/kubeconfig_text.h>
#include <kots_export/util/error.h>
#include <kots_export/values/json.h>
#include <kots_export/values/yaml.h>

#include "cli/choices.h"
#include "cli/commands.h"

#include <iostream>
#include <memory>

namespace kots_export::cli {

namespace {

struct ConfigFlags {
  CLI::App* view = nullptr;
  bool minify = false;
  bool raw = false;
  std::string output;
};

int write_out(const std::string& text) {
  if (!(std::cout << text << std::flush)) throw Error("cannot write to standard output");
  return static_cast<int>(ExitCode::done);
}

// Keys in alphabetical order, as kubectl's YAML has them.
std::string yaml_of(const nlohmann::ordered_json& document) {
  const nlohmann::json sorted = document;
  return values::to_yaml(values::parse_json(sorted.dump(), "the kubeconfig"));
}

int view_config(const kube::KubeconfigOverrides& overrides, const ConfigFlags& own) {
  const kube::KubeconfigView view = kube::view_kubeconfig(
      overrides, kube::Environment::of_process(), own.minify ? kube::Minify::yes : kube::Minify::no,
      own.raw ? kube::SecretView::raw : kube::SecretView::masked);
  std::cerr << ui::sources_text(view);
  return write_out(own.output == "json" ? view.document.dump(4) + "\n" : yaml_of(view.document));
}

nlohmann::ordered_json json_of(const kube::ContextSummary& context) {
  return {{"name", context.name},         {"current", context.current == kube::ContextSummary::Current::yes},
          {"cluster", context.cluster},   {"server", context.server},
          {"user", context.user},         {"namespace", context.ns},
          {"file", context.file.string()}};
}

int list_contexts(const kube::KubeconfigOverrides& overrides, const ConfigFlags& own) {
  const auto contexts = kube::list_contexts(overrides, kube::Environment::of_process());
  if (own.output.empty()) return write_out(ui::contexts_table(contexts));
  auto document = nlohmann::ordered_json::array();
  for (const auto& context : contexts) document.push_back(json_of(context));
  return write_out(own.output == "json" ? document.dump(4) + "\n" : yaml_of(document));
}

}  // namespace

Declared declare_config(CLI::App& app, Flags& flags) {
  auto own = std::make_shared<ConfigFlags>();
  auto* command = app.add_subcommand("config", "show the kubeconfig that is in use; contacts no server");
  command->require_subcommand(1);
  own->view = command->add_subcommand("view", "print the merged kubeconfig, its secrets masked");
  own->view->add_flag("--minify", own->minify, "only the context in use");
  own->view->add_flag("--raw", own->raw, "with its secrets");
  auto* contexts = command->add_subcommand("contexts", "list the contexts and the files they come from");
  for (CLI::App* part : {own->view, contexts}) {
    only_choices(*part->add_option("-o,--output", own->output, "the form of what is printed"), "json|yaml");
    take_flags(*part, flags, FlagSet::cluster);
  }
  own->view->footer(
      "Examples:\n"
      "  # Which cluster is about to be changed?\n"
      "  kots-export config view --minify\n"
      "  # All of it, as JSON\n"
      "  kots-export config view -o json\n"
      "  # With its secrets, for another kubeconfig\n"
      "  kots-export config view --raw --minify");
  contexts->footer(
      "Examples:\n"
      "  # Which contexts are there, and in which files?\n"
      "  kots-export config contexts\n"
      "  # The same for a script\n"
      "  kots-export config contexts -o json\n"
      "  # As YAML\n"
      "  kots-export config contexts -o yaml");
  command->footer(
      "Examples:\n"
      "  # Which cluster is about to be changed?\n"
      "  kots-export config view --minify\n"
      "  # Which contexts are there, and in which files?\n"
      "  kots-export config contexts\n"
      "  # All of the merged kubeconfig\n"
      "  kots-export config view");
  return {command, [own](const Call& call) {
            const kube::KubeconfigOverrides overrides = options_of(call).cluster.overrides;
            return own->view->parsed() ? view_config(overrides, *own) : list_contexts(overrides, *own);
          }};
}

}  // namespace kots_export::cli
