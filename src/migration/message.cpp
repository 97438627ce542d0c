#include <kots_export/migration/message.h>
#include <kots_export/migration/names.h>
#include <kots_export/util/files.h>
#include <kots_export/util/text.h>
#include <kots_export/values/yaml.h>

namespace kots_export::migration {

namespace {

constexpr std::string_view kNomadPort = ":4647";

}  // namespace

NextSteps next_steps(const MessageOptions& options) {
  const auto text = util::read_file_if_exists(options.values_file);
  if (!text) {
    throw Error("there is no values file " + options.values_file.string(), {},
                "Make it with `kots-export` (the whole migration) or `kots-export transform`, or name its "
                "folder with --output-dir.");
  }
  const values::Value values = values::parse_yaml(*text, options.values_file.string());
  if (!values.is_map())
    throw Error(options.values_file.string() + " is not a values file", "it holds no map");
  return next_steps(options, values);
}

NextSteps next_steps(const MessageOptions& options, const values::Value& values) {
  const std::string file =
      util::shell_quote(std::filesystem::absolute(options.values_file).lexically_normal().string());
  const std::string host = options.registry.host();
  const std::string release = util::shell_quote(options.release);
  const std::string chart = "oci://" + host + "/" + std::string(names::kChart) + " --version " +
                            util::shell_quote(options.target_version);
  const std::string force = options.helm_force == HelmForce::refused ? "" : " --force";
  NextSteps steps{
      .values_file = options.values_file.string(),
      .login_command = "helm registry login " + host + " --username <image-registry-username>",
      .diff_command = options.commands.helm(options.ns, "diff upgrade " + release,
                                            "-f " + file + " --show-secrets --context 5 " + chart),
      .upgrade_command =
          options.commands.helm(options.ns, "upgrade " + release, "-f " + file + " " + chart + force),
      .nomad_server_endpoint = {},
  };
  const values::Value* domain = values::find(values, {"global", "domainName"});
  if (domain != nullptr && domain->is_string() && !domain->as_string().empty()) {
    steps.nomad_server_endpoint = domain->as_string() + std::string(kNomadPort);
  }
  return steps;
}

}  // namespace kots_export::migration
