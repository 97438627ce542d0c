#include <kots_export/migration/paths.h>
#include <kots_export/ui/json_view.h>
#include <kots_export/ui/values_text.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>
#include <kots_export/values/validate.h>
#include <kots_export/values/values_file.h>

#include "cli/commands.h"
#include "cli/output.h"

#include <algorithm>
#include <ctime>
#include <iostream>
#include <memory>

namespace kots_export::cli {

namespace {

struct ValidateFlags {
  std::string file;
  std::string target;
  bool all = false;
};

// A version of the 4.x chart: "4.0", "4.1.2".
std::string require_chart_version(const std::string& version) {
  const auto numbers = values::chart_version(version);
  const bool is_one = numbers && numbers->front() >= 4;
  if (is_one) return {};
  return util::filled("{version} is not a version of the 4.x chart: 4.0, 4.1, or a later one",
                      {{"version", version}});
}

int run_validate(const Options& options, const ValidateFlags& typed) {
  const std::string file = typed.file.empty() ? options.installation.paths.values().string() : typed.file;
  const std::string name = file == "-" ? "standard input" : file;
  const std::string& version = typed.target.empty() ? options.installation.target_version : typed.target;
  const values::Target target = values::target_of_chart(version);
  const values::YamlDocument document = values::parse_yaml_with_places(util::read_file(file), name);
  values::require_map_in(document.root, name);
  auto findings = values::validate(document, values::validate_options(version, std::time(nullptr)));
  ui::JsonView* output = options.output.document;
  if (output == nullptr && !typed.all && values::is_of_3x(document.root))
    findings = {values::finding_of_3x(document)};
  if (values::is_after_tables(version))
    findings.push_back({.level = values::Level::note,
                        .path = {},
                        .line = 1,
                        .rule = "target",
                        .text = "the tables end at 4.1: checked against 4.1"});
  if (output != nullptr) {
    output->set("validation", ui::json_of(findings, name, target));
  } else {
    const ui::Colour colour = colour_of(ui::Stream::out);
    std::cout << ui::text_of(findings, name, colour)
              << util::filled("{file}: {findings} (chart {version})", {{"file", name},
                                                                       {"findings", ui::count_of(findings)},
                                                                       {"version", values::name_of(target)}})
              << std::endl;
  }
  if (!std::cout) throw Error("cannot write to standard output");
  const bool failed = std::ranges::count(findings, values::Level::error, &values::Finding::level) > 0;
  return static_cast<int>(failed ? ExitCode::failed : ExitCode::done);
}

}  // namespace

Declared declare_validate(CLI::App& app, Flags& flags) {
  auto* command =
      app.add_subcommand("validate", "check a 4.x values file against the chart; needs no cluster");
  auto typed = std::make_shared<ValidateFlags>();
  command->add_option("FILE", typed->file,
                      "4.x values; - is standard input (OUTPUT-DIR/output/helm-values.yaml)");
  command
      ->add_option("--target", typed->target,
                   "version of the chart: 4.0, 4.1, or a later one (that of --target-version)")
      ->check(CLI::Validator(require_chart_version, ""))
      ->type_name("VERSION");
  command->add_flag("--all", typed->all, "show all findings about a 3.x file too");
  take_flags(*command, flags, FlagSet::folder | FlagSet::chart | FlagSet::document);
  command->footer(
      "Ends with 1 if there is an error; warnings and notes end with 0.\n\n"
      "Examples:\n"
      "  # Check what a run wrote\n"
      "  kots-export validate\n"
      "  # Check a file for chart 4.1\n"
      "  kots-export validate values-4.x.yaml --target 4.1\n"
      "  # For a machine to read\n"
      "  kots-export validate values-4.x.yaml -o json");
  return {command, [typed](const Call& call) { return run_validate(options_of(call), *typed); }};
}

}  // namespace kots_export::cli
