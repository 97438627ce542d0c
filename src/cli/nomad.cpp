#include <kots_export/migration/nomad.h>
#include <kots_export/migration/paths.h>
#include <kots_export/ui/values_text.h>
#include <kots_export/values/diff.h>
#include <kots_export/values/secrets.h>
#include <kots_export/values/yaml.h>
#include <kots_export/values/yaml_edit.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/views.h"

#include <ctime>
#include <iostream>
#include <memory>

namespace kots_export::cli {

namespace {

namespace fs = std::filesystem;

struct NomadFlags {
  std::string file;
  std::string terraform_output;
  migration::NomadFiles files;
  bool show_secrets = false;
};

constexpr std::size_t kMostOutput = std::size_t{16} << 20;  // bytes of terraform

migration::NomadCertificates read_certificates(const NomadFlags& typed) {
  const auto& [certificate, key, authority] = typed.files;
  const bool has_files = !certificate.empty() || !key.empty() || !authority.empty();
  if (has_files != typed.terraform_output.empty() ||
      (has_files && (certificate.empty() || key.empty() || authority.empty()))) {
    throw UsageError("the certificates are given in one of two ways", {},
                     "Give --terraform-output FILE, or all of --cert FILE, --key FILE and --ca FILE.");
  }
  if (has_files) return migration::read_certificates(typed.files);
  const std::string file = input_name(typed.terraform_output);
  return migration::certificates_of_terraform(Secret<std::string>(util::read_file(file, kMostOutput)),
                                              file == "-" ? "standard input" : file);
}

// The lines for somebody to put in by hand.
void print_lines(const migration::NomadCertificates& certificates, values::ShowSecrets show) {
  const Secret<std::string> yaml = migration::values_of(certificates);
  if (show == values::ShowSecrets::yes) {
    std::cout << yaml.reveal() << std::flush;
    return;
  }
  const values::Value values = values::parse_yaml(yaml.reveal(), "the certificates");
  std::cout << values::to_yaml(values::masked(values, values::Below::ordinary_key)) << std::flush;
}

Secret<std::string> edited(const std::string& yaml, const fs::path& file,
                           const migration::NomadCertificates& certificates, values::ShowSecrets show) {
  try {
    return migration::with_certificates(yaml, file.string(), certificates);
  } catch (const values::CannotEdit& error) {
    print_lines(certificates, show);
    throw Error(error.headline(), error.why(),
                show == values::ShowSecrets::yes
                    ? "Put the lines above into the file, in place of what is there of them."
                    : "Put the lines above into the file, in place of what is there of them; --show-secrets "
                      "prints them in clear.");
  }
}

void print(const std::vector<values::Difference>& differences, const migration::NextSteps& steps) {
  const ui::Colour colour = colour_of(ui::Stream::out);
  std::cout << ui::text_of(differences, colour);
  ui::write_text(std::cout, {.title = {}, .blocks = {ui::apply_step(steps), ui::endpoint_step(steps)}},
                 colour);
}

int run_nomad(const Options& options, const NomadFlags& typed) {
  fs::path file = typed.file.empty() ? options.installation.paths.values() : fs::path(typed.file);
  if (input_name(typed.file) == "-" || util::is_stream(file))
    throw UsageError("the values file is edited in place", {}, "Name a file.");
  const auto show = typed.show_secrets ? values::ShowSecrets::yes : values::ShowSecrets::no;
  const migration::NomadCertificates certificates = read_certificates(typed);
  migration::require_right(certificates, std::time(nullptr));
  Views view(options);
  if (!migration::has_nomads_name(certificates)) view.warn("nomad.other-name");
  // The file that a link leads to is edited, and the link stays.
  if (fs::is_symlink(file)) file = fs::canonical(file);
  const std::string yaml = util::read_file(file);
  const Secret<std::string> result = edited(yaml, file, certificates, show);
  if (result.reveal() == yaml) {
    view.note("nomad.unchanged", {{"file", file.string()}});
  } else {
    write_result(options, file.string(), "values", result.reveal(), view);
  }
  const values::Value after = values::parse_yaml(result.reveal(), file.string());
  const auto differences = values::diff(values::parse_yaml(yaml, file.string()), after, show);
  migration::MessageOptions message = message_options(options, file);
  message.upgrade = migration::MessageOptions::Upgrade::of_values;
  const migration::NextSteps steps = migration::next_steps(message, after);
  if (ui::JsonView* document = options.output.document) {
    document->set("differences", ui::json_of(differences));
    document->next_steps(steps);
  } else {
    print(differences, steps);
  }
  return static_cast<int>(ExitCode::done);
}

}  // namespace

Declared declare_nomad(CLI::App& app, Flags& flags) {
  auto* command = app.add_subcommand(
      "nomad", "put the certificates of the Nomad terraform into the values file; needs no cluster");
  auto typed = std::make_shared<NomadFlags>();
  command->add_option("FILE", typed->file, "4.x values (OUTPUT-DIR/output/helm-values.yaml)");
  const auto add_file = [command](const char* name, auto& file, const char* help) {
    command->add_option(name, file, help)->type_name("FILE");
  };
  add_file("--terraform-output", typed->terraform_output,
           "what `terraform output -json` prints; - is standard input");
  add_file("--cert", typed->files.certificate, "PEM file with the certificate of Nomad's server");
  add_file("--key", typed->files.private_key, "PEM file with its private key");
  add_file("--ca", typed->files.authority, "PEM file with the CA that issued it");
  command->add_flag("--show-secrets", typed->show_secrets,
                    "show the certificates and the key instead of ***");
  take_flags(*command, flags,
             FlagSet::names | FlagSet::folder | FlagSet::chart | FlagSet::cluster | FlagSet::document |
                 FlagSet::file_run);
  command->footer(
      "The cluster's flags go into the commands that it prints; no cluster is asked.\n\n"
      "Examples:\n"
      "  # Straight from terraform into the values file of a migration\n"
      "  terraform output -json | kots-export nomad --terraform-output -\n"
      "  # Look at what would change\n"
      "  kots-export nomad --terraform-output terraform.json --dry-run=client\n"
      "  # From three PEM files into a values file of your own\n"
      "  kots-export nomad values-4.x.yaml \\\n"
      "    --cert server.pem --key server-key.pem --ca ca.pem");
  return {command, [typed](const Call& call) { return run_nomad(options_of(call), *typed); }};
}

}  // namespace kots_export::cli
