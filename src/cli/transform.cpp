#include <kots_export/migration/paths.h>
#include <kots_export/migration/transform.h>
#include <kots_export/ui/human_view.h>
#include <kots_export/ui/terminal.h>
#include <kots_export/util/files.h>
#include <kots_export/values/yaml.h>

#include "cli/commands.h"
#include "cli/output.h"

#include <iostream>
#include <memory>

namespace kots_export::cli {

namespace {

int run_transform(const Flags& flags, std::string from, std::string to) {
  const migration::Paths paths{.root = flags.output_dir};
  if (from.empty()) from = paths.values_v3().string();
  if (to.empty()) to = from == "-" ? "-" : paths.values().string();
  if (from == "-" && flags.license_file == "-")
    throw UsageError("values and licence cannot both come from standard input");
  ui::HumanView view(std::cout, std::cerr, ui::wants_colour() ? ui::Colour::yes : ui::Colour::no,
                     ui::Detail::normal);
  const values::Value v3 = values::parse_yaml(util::read_file(from), from == "-" ? "standard input" : from);
  migration::TransformStepOptions options{
      .license = read_license(flags), .registry = registry(flags), .earlier_output = std::nullopt};
  if (to != "-") options.earlier_output = to;
  write_values(to, "values", values::to_yaml(migration::transform_values(v3, options, view)), view);
  return static_cast<int>(ExitCode::done);
}

}  // namespace

Declared declare_transform(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand("transform", "turn a 3.x values file into a 4.x one; needs no cluster");
  auto from = std::make_shared<std::string>();
  auto to = std::make_shared<std::string>();
  command->add_option("FROM", *from,
                      "3.x values; - is standard input (OUTPUT-DIR/output/helm-values-v3.yaml)");
  command->add_option(
      "TO", *to, "4.x values; - is standard output (OUTPUT-DIR/output/helm-values.yaml, - where FROM is -)");
  command->footer(
      "Examples:\n"
      "  # From file to file\n"
      "  kots-export transform values-3.x.yaml values-4.x.yaml --license-file licence.txt\n"
      "  # As a filter\n"
      "  kots-export transform - --license-file licence.txt < values-3.x.yaml > values-4.x.yaml");
  return {command, [&flags, from, to] { return run_transform(flags, *from, *to); }};
}

}  // namespace kots_export::cli
