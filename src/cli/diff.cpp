#include <kots_export/ui/json_view.h>
#include <kots_export/ui/values_text.h>
#include <kots_export/util/files.h>
#include <kots_export/values/diff.h>
#include <kots_export/values/values_file.h>
#include <kots_export/values/yaml.h>

#include "cli/commands.h"
#include "cli/output.h"

#include <iostream>
#include <memory>

namespace kots_export::cli {

namespace {

struct DiffFlags {
  std::string before;
  std::string after;
  bool show_secrets = false;
};

values::Value read_values(const std::string& file) {
  const std::string name = file == "-" ? "standard input" : file;
  values::Value read = values::parse_yaml(util::read_file(file), name);
  if (!read.is_null()) values::require_map_in(read, name);  // for Helm, nothing is {}
  return read;
}

// As diff(1) and kubectl diff: 0 the same, 1 different, and more where the comparison failed.
constexpr int kSame = 0;
constexpr int kDifferent = 1;
constexpr int kTrouble = 2;

int run_diff(const OutputOptions& output, const DiffFlags& typed) {
  if (typed.before == "-" && typed.after == "-")
    throw UsageError("both files cannot come from standard input");
  const auto show = typed.show_secrets ? values::ShowSecrets::yes : values::ShowSecrets::no;
  std::vector<values::Difference> differences;
  try {
    differences = values::diff(read_values(typed.before), read_values(typed.after), show);
  } catch (const Error& error) {
    throw Error(error.headline(), error.why(), error.hint(), static_cast<ExitCode>(kTrouble));
  }
  if (output.document != nullptr) {
    output.document->set("differences", ui::json_of(differences));
  } else {
    const ui::Colour colour = colour_of(ui::Stream::out);
    std::cout << ui::text_of(differences, colour) << std::flush;
  }
  if (!std::cout) throw Error("cannot write to standard output", {}, {}, static_cast<ExitCode>(kTrouble));
  return differences.empty() ? kSame : kDifferent;
}

}  // namespace

Declared declare_diff(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand("diff", "compare two values files by meaning; needs no cluster");
  auto typed = std::make_shared<DiffFlags>();
  command->add_option("OLD", typed->before, "values; - is standard input")->required();
  command->add_option("NEW", typed->after, "values; - is standard input")->required();
  command->add_flag("--show-secrets", typed->show_secrets, "show secrets instead of ***");
  take_flags(*command, flags, FlagSet::document);
  command->footer(
      "Ends with 0 if they mean the same, with 1 if they differ, with 2 if one cannot\n"
      "be read.\n\n"
      "Examples:\n"
      "  # What the transformation changed\n"
      "  kots-export diff output/helm-values-v3.yaml output/helm-values.yaml\n"
      "  # The same for a machine to read\n"
      "  kots-export diff output/helm-values-v3.yaml output/helm-values.yaml -o json\n"
      "  # With the secrets, which others may then read on this screen\n"
      "  kots-export diff output/helm-values-v3.yaml output/helm-values.yaml \\\n"
      "    --show-secrets");
  return {command, [typed](const Call& call) { return run_diff(options_of(call).output, *typed); }};
}

}  // namespace kots_export::cli
