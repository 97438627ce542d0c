#include <kots_export/migration/paths.h>
#include <kots_export/migration/transform.h>
#include <kots_export/ui/values_text.h>
#include <kots_export/util/files.h>
#include <kots_export/values/diff.h>
#include <kots_export/values/values_file.h>
#include <kots_export/values/yaml.h>

#include "cli/commands.h"
#include "cli/license.h"
#include "cli/output.h"
#include "cli/views.h"

#include <iostream>
#include <memory>

namespace kots_export::cli {

namespace {

struct TransformFlags {
  std::string from;
  std::string to;
  bool explain = false;
  bool diff = false;
  bool show_secrets = false;
};

// What was done, on standard output; on standard error where the values themselves go to standard output.
void print_changes(const TransformFlags& typed, const values::Value& before,
                   const values::Transformed& result) {
  const bool values_on_output = typed.to == "-";
  std::ostream& out = values_on_output ? std::cerr : std::cout;
  if (typed.explain) out << ui::text_of(result.applied);
  if (typed.diff) {
    const ui::Colour colour = colour_of(values_on_output ? ui::Stream::err : ui::Stream::out);
    const auto show = typed.show_secrets ? values::ShowSecrets::yes : values::ShowSecrets::no;
    out << ui::text_of(values::diff(before, result.values, show), colour);
  }
  if (result.applied.empty() && !typed.explain)
    std::cerr << "nothing to change: these are values of 4.x already\n";
  out << std::flush;
}

int run_transform(const Options& options, TransformFlags typed) {
  const migration::Paths& paths = options.installation.paths;
  typed.from = input_name(typed.from);
  typed.to = output_name(typed.to);
  if (typed.from.empty()) typed.from = paths.values_v3().string();
  if (typed.to.empty()) typed.to = typed.from == "-" ? "-" : paths.values().string();
  if (typed.from == "-" && input_name(options.license.file) == "-")
    throw UsageError("values and license cannot both come from standard input");
  require_free_stdout(options.output, typed.to);
  Views view(options);
  const std::string from = typed.from == "-" ? "standard input" : typed.from;
  const values::Value v3 = values::parse_yaml(util::read_file(typed.from), from);
  values::require_map_in(v3, from);
  migration::TransformStepOptions step{.license = read_license(options),
                                       .registry = options.installation.registry,
                                       .earlier_output = std::nullopt};
  if (typed.to != "-") step.earlier_output = typed.to;
  const values::Transformed result = migration::transform_by_rules(v3, step, view);
  const std::string yaml = values::to_yaml(result.values);
  write_result(options, typed.to, "values", yaml, view);
  print_changes(typed, v3, result);
  // Findings name lines: of a file that was not written they could not be looked up.
  if (typed.to != "-" && options.change.is_dry_run()) return static_cast<int>(ExitCode::done);
  migration::validate_values(yaml, typed.to, options.installation.target_version, view);
  return static_cast<int>(ExitCode::done);
}

}  // namespace

Declared declare_transform(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand("transform", "turn a 3.x values file into a 4.x one; needs no cluster");
  auto typed = std::make_shared<TransformFlags>();
  command->add_option("FROM", typed->from,
                      "3.x values; - is standard input (OUTPUT-DIR/output/helm-values-v3.yaml)");
  command->add_option(
      "TO", typed->to,
      "4.x values; - is standard output (OUTPUT-DIR/output/helm-values.yaml, - if FROM is -)");
  command->add_flag("--explain", typed->explain, "print which rule did what to which path");
  command->add_flag("--diff", typed->diff, "print what changed");
  command->add_flag("--show-secrets", typed->show_secrets, "show secrets in --diff instead of ***");
  take_flags(*command, flags,
             FlagSet::folder | FlagSet::chart | FlagSet::license | FlagSet::file_run | FlagSet::no_input |
                 FlagSet::document);
  command->footer(
      "Examples:\n"
      "  # From file to file\n"
      "  kots-export transform values-3.x.yaml values-4.x.yaml \\\n"
      "    --license-file license.txt\n"
      "  # Look at every rule and what it changes\n"
      "  kots-export transform values-3.x.yaml values-4.x.yaml \\\n"
      "    --license-file license.txt --explain --diff\n"
      "  # As a filter\n"
      "  kots-export transform - --license-file license.txt \\\n"
      "    < values-3.x.yaml > values-4.x.yaml");
  return {command, [typed](const Call& call) { return run_transform(options_of(call), *typed); }};
}

}  // namespace kots_export::cli
